// The samples through the real toolchain, where it is installed.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "npu/emit/samples_for_tests.h"
#include "npu/emit/toolchain_for_tests.h"

namespace skald::npu {
namespace {

namespace fs = std::filesystem;

fs::path fresh_directory(const std::string& name) {
  const fs::path directory = fs::path(testing::TempDir()) / ("skald_npu_emit_" + name);
  fs::remove_all(directory);
  return directory;
}

class RealTools : public testing::TestWithParam<samples::Sample> {};

TEST_P(RealTools, TakeTheText) {
  const auto tools = samples::find_toolchain();
  if (!tools) {
    GTEST_SKIP() << "aie-opt and aie-translate are neither on PATH nor under SKALD_AIE_TOOLS; the text is for "
                 << kMlirAieVersion;
  }
  const auto text = emit(GetParam().program, samples::lookups());
  ASSERT_TRUE(text) << to_string(text.error());
  EXPECT_EQ(samples::refusal(*tools, *text, fresh_directory(GetParam().name)), "");
}

TEST_P(RealTools, RefuseABrokenOne) {
  const auto tools = samples::find_toolchain();
  if (!tools) GTEST_SKIP() << "aie-opt and aie-translate are neither on PATH nor under SKALD_AIE_TOOLS";
  Program program = GetParam().program;
  program.fifos[0].producer = {9, 9};  // no tile of the array
  const auto text = emit(program, samples::lookups());
  ASSERT_TRUE(text) << to_string(text.error());
  EXPECT_NE(samples::refusal(*tools, *text, fresh_directory(GetParam().name + "_broken")), "");
}

INSTANTIATE_TEST_SUITE_P(Emit, RealTools, testing::ValuesIn(samples::all()),
                         [](const auto& shown) { return shown.param.name; });

/// How the tools are called, with scripts in their place.
TEST(Toolchain, RunsEveryStageAndReportsTheFirstRefusal) {
  const fs::path directory = fresh_directory("scripts");
  fs::create_directories(directory);
  const auto script = [&](const char* name, const char* body) {
    std::ofstream(directory / name) << "#!/bin/sh\n" << body << "\n";
    fs::permissions(directory / name, fs::perms::owner_all);
    return directory / name;
  };
  // Each writes what it was told to; the first argument that is a file must be there.
  const char* copies = "for last; do :; done; echo done > \"$last\"";
  const samples::Toolchain works = {.opt = script("aie-opt", copies), .translate = script("aie-translate", copies)};
  EXPECT_EQ(samples::refusal(works, "module {}", directory / "it's here"), "");
  for (const char* file :
       {"0_emitted.mlir", "1_placed.mlir", "2_routed.mlir", "3_npu.mlir", "insts.txt", "4_configuration.mlir"}) {
    EXPECT_TRUE(fs::exists(directory / "it's here" / file)) << file;
  }
  const samples::Toolchain fails = {
      .opt = script("aie-opt", "for last; do :; done; case $last in *3_npu*) echo too many tasks; exit 1;; esac"),
      .translate = works.translate};
  EXPECT_EQ(samples::refusal(fails, "module {}", directory / "fails"), "sequence: too many tasks\n");
}

}  // namespace
}  // namespace skald::npu
