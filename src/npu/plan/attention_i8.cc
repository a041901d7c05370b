#include "npu/plan/attention_i8.h"

#include <cmath>
#include <numbers>
#include <utility>

#include "npu/kernels/catalogue.h"
#include "npu/plan/attention.h"
#include "npu/plan/pieces.h"

namespace skald::npu::plan {
namespace {

constexpr int kEntries = 32;  // of the table, for a factor of two

}  // namespace

Result<AttentionI8Factor> attention_i8_factor(double score_scale) {
  const double slope = kEntries * std::numbers::log2e * score_scale * (1 << kAttentionI8Down);
  constexpr int kMostShift = 30;
  constexpr double kMost = 32767;
  AttentionI8Factor made;
  for (int shift = 0; shift <= kMostShift; ++shift) {
    const double factor = std::round(std::ldexp(slope, shift));
    if (factor > kMost) break;
    if (factor >= 1) made = {.factor = static_cast<int32_t>(factor), .shift = shift};
  }
  if (made.factor == 0) {
    return fail(ErrorCode::kInvalidArgument, "int8 attention",
                "a score's scale of " + std::to_string(score_scale) + " fits no factor of 16 bits",
                "give a positive scale below 10");
  }
  return made;
}

Result<Streamed> attention_i8(const AttentionI8Problem& problem) {
  using enum StreamedOperand::Kind;
  const std::string suffix = "_i8_" + std::to_string(problem.positions);
  if (find_kernel("attention_scores" + suffix) == nullptr) {
    return fail(ErrorCode::kUnsupported, "int8 attention",
                "there is no kernel of " + std::to_string(problem.positions) + " positions", "use 48 or 64");
  }
  SKALD_TRY(const AttentionI8Factor factor, attention_i8_factor(problem.score_scale));
  const int64_t n = problem.positions;
  Streamed made{.name = "attention" + suffix + "_" + std::to_string(problem.heads),
                .input = {Element::kI8, {3 * n, kAttentionBlock}},
                .output = {Element::kI8, {n, kAttentionBlock}},
                .input_order = blocks_of_rows({4, 8}, 3 * n, kAttentionBlock),
                .output_order = rows_of_blocks({4, 8}, n, kAttentionBlock),
                .objects = problem.heads};
  const auto add = [&made](const std::string& name, Element type, std::vector<int64_t> shape,
                           const std::string& table = {}) {
    made.buffers.push_back({.name = name, .block = {type, std::move(shape)}, .table = table});
  };
  add("scores", Element::kI16, {n, n});
  add("weights", Element::kI8, {n, n});
  add("sums", Element::kI32, {n, 4});
  add("shares", Element::kI32, {n});
  add("exp_ab", Element::kI8, {kTableI8Bytes}, "attention_exp");
  add("exp_cd", Element::kI8, {kTableI8Bytes}, "attention_exp");
  enum : int32_t { kScores, kWeights, kSums, kShares, kExpAb, kExpCd };
  made.calls = {{"attention_scores" + suffix, {{kInput}, {kBuffer, kScores}}},
                {"attention_weights" + suffix,
                 {{kBuffer, kScores},
                  {kBuffer, kExpAb},
                  {kBuffer, kExpCd},
                  {kBuffer, kWeights},
                  {kBuffer, kSums},
                  {kNumber, factor.factor},
                  {kNumber, factor.shift}}},
                {"attention_shares" + suffix, {{kBuffer, kSums}, {kBuffer, kShares}}},
                {"attention_outputs" + suffix, {{kInput}, {kBuffer, kWeights}, {kBuffer, kShares}, {kOutput}}}};
  return made;
}

}  // namespace skald::npu::plan
