// A decoder's step on the simulated array: the best tokens of all beams, against sorting all of them.

#include "npu/plan/topk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <iostream>
#include <numeric>
#include <random>
#include <tuple>

#include "base/half.h"
#include "npu/plan/launch_for_tests.h"

namespace skald::npu::plan {
namespace {

using Bytes = std::vector<std::byte>;

struct Choice {
  int32_t token = -1;
  int32_t beam = -1;
  float value = 0;
  bool operator==(const Choice&) const = default;
};

/// The best 8 of all beams and tokens, of equal ones the lower beam and token first. Sums are exact: quarters.
std::vector<Choice> best_choices(const std::vector<float>& logits, const std::vector<float>& raised) {
  std::vector<Choice> all;
  const size_t width = logits.size() / raised.size();
  for (size_t i = 0; i < logits.size(); ++i) {
    all.push_back({static_cast<int32_t>(i % width), static_cast<int32_t>(i / width), logits[i] + raised[i / width]});
  }
  std::ranges::sort(all, {}, [](const Choice& one) { return std::tuple(-one.value, one.beam, one.token); });
  all.resize(8);
  return all;
}

struct StepCase {
  int64_t beams;
  int64_t lists;
  int64_t vocabulary;
  Element type;
};

void check_step(const StepCase& the) {
  const TopkProblem problem{.rows = the.beams, .logits = the.vocabulary, .type = the.type};
  std::mt19937 generator(static_cast<unsigned>(the.lists));
  std::uniform_int_distribution<int> draw(-120, 120);  // quarters, exact in bfloat16; many are equal
  std::vector<float> logits(static_cast<size_t>(the.beams * the.vocabulary));
  for (float& one : logits) one = static_cast<float>(draw(generator)) / 4;
  std::vector<float> raised;
  for (int64_t i = 0; i < the.beams; ++i) raised.push_back(-20.0F + static_cast<float>(i % 3) / 4);
  Bytes plain;
  for (const float one : logits) {
    const uint32_t bits = the.type == Element::kBf16 ? f32_to_bf16(one) : std::bit_cast<uint32_t>(one);
    const auto* from = reinterpret_cast<const std::byte*>(&bits);
    plain.insert(plain.end(), from, from + bytes_of(the.type));
  }
  Bytes x = pack_logits(problem, {}, plain).value();
  Bytes lists(static_cast<size_t>(the.lists * 64));
  const sim::Report first = launch(plan_topk(problem, {}, "npu1").value(), {x, lists}).value();
  Bytes beams = pack_beams(problem, the.lists, raised);
  Bytes best(128);
  const sim::Report second = launch(plan_beam_step(the.lists, "npu1").value(), {lists, beams, best}).value();
  std::cout << the.beams << " beams, " << to_string(the.type) << ": " << first.cycles << " + " << second.cycles
            << " cycles\n";
  const std::vector<Choice> wanted = best_choices(logits, raised);
  for (size_t rank = 0; rank < 8; ++rank) {
    Choice found;
    std::memcpy(&found.token, &best[4 * rank], 4);
    std::memcpy(&found.beam, &best[32 + 4 * rank], 4);
    std::memcpy(&found.value, &best[64 + 4 * rank], 4);
    EXPECT_EQ(found, wanted[rank]) << rank << ": token " << found.token << ", beam " << found.beam;
  }
}

TEST(PlanTopk, StepsOfOneFiveAndEightBeams) {
  check_step({.beams = 1, .lists = 16, .vocabulary = 51864, .type = Element::kBf16});
  check_step({.beams = 1, .lists = 16, .vocabulary = 51865, .type = Element::kF32});
  check_step({.beams = 5, .lists = 80, .vocabulary = 51865, .type = Element::kBf16});
  check_step({.beams = 8, .lists = 112, .vocabulary = 51864, .type = Element::kF32});
}

TEST(PlanTopk, Refuses) {
  EXPECT_EQ(plan_topk({.logits = 8, .type = Element::kI8}, {}, "npu1").error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(plan_beam_step(13, "npu1").error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(pack_logits({.logits = 8}, {}, {}).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace skald::npu::plan
