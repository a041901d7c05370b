// Every Program of the suite as text for the toolchain: well formed, and through the real tools where they are.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "npu/emit/emit.h"
#include "npu/emit/text_check_for_tests.h"
#include "npu/emit/toolchain_for_tests.h"
#include "npu/program/text.h"
#include "npu/suite/cases.h"
#include "npu/suite/lookups.h"

namespace skald::npu::suite {
namespace {

struct Emitted {
  std::string name;
  Program program;
};

/// The suite's Programs, those that are the same once; by text.
std::map<std::string, Emitted> all_programs() {
  std::map<std::string, Emitted> found;
  for (const Case& the : all_cases()) {
    const auto planned = the.plan();
    EXPECT_TRUE(planned) << the.op << " " << the.name << ": " << to_string(planned.error());
    if (!planned) continue;
    for (const Launch& launch : planned->launches) {
      const auto text = emit(launch.program, catalogue_code());
      EXPECT_TRUE(text) << the.op << " " << the.name << ": " << to_string(text.error());
      if (text) found.try_emplace(*text, Emitted{.name = the.op + " " + the.name, .program = launch.program});
    }
  }
  return found;
}

TEST(SuiteEmit, EveryProgramIsWellFormedTextAndSurvivesPrinting) {
  const auto programs = all_programs();
  EXPECT_GT(programs.size(), 90U);
  for (const auto& [text, emitted] : programs) {
    for (const std::string& problem : samples::problems(text)) ADD_FAILURE() << emitted.name << ": " << problem;
    const std::string printed = print(emitted.program);
    const auto parsed = parse(printed);
    ASSERT_TRUE(parsed) << emitted.name << ": " << to_string(parsed.error());
    EXPECT_EQ(emitted.program, *parsed) << emitted.name;
    EXPECT_EQ(printed, print(*parsed)) << emitted.name;
  }
}

TEST(SuiteEmit, TheRealToolsTakeEveryProgram) {
  const auto tools = samples::find_toolchain();
  if (!tools) {
    GTEST_SKIP() << "aie-opt and aie-translate are neither on PATH nor under SKALD_AIE_TOOLS; the text is for "
                 << kMlirAieVersion;
  }
  const std::filesystem::path directory = std::filesystem::path(testing::TempDir()) / "skald_npu_suite_emit";
  for (const auto& [text, emitted] : all_programs()) {
    std::filesystem::remove_all(directory);
    EXPECT_EQ(samples::refusal(*tools, text, directory), "") << emitted.name;
  }
}

}  // namespace
}  // namespace skald::npu::suite
