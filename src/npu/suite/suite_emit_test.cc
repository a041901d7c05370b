// Every Program of the suite as text for the toolchain: well formed, and through the real tools where they are.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "npu/emit/emit.h"
#include "npu/emit/text_check_for_tests.h"
#include "npu/plan/operators.h"
#include "npu/program/text.h"
#include "npu/program/verify.h"
#include "npu/suite/cases.h"
#include "npu/suite/lookups.h"
#include "npu/toolchain/build.h"

namespace skald::npu::suite {
namespace {

struct Emitted {
  std::string name;
  Program program;
};

/// Adds a Program by its text, if there is none of that text yet; it has to be legal.
void add(const std::string& name, const Program& program, std::map<std::string, Emitted>& found) {
  for (const Violation& violation : verify(program, catalogue_lookup())) ADD_FAILURE() << name << to_string(violation);
  const auto text = emit(program, catalogue_code());
  EXPECT_TRUE(text) << name << ": " << to_string(text.error());
  if (text) found.try_emplace(*text, Emitted{.name = name, .program = program});
}

/// Products on parts of the array, which the suite has whole.
void add_parts_of_the_array(std::map<std::string, Emitted>& found) {
  for (const plan::Spread spread : {plan::Spread{1, 1}, {4, 1}, {4, 2}, {4, 4}}) {
    for (const char* const type : {"i8", "bf16"}) {
      for (const char* const finish : {"none", "auto", "gelu"}) {
        const auto planned = plan::plan_operator(
            {.name = "matmul", .sizes = {500, 512, 512}, .type = type, .finish = finish, .spread = spread}, "npu1");
        ASSERT_TRUE(planned) << to_string(planned.error());
        add(std::string(type) + " " + finish, planned->program, found);
      }
    }
  }
}

/// The suite's Programs, those that are the same once; by text.
std::map<std::string, Emitted> all_programs() {
  std::map<std::string, Emitted> found;
  add_parts_of_the_array(found);
  for (const Case& the : all_cases()) {
    const auto planned = the.plan();
    EXPECT_TRUE(planned) << the.op << " " << the.name << ": " << to_string(planned.error());
    if (!planned) continue;
    for (const Launch& launch : planned->launches) add(the.op + " " + the.name, launch.program, found);
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
  const Toolchain tools = find_toolchain();
  if (!tools.opt || !tools.translate) {
    GTEST_SKIP() << "aie-opt and aie-translate are neither on PATH nor under SKALD_AIE_TOOLS; the text is for "
                 << kMlirAieVersion;
  }
  const std::filesystem::path directory = std::filesystem::path(testing::TempDir()) / "skald_npu_suite_emit";
  for (const auto& [text, emitted] : all_programs()) {
    std::filesystem::remove_all(directory);
    const auto checked = check_text(text, tools, directory);
    EXPECT_TRUE(checked) << emitted.name << ": " << to_string(checked.error());
  }
}

}  // namespace
}  // namespace skald::npu::suite
