// Help, version, doctor and models.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "expect.h"
#include "files.h"

namespace skald::e2e {
namespace {

TEST(Command, HelpAndVersion) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{}, {"--help"}, {"-h"}}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(0, outcome.exit_code);
    for (const char* text : {"transcribe", "doctor", "Exit status", "130"}) {
      EXPECT_NE(std::string::npos, outcome.out.find(text)) << text;
    }
    EXPECT_EQ("", outcome.err);
  }
  const Outcome version = run({"--version"});
  EXPECT_EQ(0, version.exit_code);
  EXPECT_TRUE(version.out.starts_with("skald 0.")) << version.out;
}

TEST(Command, TranscribeHelpListsEveryOption) {
  const Outcome outcome = run({"transcribe", "--help"});
  EXPECT_EQ(0, outcome.exit_code);
  for (const char* option : {"--model",
                             "--device",
                             "--compute-type",
                             "--threads",
                             "--task",
                             "--language",
                             "--temperature",
                             "--best-of",
                             "--beam-size",
                             "--patience",
                             "--length-penalty",
                             "--suppress-tokens",
                             "--suppress-blank",
                             "--initial-prompt",
                             "--carry-initial-prompt",
                             "--prefix",
                             "--condition-on-previous-text",
                             "--temperature-increment-on-fallback",
                             "--compression-ratio-threshold",
                             "--logprob-threshold",
                             "--no-speech-threshold",
                             "--without-timestamps",
                             "--max-initial-timestamp",
                             "--sample-len",
                             "--seed",
                             "--output-dir",
                             "--output-format",
                             "--verbose",
                             "--quiet"}) {
    EXPECT_NE(std::string::npos, outcome.out.find(option)) << option;
  }
}

TEST(Bench, TextAndJson) {
  const Outcome text = run({"bench", "--shape", "mini.en", "--repeats", "1"});
  EXPECT_EQ(0, text.exit_code) << text.err;
  for (const char* part :
       {"mini.en", "encoder, 1500 positions", "decoder step, 8 windows", "whole window", "realtime"}) {
    EXPECT_NE(std::string::npos, text.out.find(part)) << part;
  }
  const Outcome outcome = run({"bench", "--shape", "mini.en", "--repeats", "1", "--compute-type", "float32", "--json"});
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ("float32", json["compute_type"]);
  EXPECT_GT(json["results"].size(), 8U);
  for (const auto& result : json["results"]) EXPECT_GT(result["median_ms"].get<double>(), 0) << result.dump();
}

TEST(Bench, TheDecoderAlone) {
  const Outcome outcome = run({"bench", "--shape", "mini.en", "--repeats", "1", "--decoder-only", "--json"});
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  int steps = 0;
  for (const auto& result : json["results"]) {
    EXPECT_NE("encoder", result["what"]);
    EXPECT_NE("whole window", result["what"]);
    steps += result["what"] == "decoder step" ? 1 : 0;
  }
  EXPECT_EQ(5, steps);
}

TEST(Bench, BadArguments) {
  EXPECT_EQ(2, run({"bench", "--shape", "enormous"}).exit_code);
  EXPECT_EQ(2, run({"bench", "--compute-type", "float7"}).exit_code);
  EXPECT_EQ(2, run({"bench", "--repeats", "0"}).exit_code);
}

TEST(Doctor, Text) {
  const Outcome outcome = run({"doctor", "--kernels"});
  EXPECT_EQ(0, outcome.exit_code) << outcome.out;
  for (const char* text : {"processor", "features", "runs on", "threads", "memory", "gemm_f32", "gemm_i8", "mini.en",
                           "libavformat", "NPU", "skald npu", "problems     none"}) {
    EXPECT_NE(std::string::npos, outcome.out.find(text)) << text;
  }
}

TEST(Doctor, Json) {
  const Outcome outcome = run({"doctor", "--json"});
  EXPECT_EQ(0, outcome.exit_code);
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(23U, json["kernels"].size());
  EXPECT_FALSE(json["models"].empty());
  EXPECT_TRUE(json["formats"]["wav"].get<bool>());
  EXPECT_GT(json["memory_total"].get<int64_t>(), 0);
  EXPECT_TRUE(json["problems"].empty());
}

TEST(Doctor, ForcedInstructionSet) {
  Launch launch;
  launch.arguments = {"doctor", "--json"};
  launch.environment = {{"SKALD_CPU", "scalar"}};
  EXPECT_EQ("scalar", nlohmann::json::parse(run(launch).out)["isa"]);
  launch.environment = {{"SKALD_CPU", "bogus"}};
  const Outcome wrong = run(launch);
  EXPECT_EQ(1, wrong.exit_code);
  const auto json = nlohmann::json::parse(wrong.out);
  ASSERT_EQ(1U, json["problems"].size());
  EXPECT_NE(std::string::npos, json["problems"][0]["what"].get<std::string>().find("bogus"));
}

TEST(Doctor, DamagedModelIsAProblem) {
  const TempDir directory;
  const std::string model = copy_model(directory, "broken.en");
  replace(model, "config.json", "{");
  Launch launch;
  launch.arguments = {"doctor"};
  launch.environment = {{"SKALD_MODELS", directory.path()}};
  const Outcome outcome = run(launch);
  EXPECT_EQ(1, outcome.exit_code);
  EXPECT_NE(std::string::npos, outcome.out.find("model broken.en")) << outcome.out;
  EXPECT_NE(std::string::npos, outcome.out.find("fix:"));
}

TEST(Models, ListNamesTheBuiltInOne) {
  const Outcome outcome = run({"models", "list"});
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  EXPECT_NE(std::string::npos, outcome.out.find("mini.en ")) << outcome.out;
  EXPECT_NE(std::string::npos, outcome.out.find("Hugging Face")) << outcome.out;
  const auto list = nlohmann::json::parse(run({"models", "list", "--json"}).out);
  EXPECT_EQ(1, std::ranges::count_if(list, [](const auto& model) { return model["name"] == "mini.en"; }));
}

TEST(Models, InfoSaysWhatOneIs) {
  const Outcome outcome = run({"models", "info", "mini.en", "--json"});
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  const auto model = nlohmann::json::parse(outcome.out).at(0);
  EXPECT_EQ("Hugging Face", model["format"].get<std::string>());
  EXPECT_EQ("float16", model["stored_types"].get<std::string>());
  EXPECT_EQ(51864, model["vocabulary"].get<int>());
  EXPECT_EQ(2 * model["parameters"].get<int64_t>(), model["bytes"].get<int64_t>());
  EXPECT_TRUE(model["knows_alignment_heads"].get<bool>());
  const Outcome text = run({"models", "info", "mini.en"});
  for (const char* part : {"English", "4 layers, width 256", "vocab.json"}) {
    EXPECT_NE(std::string::npos, text.out.find(part)) << text.out;
  }
}

TEST(Models, InfoOfWhatIsNotThere) {
  const Outcome missing = run({"models", "info", "nothing", "mini.en"});
  EXPECT_EQ(3, missing.exit_code);
  EXPECT_NE(std::string::npos, missing.err.find("nothing"));
  EXPECT_NE(std::string::npos, missing.out.find("mini.en"));  // the others are shown
  EXPECT_EQ(2, run({"models", "info"}).exit_code);
  EXPECT_EQ(2, run({"models", "inof"}).exit_code);
}

}  // namespace
}  // namespace skald::e2e
