// Attention in three steps through host memory, as a stock design does it: scores, softmax, values; what the fused form
// (cases_attention.cc) is measured against. Timed only: its products and its softmax have cases of their own.

#include <fmt/format.h>

#include <utility>

#include "npu/plan/matmul.h"
#include "npu/plan/streamed.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/cases.h"

namespace skald::npu::suite {
namespace {

using plan::MatmulProblem;
using plan::MatmulTiling;

constexpr int64_t kWidth = 64;
constexpr int64_t kSoftmaxWidth = 1536;  ///< of the kernel: 1500 keys padded
constexpr int64_t kSoftmaxRows = 4;

Result<Launch> product(const MatmulProblem& problem, const MatmulTiling& tiling, int64_t times) {
  SKALD_TRY(Program program, plan::plan_matmul(problem, tiling, std::string(kNpu1.name)));
  return Launch{.program = std::move(program), .buffers = {0, 1, 2}, .times = times};
}

/// One launch for all heads.
Result<Launch> softmax(int64_t heads, int64_t positions) {
  using enum plan::StreamedOperand::Kind;
  const Block rows{Element::kBf16, {kSoftmaxRows, kSoftmaxWidth}};
  plan::Streamed streamed;
  streamed.name = "softmax";
  streamed.input = rows;
  streamed.output = rows;
  streamed.objects = heads * positions / kSoftmaxRows;
  streamed.calls = {{fmt::format("softmax_bf16_{}x{}", kSoftmaxRows, kSoftmaxWidth),
                     {{kInput}, {kOutput}, {kNumber, static_cast<int32_t>(positions)}}}};
  SKALD_TRY(Program program, plan::plan_streamed(streamed, {}, std::string(kNpu1.name)));
  return Launch{.program = std::move(program), .buffers = {0, 1}};
}

/// A launch of each product a head. Of the catalogue's tiles these take least time: scores have no depth, outputs only
/// 64 columns.
Result<Planned> three_steps(int64_t heads, int64_t positions) {
  Planned planned{.macs = 2 * heads * positions * positions * kWidth,
                  .macs_a_cycle = kNpu1.core.macs_bf16,
                  .amount = positions,
                  .unit = "tokens"};
  SKALD_TRY(
      Launch scores,
      product({.m = positions, .k = kWidth, .n = positions, .type = Element::kBf16, .finish = plan::Finish::kBias},
              {.tile = {64, 32, 128}}, heads));
  SKALD_TRY(Launch weights, softmax(heads, positions));
  SKALD_TRY(
      Launch outputs,
      product({.m = positions, .k = positions, .n = kWidth, .type = Element::kBf16, .finish = plan::Finish::kBias},
              {.tile = {64, 64, 32}}, heads));
  for (Launch* launch : {&scores, &weights, &outputs}) planned.launches.push_back(std::move(*launch));
  return planned;
}

}  // namespace

void add_stock_attention_cases(Cases& cases) {
  cases.push_back(
      {.op = "attention", .name = "bf16 8 heads x 1500 in three steps", .plan = [] { return three_steps(8, 1500); }});
}

}  // namespace skald::npu::suite
