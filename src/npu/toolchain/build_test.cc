// `skald npu build` with scripts in the tools' places that record how they were called: the whole way to an artifact
// that the (fake) device runs, and what is said where a tool is missing or fails.

#include "npu/toolchain/build.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>

#include "base/file.h"
#include "base/hexadecimal.h"
#include "npu/device/sha256.h"
#include "npu/encoder/encoder_design.h"
#include "npu/encoder/npu_encoder.h"
#include "npu/encoder/small_encoder_for_tests.h"
#include "npu/suite/lookups.h"
#include "npu/toolchain/sources.h"
#include "npu/toolchain/tool.h"
#include "npu/xrt/testing/fake_xrt.h"
#include "npu/xrt/xrt_device.h"

namespace skald::npu {
namespace {

namespace fs = std::filesystem;

const EncoderDesign& design() {
  static const auto kDesign = design_encoder(small_checkpoint(), plan::EncoderPrecision::kBf16, {}, 64).value();
  return kDesign;
}

const std::vector<uint32_t> kWords = {6U << 24U | 3U << 16U, 4, 1,    64, 0x81, 48, 0, 0, 0, 0, 0x1D004, 0,
                                      plan::kWeights,        0, 4096, 0};

// What each does besides writing its call down.
constexpr const char* kWritesItsOutput =
    "while [ $# -gt 0 ]; do [ \"$1\" = -o ] && echo made > \"$2\"; shift; done; exit 0";
const std::map<std::string, std::string> kTools = {
    {"aie-opt", kWritesItsOutput},
    {"aie-translate", kWritesItsOutput},
    {"clang++", std::string("[ \"$1\" = --print-targets ] && echo '    aie2 - AI Engine'\n") + kWritesItsOutput},
    {"xclbinutil", "exit 0"},
    {"aiecc",
     "for a; do case $a in --xclbin-name=*) echo xclbin > \"${a#*=}\";;\n"
     "--npu-insts-name=*) /bin/cp \"${0%/*}/insts.bin\" \"${a#*=}\";; esac; done"}};

class Build : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("skald_build_" + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(bin());
    fs::create_directories(folder_ / "tools/include/aie_api");
    std::ofstream(folder_ / "tools/include/aie_api/aie.hpp") << "";
    std::ofstream(bin() / "insts.bin").write(reinterpret_cast<const char*>(kWords.data()), 64);
    for (const auto& [name, body] : kTools) script(name, body);
    for (const char* name : {"PATH", "PEANO_INSTALL_DIR", "XILINX_XRT", "SKALD_AIE_TOOLS"}) {
      const char* value = std::getenv(name);
      if (value != nullptr) before_[name] = value;
      ::unsetenv(name);
    }
    ::setenv("SKALD_AIE_TOOLS", (folder_ / "tools").c_str(), 1);
    ::setenv("PATH", (folder_ / "nothing").c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("SKALD_AIE_TOOLS");
    for (const auto& [name, value] : before_) ::setenv(name.c_str(), value.c_str(), 1);
    fs::remove_all(folder_);
  }

  fs::path bin() const { return folder_ / "tools/bin"; }
  fs::path directory() const { return folder_ / "it's here"; }
  fs::path artifact() const { return folder_ / "out/small.artifact"; }

  void script(const std::string& name, const std::string& body) const {
    std::ofstream(bin() / name) << "#!/bin/sh\necho \"${0##*/} $*\" >> '" << (folder_ / "calls").string() << "'\n"
                                << body << "\n";
    fs::permissions(bin() / name, fs::perms::owner_all);
  }

  Result<BuildReport> build() {
    fs::create_directories(folder_ / "out");
    fs::remove(folder_ / "calls");
    return build_artifact(design().program, catalogue_code(), find_toolchain(),
                          {.directory = directory(), .artifact = artifact()}, artifact_of(design()),
                          [this](const std::string& step) { told_.push_back(step); });
  }

  /// Without the questions for a compiler's targets.
  std::vector<std::string> calls() const {
    std::vector<std::string> all;
    std::ifstream in(folder_ / "calls");
    for (std::string line; std::getline(in, line);) {
      if (!line.ends_with("--print-targets")) all.push_back(line);
    }
    return all;
  }

  fs::path folder_;
  std::map<std::string, std::string> before_;
  std::vector<std::string> told_;
};

const std::vector<std::string> kTextSteps = {
    "placing", "routing", "sequence", "instructions", "configuration-data", "configuration"};

TEST_F(Build, TheWholeWay) {
  const auto report = build();
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_TRUE(report->missing.empty());
  EXPECT_TRUE(report->not_done.empty());
  EXPECT_EQ(report->done, told_);
  const auto sources = kernel_sources(design().program, catalogue_code()).value();
  EXPECT_GE(sources.size(), 4U);
  EXPECT_EQ(kTextSteps.size() + sources.size() + 1, report->done.size());

  const auto called = calls();
  ASSERT_EQ(report->done.size(), called.size());
  EXPECT_TRUE(called[0].starts_with("aie-opt --pass-pipeline=builtin.module(aie.device(aie-place-tiles)")) << called[0];
  EXPECT_TRUE(called[0].ends_with("0_emitted.mlir -o 1_placed.mlir")) << called[0];
  EXPECT_EQ(
      "aie-translate --aie-npu-to-binary --aie-device-name=main --aie-sequence-name=sequence 3_npu.mlir -o 3_npu.bin",
      called[3]);
  for (size_t i = 0; i < sources.size(); ++i) {
    const std::string& call = called[kTextSteps.size() + i];
    const std::string stem = fs::path(sources[i]).stem();
    EXPECT_TRUE(call.starts_with("clang++ -O2 -std=c++20 --target=aie2-none-unknown-elf")) << call;
    EXPECT_TRUE(call.ends_with("tools/include -c kernels/" + sources[i] + " -o " + stem + ".o")) << call;
  }
  EXPECT_EQ("aiecc --no-aiesim --no-compile-host --no-xchesscc --no-xbridge --peano=" + (folder_ / "tools").string() +
                " --aie-generate-xclbin --xclbin-name=final.xclbin --xclbin-kernel-name=MLIR_AIE "
                "--aie-generate-npu-insts --npu-insts-name=final.bin 0_emitted.mlir",
            called.back());

  const auto file = read_artifact(artifact());
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(artifact_of(design()).plan, file->plan);
  EXPECT_EQ(kWords, file->artifact.instructions);
  EXPECT_EQ("xclbin\n", std::string(file->artifact.xclbin.begin(), file->artifact.xclbin.end()));
  const std::string text = emit(design().program, catalogue_code()).value();
  EXPECT_EQ(hexadecimal(sha256(std::as_bytes(std::span(text)))), file->origin.text);
  EXPECT_EQ(text, read_file(directory() / "0_emitted.mlir").value());
  EXPECT_EQ("Peano", file->origin.tools);
}

TEST_F(Build, TheDeviceRunsWhatWasBuilt) {
  ASSERT_TRUE(build());
  fake_xrt::reset();
  fake_xrt::state().array = [](const std::vector<fake_xrt::Side>& sides) {
    std::ranges::fill(sides.back(), std::byte{0x3F});
  };
  EncoderOptions options;
  options.built = [this](const ArtifactPlan&) { return read_artifact(artifact()); };
  const auto encoder = make_encoder(small_checkpoint(), open_xrt_device().value(), options);
  ASSERT_TRUE(encoder) << to_string(encoder.error());
  const std::vector<float> mel(static_cast<size_t>(2 * kSmallModel.audio_ctx * kSmallModel.mel_bands), 0.5F);
  const auto out = (*encoder)->make_output(1).value();
  ASSERT_TRUE((*encoder)->encode({.windows = 1, .frames = 2 * kSmallModel.audio_ctx, .mel = mel}, *out));
  ASSERT_EQ(1U, fake_xrt::state().launches.size());
  EXPECT_EQ(kWords, fake_xrt::state().launches.front().words);
  EXPECT_EQ(fake_xrt::address_of(2 + plan::kWeights) + 4096, fake_xrt::state().launches.front().addresses.at(0x1D004));
}

/// Every source includes what is there, beside the tools' own headers and what only the host takes.
TEST_F(Build, SourcesAreComplete) {
  ASSERT_TRUE(build());
  int headers = 0;
  for (const auto& entry : fs::directory_iterator(directory() / "kernels")) {
    headers += entry.path().extension() == ".h" ? 1 : 0;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      if (!line.starts_with("#include \"") || line.find('/') != std::string::npos) continue;
      const std::string name = line.substr(10, line.size() - 11);
      EXPECT_TRUE(fs::exists(directory() / "kernels" / name)) << entry.path() << ": " << line;
    }
  }
  EXPECT_GE(headers, 3);
}

TEST_F(Build, EachToolThatIsMissing) {
  const std::vector<std::pair<std::string, std::string>> tools = {{"bin/aie-opt", "aie-opt"},
                                                                  {"bin/aie-translate", "aie-translate"},
                                                                  {"bin/clang++", "clang++ of Peano"},
                                                                  {"include", "aie_api"},
                                                                  {"bin/aiecc", "aiecc"},
                                                                  {"bin/xclbinutil", "xclbinutil"}};
  for (const auto& [path, name] : tools) {
    fs::rename(folder_ / "tools" / path, folder_ / "away");
    const auto report = build();
    fs::rename(folder_ / "away", folder_ / "tools" / path);
    ASSERT_TRUE(report) << to_string(report.error());
    ASSERT_EQ(1U, report->missing.size()) << path;
    EXPECT_TRUE(report->missing[0].name.starts_with(name)) << report->missing[0].name;
    EXPECT_FALSE(report->missing[0].purpose.empty());
    EXPECT_NE(std::string::npos, report->missing[0].source.find("https://"));
    EXPECT_EQ("linking", report->not_done.back()) << path;
    EXPECT_FALSE(fs::exists(artifact())) << path;
    EXPECT_TRUE(fs::exists(directory() / "0_emitted.mlir"));
    EXPECT_TRUE(fs::exists(directory() / "kernels/kernel.h"));
    const auto did = [&](const std::string& step) { return std::ranges::count(report->done, step) == 1; };
    const bool compiled = did("kernel-layer_norm") || did("kernel-resident");
    EXPECT_EQ(name != "clang++ of Peano" && name != "aie_api", compiled) << path;
    EXPECT_EQ(name != "aie-opt", did("placing")) << path;
    EXPECT_EQ(name != "aie-opt" && name != "aie-translate", did("instructions")) << path;
  }
}

TEST_F(Build, WithoutAnyToolSourcesAreLeft) {
  fs::remove_all(folder_ / "tools");
  const auto report = build();
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(6U, report->missing.size());
  EXPECT_TRUE(report->done.empty());
  EXPECT_EQ("placing", report->not_done.front());  // what would come next
  EXPECT_TRUE(fs::exists(directory() / "0_emitted.mlir"));
}

TEST_F(Build, ACompilerForOtherMachinesIsNotPeano) {
  script("clang++", "echo '    x86-64 - 64-bit X86'");
  EXPECT_FALSE(find_toolchain().compiler);
  script("xchesscc", "exit 0");
  EXPECT_FALSE(find_toolchain().compiler);  // only with mlir-aie's wrapper
  script("xchesscc_wrapper", kWritesItsOutput);
  const auto report = build();
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_TRUE(report->missing.empty());
  const auto called = calls();
  EXPECT_TRUE(called[kTextSteps.size()].starts_with("xchesscc_wrapper aie2 -std=c++20 -I "))
      << called[kTextSteps.size()];
  EXPECT_NE(std::string::npos, called.back().find("--xchesscc --xbridge "));
  EXPECT_EQ("Chess", read_artifact(artifact())->origin.tools);
}

TEST_F(Build, AToolThatFailsIsTold) {
  script("aie-opt", "case $* in *2_routed.mlir) echo 'error: no route'; echo here >&2; exit 3;; esac\n" +
                        std::string(kWritesItsOutput));
  const auto failed = build();
  ASSERT_FALSE(failed);
  EXPECT_EQ("routing", failed.error().where);
  EXPECT_EQ("aie-opt failed with status 3: error: no route\nhere", failed.error().message);
  const std::string log = (directory() / "routing.log").string();
  EXPECT_NE(std::string::npos, failed.error().remedy.find("in " + log)) << failed.error().remedy;
  EXPECT_NE(std::string::npos,
            failed.error().remedy.find("'--pass-pipeline=builtin.module(aie.device(aie-create-pathfinder-flows))' "
                                       "1_placed.mlir -o 2_routed.mlir"))
      << failed.error().remedy;
  EXPECT_EQ("error: no route\nhere\n", read_file(log).value());

  script("aie-opt", "kill -9 $$");
  EXPECT_NE(std::string::npos, build().error().message.find("was ended by signal 9"));
  script("aie-opt", "exit 0");
  EXPECT_NE(std::string::npos, build().error().message.find("has not made 1_placed.mlir"));
  std::ofstream(bin() / "aie-opt") << "#!/no/such/shell\n";
  EXPECT_NE(std::string::npos, build().error().message.find("cannot be started"));
  script("aie-opt", "i=0; while [ $i -lt 900 ]; do echo line $i; i=$((i + 1)); done; exit 1");
  const std::string message = build().error().message;
  EXPECT_LT(message.size(), 2100U);
  EXPECT_TRUE(message.ends_with("line 899"));
}

TEST_F(Build, ARerunLeavesNothingHalf) {
  ASSERT_TRUE(build());
  const std::string before = read_file(artifact()).value();
  script("aiecc", "for a; do case $a in --xclbin-name=*) echo half > \"${a#*=}\"; exit 1;; esac; done");
  ASSERT_FALSE(build());
  EXPECT_EQ(before, read_file(artifact()).value());
  // An instruction stream that is cut off: the artifact stays what it was.
  script("aiecc", kTools.at("aiecc"));
  fs::resize_file(bin() / "insts.bin", 60);
  ASSERT_FALSE(build());
  EXPECT_EQ(before, read_file(artifact()).value());
  const auto files = fs::directory_iterator(artifact().parent_path());
  EXPECT_EQ(1, std::distance(begin(files), end(files)));
  // What an earlier run has made is not taken for this one's.
  fs::remove(bin() / "aie-opt");
  const auto partial = build();
  ASSERT_TRUE(partial) << to_string(partial.error());
  EXPECT_FALSE(fs::exists(directory() / "2_routed.mlir"));
  EXPECT_FALSE(std::ranges::count(partial->done, "instructions"));
}

TEST(ToolCommand, IsShownAsAShellTakesIt) {
  EXPECT_EQ("/bin/aie-opt --a=b 'it'\\''s' '' '(x)'", shell_text({"/bin/aie-opt", "--a=b", "it's", "", "(x)"}));
}

}  // namespace
}  // namespace skald::npu
