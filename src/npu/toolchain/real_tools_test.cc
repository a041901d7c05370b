// The samples through the real toolchain, where it is installed.

#include <gtest/gtest.h>

#include <filesystem>

#include "npu/emit/samples_for_tests.h"
#include "npu/toolchain/build.h"

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
  const Toolchain tools = find_toolchain();
  if (!tools.opt || !tools.translate) {
    GTEST_SKIP() << "aie-opt and aie-translate are neither on PATH nor under SKALD_AIE_TOOLS; the text is for "
                 << kMlirAieVersion;
  }
  const auto text = emit(GetParam().program, samples::lookups());
  ASSERT_TRUE(text) << to_string(text.error());
  const auto checked = check_text(*text, tools, fresh_directory(GetParam().name));
  EXPECT_TRUE(checked) << to_string(checked.error());
}

TEST_P(RealTools, RefuseABrokenOne) {
  const Toolchain tools = find_toolchain();
  if (!tools.opt || !tools.translate)
    GTEST_SKIP() << "aie-opt and aie-translate are neither on PATH nor under SKALD_AIE_TOOLS";
  Program program = GetParam().program;
  program.fifos[0].producer = {9, 9};  // no tile of the array
  const auto text = emit(program, samples::lookups());
  ASSERT_TRUE(text) << to_string(text.error());
  EXPECT_FALSE(check_text(*text, tools, fresh_directory(GetParam().name + "_broken")));
}

INSTANTIATE_TEST_SUITE_P(Emit, RealTools, testing::ValuesIn(samples::all()),
                         [](const auto& shown) { return shown.param.name; });

}  // namespace
}  // namespace skald::npu
