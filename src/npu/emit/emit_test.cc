// Texts of the samples against the files of tests/data/npu, which SKALD_UPDATE_GOLDENS=1 writes anew, and what cannot
// be said in the dialect.

#include "npu/emit/emit.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <sstream>

#include "npu/emit/rotation.h"
#include "npu/emit/samples_for_tests.h"
#include "npu/emit/text_check_for_tests.h"
#include "npu/program/blocks.h"
#include "npu/program/verify.h"

namespace skald::npu {
namespace {

std::string text_of(const Program& program) {
  auto text = emit(program, samples::lookups());
  return text ? *text : "error: " + to_string(text.error());
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

/// Kernels that take what `program` gives them.
KernelLookup kernels_of(const Program& program) {
  std::map<std::string, KernelInfo, std::less<>> kernels;
  const auto add = [&](const Core& core, const Call& call) {
    KernelInfo kernel{.name = call.kernel};
    for (const Operand& operand : call.operands) {
      if (operand.kind == Operand::Kind::kScalar) {
        ++kernel.scalars;
        continue;
      }
      const bool object = operand.kind == Operand::Kind::kObject;
      const auto id = static_cast<size_t>(operand.id);
      KernelBlock& block = kernel.blocks.emplace_back();
      const Block& given = object ? program.fifos[id].block : program.buffers[id].block;
      block.type = given.type;
      block.elements = elements_of(given);
      if (object && program.fifos[id].producer == core.tile) block.access = Access::kReadWrite;
      if (!object) block.table = program.buffers[id].table;
    }
    kernels.emplace(call.kernel, std::move(kernel));
  };
  const std::function<void(const Core&, const std::vector<Step>&)> walk = [&](const Core& core, const auto& steps) {
    for (const Step& step : steps) {
      if (const auto* call = std::get_if<Call>(&step.action)) add(core, *call);
      if (const auto* loop = std::get_if<Loop>(&step.action)) walk(core, loop->body);
      if (const auto* choose = std::get_if<Choose>(&step.action)) {
        for (const auto& phase : choose->phases) walk(core, phase);
      }
    }
  };
  for (const Core& core : program.cores) walk(core, core.body);
  return {.kernel = [kernels](std::string_view name) -> std::optional<KernelInfo> {
            const auto found = kernels.find(name);
            return found == kernels.end() ? std::nullopt : std::optional(found->second);
          },
          .table = [](std::string_view) { return std::optional<int64_t>(64); }};
}

class Samples : public testing::TestWithParam<samples::Sample> {};

TEST_P(Samples, TextIsTheGoldenOne) {
  const auto path = std::filesystem::path(SKALD_SOURCE_DIR) / "tests/data/npu" / (GetParam().name + ".mlir");
  const std::string text = text_of(GetParam().program);
  if (std::getenv("SKALD_UPDATE_GOLDENS") != nullptr) {  // NOLINT(concurrency-mt-unsafe): one thread
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file) << path << " is missing: run this test with SKALD_UPDATE_GOLDENS=1";
  std::ostringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(text, golden.str());
}

TEST_P(Samples, AreLegal) {
  for (const Violation& violation : verify(GetParam().program, kernels_of(GetParam().program))) {
    ADD_FAILURE() << to_string(violation);
  }
}

TEST_P(Samples, TextIsWellFormed) {
  EXPECT_EQ(joined(samples::problems(text_of(GetParam().program))), "");
}

TEST_P(Samples, TextIsTheSameEachTime) {
  const Program copy = GetParam().program;
  EXPECT_EQ(text_of(GetParam().program), text_of(copy));
}

TEST_P(Samples, TextNamesTheDialectAndNoMachine) {
  const std::string text = text_of(GetParam().program);
  EXPECT_NE(text.substr(0, text.find('\n')).find(kMlirAieVersion), std::string::npos);
  for (const char* path : {"/work", "/tmp", "/home", "/usr"}) EXPECT_EQ(text.find(path), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Emit, Samples, testing::ValuesIn(samples::all()),
                         [](const auto& shown) { return shown.param.name; });

TEST(TextCheck, FindsWhatIsBroken) {
  struct Case {
    const char* from;
    const char* to;
    const char* found;
  };
  const std::string text = text_of(samples::phases());
  for (const Case& broken : std::initializer_list<Case>{
           {"      aie.end\n    } {stack", "      aie.end\n    {stack", "brackets do not match"},
           {"scf.if %chosen0 {", "scf.if %chosen7 {", "%chosen7 is not defined"},
           {"%chosen1 =", "%chosen0 =", "%chosen0 is defined twice"},
           {"scf.if %chosen0 {", "scf.if %word0 {", "%word0 is i32, not i1"},
           {"func.call @look_up(", "func.call @look_down(", "@look_down is not declared"},
           {"%buffer_lookup, %object", "%buffer_scratch, %object", "%buffer_scratch is memref<32xi32>"},
           {"acquire @x(Consume", "acquire @x(Produce", "the core has no such end of x"},
           {"acquire @x(Consume", "acquire @z(Consume", "@z is not declared"},
           {"repeat_count = 0", "repeat_count = 1", "repeat_count does not agree"},
           {"%host_from : memref<1024xi16>, 0, 512", "%host_from : memref<1024xi16>, 0, 511", "length is not that"},
           {"sym_name = \"scratch\"", "sym_name = \"lookup\"", "symbol lookup is declared twice"},
           {"[2 : i32, 3 : i32]", "[2 : i32]", "has not one depth for each end"},
           {"aiex.set_lock(%handover_choice", "aiex.set_lock(%buffer_scratch", "not lock"},
           {"aiex.set_lock", "aiex.put_lock", "unknown operation aiex.put_lock"},
           {"to %bound0 step", "to %word1 step", "%word1 is i32, not index"}}) {
    std::string changed = text;
    const size_t at = changed.find(broken.from);
    ASSERT_NE(at, std::string::npos) << broken.from;
    changed.replace(at, std::string(broken.from).size(), broken.to);
    EXPECT_NE(joined(samples::problems(changed)).find(broken.found), std::string::npos)
        << broken.to << "\n"
        << joined(samples::problems(changed));
  }
}

/// Message of the error for `sample` after `change`.
std::string error_of(Program sample, const std::function<void(Program&)>& change) {
  change(sample);
  const auto text = emit(sample, samples::lookups());
  return text ? "no error" : to_string(text.error());
}

std::vector<Step>& rounds(Program& program) {
  return std::get<Loop>(program.cores[0].body[0].action).body;
}

TEST(Emit, RefusesWhatTheTextCannotSay) {
  const Program tile = samples::one_tile();
  const auto contains = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos ? testing::AssertionSuccess() : testing::AssertionFailure() << text;
  };
  EXPECT_TRUE(contains(error_of(tile, [](Program& p) { p.fifos[0].name = "matmul"; }), "stands for two things"));
  // An object that is not held any more, one acquired outside of the loop that rotates it, an unbalanced loop.
  EXPECT_TRUE(contains(error_of(tile,
                                [](Program& p) {
                                  auto& body = rounds(p);
                                  body.push_back(body[1]);
                                }),
                       "which it does not hold"));
  EXPECT_TRUE(contains(error_of(tile,
                                [](Program& p) {
                                  auto& inner = std::get<Loop>(rounds(p)[2].action).body;
                                  const Step first = inner[0];
                                  std::swap(inner[0], inner[2]);
                                  inner.push_back(first);
                                  rounds(p).insert(rounds(p).begin(), first);
                                }),
                       "acquired outside of the loop"));
  EXPECT_TRUE(contains(error_of(tile, [](Program& p) { rounds(p).pop_back(); }), "ends with 1"));
  EXPECT_TRUE(contains(error_of(tile, [](Program& p) { rounds(p).back() = {Release{.fifo = 1}}; }), "releases more"));
  EXPECT_TRUE(contains(error_of(tile, [](Program& p) { rounds(p)[0] = {Acquire{.fifo = 0}}; }), "has no end of a_in"));
  EXPECT_TRUE(contains(error_of(tile, [](Program& p) { rounds(p).push_back({AwaitParameters{}}); }), "has none"));
  EXPECT_TRUE(contains(error_of(tile, [](Program& p) { p.sequence.push_back(Wait{.fifo = 5}); }), "waits for c_out"));
  EXPECT_TRUE(contains(error_of(samples::both_ends(), [](Program& p) { p.fifos[2].block.shape = {512}; }),
                       "different types or sizes"));
  const Program phases = samples::phases();
  EXPECT_TRUE(contains(error_of(phases, [](Program& p) { p.buffers[0].block.shape = {65}; }), "64 bytes"));
  EXPECT_TRUE(contains(error_of(phases, [](Program& p) { p.buffers[0].table = "no"; }), "is no table"));
  EXPECT_TRUE(contains(error_of(phases, [](Program& p) { p.parameters.push_back({"more", p.cores[0].tile, 1}); }),
                       "two sets of parameters"));
}

TEST(Emit, FreesDescriptorsOfTransfersInFrontOfTheAwaitedOne) {
  Program program = samples::both_ends();
  const Transfer silent = {.fifo = 2, .argument = 1, .pattern = {{1024, 1}}, .token = false};
  Transfer loud = silent;
  loud.token = true;
  program.sequence = {silent, silent, loud, silent, loud, Wait{.fifo = 2}, Wait{.fifo = 2}};
  const std::string text = text_of(program);
  EXPECT_NE(text.find("dma_await_task(%task2)\n      aiex.dma_free_task(%task0)\n      aiex.dma_free_task(%task1)\n"
                      "      aiex.dma_await_task(%task4)\n      aiex.dma_free_task(%task3)\n"),
            std::string::npos)
      << text;
}

TEST(Emit, ReadsParametersWhereTheyAreUsedIfNothingHandsThemOver) {
  Program program = samples::phases();
  rounds(program).erase(rounds(program).begin());
  std::erase_if(program.sequence, [](const SequenceStep& step) { return std::holds_alternative<HandOver>(step); });
  const std::string text = text_of(program);
  EXPECT_EQ(joined(samples::problems(text)), "");
  EXPECT_NE(text.find("%chosen0 = arith.cmpi eq, %word0,"), std::string::npos) << text;
  EXPECT_LT(text.find("scf.if %chosen0"), text.find("%word1 = memref.load"));
  EXPECT_EQ(text.find("aie.lock"), std::string::npos);
}

TEST(Rotation, StaticOnlyWhereEachRoundReturns) {
  const Program tile = samples::one_tile();
  EXPECT_FALSE(needs_dynamic_lowering(tile, tile.cores[0]));
  const auto with_rounds = [&](int rounds_along_k, int depth) {
    Program program = samples::one_tile();
    std::get<Loop>(rounds(program)[2].action).count.value = rounds_along_k;
    program.fifos[4].depth = depth;
    return needs_dynamic_lowering(program, program.cores[0]);
  };
  EXPECT_FALSE(with_rounds(8, 1));  // the outer loop is not unrolled, and the inner ends where it began
  EXPECT_TRUE(with_rounds(7, 1));   // it does not
  EXPECT_FALSE(with_rounds(7, 2));  // the outer one is unrolled by 2: 14 objects of rings of 2
  EXPECT_TRUE(with_rounds(7, 3));   // by 3: 21
  const Program phases = samples::phases();
  EXPECT_TRUE(needs_dynamic_lowering(phases, phases.cores[0]));
}

}  // namespace
}  // namespace skald::npu
