// skald npu: what a person who looks inside sees.

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "expect.h"
#include "files.h"
#include "program.h"

namespace skald::e2e {
namespace {

TEST(NpuInfo, TextAndHelp) {
  const Outcome outcome = run({"npu", "info"});
  EXPECT_EQ(0, outcome.exit_code) << outcome.out;  // whether or not this machine has one
  for (const char* text : {"npu1", "16 x 64 KiB", "this machine", "driver", "memlock", "XRT", "The NPU can"}) {
    EXPECT_NE(std::string::npos, outcome.out.find(text)) << text;
  }
  const Outcome help = run({"npu"});
  EXPECT_EQ(0, help.exit_code);
  EXPECT_NE(std::string::npos, help.out.find("Usage: skald npu")) << help.out;
}

TEST(NpuInfo, Json) {
  const Outcome outcome = run({"npu", "info", "--json"});
  EXPECT_EQ(0, outcome.exit_code);
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ("npu1", json["device"]["name"].get<std::string>());
  EXPECT_EQ(json["usable"].get<bool>(), json["reason"].is_null());
  for (const auto& check : json["checks"]) EXPECT_FALSE(check["found"].get<std::string>().empty());
}

TEST(NpuPlan, PrintsTheProgram) {
  const Outcome outcome = run({"npu", "plan", "matmul", "64", "64", "64", "--columns", "1"});
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  expect_texts(outcome.out, {"program matmul_i8_64x64x64 device npu1\n", "argument b i8[16384] read",
                             "  loop forever\n", "requantise_i8_64x128", "sequence\n", "  wait b0\n"});
}

TEST(NpuPlan, ExplainsItsBounds) {
  const Outcome outcome = run({"npu", "plan", "matmul", "1500", "512", "512", "--type", "bf16", "--explain"});
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  expect_texts(outcome.out,
               {"padded       1536 x 512 x 512", "bounds       compute", "array ", "launch ", "simulated"});
}

TEST(NpuSimulate, Json) {
  const auto predicted = [](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"npu", "simulate", "matmul", "1500", "512", "2048", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(0, outcome.exit_code) << outcome.err;
    return nlohmann::json::parse(outcome.out);
  };
  const auto usual = predicted({});
  EXPECT_EQ("npu-sim", usual["device"].get<std::string>());
  EXPECT_EQ(int64_t{1536} * 512 * 2048, usual["macs"].get<int64_t>());
  EXPECT_GE(usual["gflops"].get<double>(), 4000);
  EXPECT_NEAR(usual["call_ms"].get<double>(), usual["array_ms"].get<double>() + usual["launch_ms"].get<double>(), 1e-9);
  // Less memory bandwidth, a faster clock, fewer columns: each shows.
  EXPECT_GT(predicted({"--ddr", "10"})["array_ms"].get<double>(), usual["array_ms"].get<double>());
  EXPECT_LT(predicted({"--clock", "1.6"})["array_ms"].get<double>(), usual["array_ms"].get<double>());
  EXPECT_GT(predicted({"--columns", "1"})["array_ms"].get<double>(), 2 * usual["array_ms"].get<double>());
  EXPECT_LT(predicted({"--type", "bf16"})["gflops"].get<double>(), usual["gflops"].get<double>());
}

TEST(NpuSimulate, WritesATrace) {
  const TempDir directory;
  const std::string trace = directory / "trace.json";
  const Outcome outcome = run({"npu", "simulate", "matmul", "256", "64", "512", "--trace", trace});
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  const auto events = nlohmann::json::parse(read(trace))["traceEvents"];
  EXPECT_GT(events.size(), 100U);
}

/// Every operator by its name, as the three commands take it.
TEST(NpuDesign, EveryOperator) {
  const std::vector<std::vector<std::string>> operators{{"matmul", "64", "64", "64"},
                                                        {"conv", "300", "80", "128"},
                                                        {"encoder", "256", "1", "128"},
                                                        {"feed_forward", "64", "128", "256"},
                                                        {"attention", "2", "64"},
                                                        {"softmax", "64", "64"},
                                                        {"layer_norm", "64", "256"},
                                                        {"gelu", "32", "64"},
                                                        {"add", "32", "64"},
                                                        {"requantise", "32", "64"},
                                                        {"mel", "16"},
                                                        {"embedding", "4", "256", "9"},
                                                        {"topk", "2", "9000"}};
  const Outcome help = run({"npu", "plan", "--help"});
  for (const auto& the : operators) {
    EXPECT_NE(std::string::npos, help.out.find(the[0] + " ")) << the[0];
    const auto with = [&](std::vector<std::string> words, const std::string& more) {
      words.insert(words.end(), the.begin(), the.end());
      if (!more.empty()) words.push_back(more);
      const Outcome outcome = run(words);
      EXPECT_EQ(0, outcome.exit_code) << the[0] << ": " << outcome.err;
      return outcome.out;
    };
    EXPECT_TRUE(with({"npu", "plan"}, "").starts_with("program ")) << the[0];
    expect_texts(with({"npu", "plan"}, "--explain"), {"padded ", "bounds ", "kernel "});
    const auto predicted = nlohmann::json::parse(with({"npu", "simulate"}, "--json"));
    EXPECT_GT(predicted["array_ms"].get<double>(), 0) << the[0];
    EXPECT_GT(predicted["rate"].get<double>(), 0) << the[0];
    expect_texts(with({"npu", "emit"}, ""), {"aie.device(npu1)", "aie.runtime_sequence @sequence("});
  }
}

/// A model's encoder by its name: which phases there are, and what bounds each.
TEST(NpuDesign, AnEncoderExplainsItsPhases) {
  const Outcome outcome = run({"npu", "plan", "mini.en", "--explain"});
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  expect_texts(outcome.out, {"encoder_i8_256x4", "31 phases", "conv1", "qkv", "attention", "fc2", "final norm",
                             "bound by", "compute", "one after the other"});
  const Outcome emitted = run({"npu", "emit", "mini.en", "--type", "bf16"});
  EXPECT_EQ(0, emitted.exit_code) << emitted.err;
  expect_texts(emitted.out, {"aie.device(npu1)", "memref.view", "@product_bf16_64x32x128(", "resident.o"});
}

TEST(NpuEmit, PrintsText) {
  const Outcome outcome = run({"npu", "emit", "matmul", "256", "64", "512"});
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  expect_texts(outcome.out, {"mlir-aie 979629649", "aie.device(npu1)", "aie.objectfifo @a0(",
                             "link_with = \"matmul_i8.o\"", "aie.runtime_sequence @sequence("});
}

TEST(NpuValidate, IsInBand) {
  const Outcome outcome = run({"npu", "validate", "--json"});
  EXPECT_EQ(0, outcome.exit_code) << outcome.out;
  const auto points = nlohmann::json::parse(outcome.out)["points"];
  int predicted = 0;
  for (const auto& point : points)
    predicted += point["in_band"].get<bool>() && !point["calibrates"].get<bool>() ? 1 : 0;
  EXPECT_GE(predicted, 12);
}

/// The built-in model's own numbers: the bar for kernels is a correlation of 0.99 with float32.
TEST(NpuTest, TheEncodersOwnNumbersPass) {
  const Outcome outcome = run({"npu", "test", "--only", "encoder", "--json"});
  EXPECT_EQ(0, outcome.exit_code) << outcome.out << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["cases"].get<int>(), json["passed"].get<int>());
  int attentions = 0;
  for (const auto& result : json["results"]) {
    EXPECT_GE(result["correlation"].get<double>(), 0.99) << result;
    const auto name = result["name"].get<std::string>();
    attentions += name.find("attention") != std::string::npos ? 1 : 0;
    if (name.find(" i8") != std::string::npos) {
      EXPECT_TRUE(result["exact"].get<bool>()) << result;
    }
  }
  EXPECT_EQ(4, attentions);
}

TEST(NpuTest, AModelOrRecordingThatIsNotThere) {
  const Outcome model = run({"npu", "test", "--only", "encoder", "--model", "nothing.en"});
  EXPECT_EQ(2, model.exit_code);
  expect_texts(model.err, {"nothing.en"});
  const Outcome audio = run({"npu", "test", "--only", "encoder", "--audio", "nothing.wav"});
  EXPECT_EQ(2, audio.exit_code);
  expect_texts(audio.err, {"nothing.wav"});
}

TEST(NpuTest, EveryProductPasses) {
  const Outcome outcome = run({"npu", "test", "--only", "matmul", "--json"});
  EXPECT_EQ(0, outcome.exit_code) << outcome.out;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ("npu-sim", json["device"].get<std::string>());
  EXPECT_EQ(json["cases"].get<size_t>(), json["results"].size());
  EXPECT_EQ(json["cases"].get<int>(), json["passed"].get<int>());
  for (const auto& result : json["results"]) {
    EXPECT_TRUE(result["passed"].get<bool>()) << result;
    EXPECT_GE(result["correlation"].get<double>(), 0.999) << result;
    EXPECT_GT(result["output_activity"].get<double>(), 0.8) << result;
    EXPECT_GT(result["core_cycles"].get<double>(), 0) << result;
  }
}

TEST(NpuTest, Refusals) {
  expect_refusal(run({"npu", "test", "--only", "matmull"}), 2, {"--only", "matmull", "use one of", "matmul"});
  expect_refusal(run({"npu", "test", "--device", "gpu"}), 2, {"--device", "npu-sim or npu"});
  expect_refusal(run({"npu", "test", "--device", "npu"}), 2, {"--device npu"});  // no machine has the built programs
}

TEST(NpuBench, Json) {
  const auto benched = [](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"npu", "bench", "--only", "matmul", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(0, outcome.exit_code) << outcome.err;
    return nlohmann::json::parse(outcome.out);
  };
  const auto usual = benched({});
  const auto slow = benched({"--ddr", "10"});
  ASSERT_EQ(usual["results"].size(), slow["results"].size());
  double best = 0;
  for (size_t i = 0; i < usual["results"].size(); ++i) {
    const auto& result = usual["results"][i];
    EXPECT_GT(result["share_of_roofline"].get<double>(), 0) << result;
    EXPECT_LE(result["share_of_roofline"].get<double>(), 1) << result;
    EXPECT_LE(result["rate"].get<double>(), 8.43e12) << result;
    EXPECT_GE(slow["results"][i]["array_ms"].get<double>(), result["array_ms"].get<double>()) << result;
    best = std::max(best, result["rate"].get<double>());
  }
  EXPECT_GE(best, 5e12);
}

TEST(NpuBench, Refusals) {
  expect_refusal(run({"npu", "bench", "--ddr", "0"}), 2, {"--ddr", "above 0"});
  expect_refusal(run({"npu", "bench", "--only", "matmull"}), 2, {"--only", "use one of"});
}

TEST(NpuBench, AWholeModel) {
  const Outcome outcome = run({"npu", "bench", "mini.en", "--json", "--npu-watts", "5"});
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  ASSERT_EQ(4U, json["results"].size());
  for (const auto& row : json["results"]) {
    EXPECT_GT(row["frames_per_second"].get<double>(), 10'000);
    EXPECT_GT(row["realtime_pipelined"].get<double>(), row["realtime"].get<double>());
    EXPECT_NEAR(5e-3 * (row["window_ms"].get<double>() + json["launch_ms"].get<double>()), row["joules"].get<double>(),
                1e-9);
  }
  EXPECT_NE(std::string::npos, json["assumptions"].get<std::string>().find("two Zen 4 cores"));
  const auto& decoder = json["decoder"];
  EXPECT_GT(decoder["step_ms"].get<double>(), 0);
  EXPECT_GT(decoder["step_ms_of_windows"].get<double>(), decoder["step_ms"].get<double>());
  EXPECT_GT(decoder["cpu_step_ms_of_windows"].get<double>(), 0);
  expect_texts(run({"npu", "bench", "mini.en", "--type", "bf16"}).out,
               {"phase, ms a window", "attention", "of the array's peak", "encoder, frames/s", "two Zen 4 cores",
                "is the better place"});
  expect_refusal(run({"npu", "bench", "enormous"}), 2, {"enormous"});
  expect_refusal(run({"npu", "bench", "base", "--cpu-scale", "0"}), 2, {"--cpu-scale", "above 0"});
}

TEST(NpuCalibrate, WritesSteps) {
  const Outcome outcome = run({"npu", "calibrate", "mini.en", sample("hello.wav")});
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(4U, json["layers"].size());
  EXPECT_EQ(256, json["width"].get<int>());
  EXPECT_EQ("hello.wav", json["recordings"][0].get<std::string>());
  expect_texts(outcome.err, {"1 window of 30 s heard"});
  expect_refusal(run({"npu", "calibrate", "mini.en"}), 2, {"recordings", "--output FILE"});
  expect_refusal(run({"npu", "calibrate", "nothing.en", sample("hello.wav")}), 3, {"nothing.en"});
  expect_refusal(run({"npu", "calibrate", "mini.en", "nothing.wav"}), 1, {"nothing.wav"});
}

TEST(NpuLadder, FewerLaunchesAreFaster) {
  const Outcome outcome = run({"npu", "ladder", "--json"});
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  for (const auto& ladder : json["ladders"]) {
    const auto& rungs = ladder["rungs"];
    for (size_t i = 1; i < rungs.size(); ++i) {
      if (rungs[i]["what"].get<std::string>().ends_with("on the CPU")) continue;  // no rung of the same ladder
      if (rungs[i - 1]["what"].get<std::string>().ends_with("on the CPU")) continue;
      EXPECT_LE(rungs[i]["launches"].get<int>(), rungs[i - 1]["launches"].get<int>());
      EXPECT_LT(rungs[i]["old_ms"].get<double>(), rungs[i - 1]["old_ms"].get<double>());
      EXPECT_LT(rungs[i]["ms"].get<double>(), rungs[i - 1]["ms"].get<double>());
    }
    EXPECT_EQ(1, rungs.back()["launches"].get<int>());
  }
  const auto& product = json["ladders"][0]["rungs"];
  EXPECT_EQ(3008, product[0]["launches"].get<int>());
  EXPECT_EQ(376, product[2]["launches"].get<int>());
  EXPECT_EQ(192, product[3]["launches"].get<int>());
  // 163.7 s were measured for 3008 calls of scalar code.
  EXPECT_NEAR(163700, product[0]["old_ms"].get<double>(), 0.05 * 163700);
  expect_texts(run({"npu", "ladder"}).out, {"(3001, 512) x (512, 512)", "launches", "at 1.5 ms", "3008", "faster"});
}

TEST(NpuDesign, BadArguments) {
  const std::vector<std::string> matmul{"npu", "plan", "matmul", "64", "64", "64"};
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> all = matmul;
    all.insert(all.end(), more.begin(), more.end());
    return run(all);
  };
  expect_refusal(run({"npu", "plan"}), 2, {"an operator", "matmul 1500 512 2048"});
  expect_refusal(run({"npu", "plan", "softmin", "8"}), 2, {"softmin", "no operator", "layer_norm"});
  expect_refusal(run({"npu", "plan", "softmax", "8"}), 2, {"ROWS COLUMNS", "softmax 1500 1500"});
  expect_refusal(run({"npu", "plan", "matmul", "64", "64", "many"}), 2, {"many", "whole number"});
  expect_refusal(run({"npu", "plan", "matmul", "64", "0", "64"}), 2, {"whole numbers from 1"});
  expect_refusal(with({"--tile", "1,2"}), 2, {"--tile", "m,k,n"});
  expect_refusal(with({"--tile", "48,48,48"}), 2, {"no kernel", "48"});
  expect_refusal(with({"--columns", "3"}), 2, {"rows", "4 x 4"});
  expect_refusal(with({"--type", "f64"}), 2, {"f64", "i16 bf16"});
  expect_refusal(with({"--finish", "bias"}), 2, {"--finish", "none, requantise or gelu"});
  expect_refusal(run({"npu", "simulate", "matmul", "64", "64", "64", "--ddr", "0"}), 2, {"--ddr", "above 0"});
  expect_refusal(run({"npu", "simulate", "matmul", "100000", "64", "64"}), 2, {"more than 64 blocks"});
}

/// The encoder's values come from simulated kernels; the text is that of the processor.
TEST(NpuTranscribe, SaysWhatTheProcessorSays) {
  const std::string audio = sample("hello.wav");
  const Outcome cpu = run({"transcribe", audio, "--compute-type", "float32", "--quiet"});
  const Outcome npu = run({"transcribe", audio, "--compute-type", "float32", "--quiet", "--device", "npu-sim"});
  EXPECT_EQ(0, npu.exit_code) << npu.err;
  EXPECT_FALSE(cpu.out.empty());
  EXPECT_EQ(cpu.out, npu.out);
}

}  // namespace
}  // namespace skald::e2e
