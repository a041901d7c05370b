// Attention in three steps through host memory, as a stock design does it: scores, softmax, values; what the fused form
// (cases_attention.cc) is measured against. Timed only: its products and its softmax have cases of their own.

#include <utility>

#include "npu/plan/matmul.h"
#include "npu/plan/rowwise.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/cases.h"
#include "npu/suite/products.h"

namespace skald::npu::suite {
namespace {

using plan::MatmulProblem;

/// One launch for all heads.
Result<Launch> softmax_launch(int64_t heads, int64_t positions) {
  SKALD_TRY(const plan::Streamed streamed, plan::stream_rows("softmax_bf16", heads * positions, positions));
  SKALD_TRY(Program program, plan::plan_streamed(streamed, {}, std::string(kNpu1.name)));
  return Launch{.program = std::move(program), .buffers = {0, 1}};
}

/// A launch of each product a head. Of the catalogue's tiles these take least time: scores have no depth, outputs only
/// 64 columns.
Result<Planned> three_steps(int64_t heads, int64_t positions) {
  Planned planned{.macs = 2 * heads * positions * positions * plan::kAttentionBlock,
                  .macs_a_cycle = kNpu1.core.macs_bf16,
                  .amount = positions,
                  .unit = "tokens"};
  MatmulProblem product{.m = positions,
                        .k = plan::kAttentionBlock,
                        .n = positions,
                        .type = Element::kBf16,
                        .finish = plan::Finish::kBias};
  SKALD_CHECK(add_product(planned, product, {.tile = {64, 32, 128}}, {0, 1, 2}, heads));
  SKALD_TRY(Launch weights, softmax_launch(heads, positions));
  planned.launches.push_back(std::move(weights));
  std::swap(product.k, product.n);
  SKALD_CHECK(add_product(planned, product, {.tile = {64, 64, 32}}, {0, 1, 2}, heads));
  return planned;
}

}  // namespace

void add_stock_attention_cases(Cases& cases) {
  cases.push_back(
      {.op = "attention", .name = "bf16 8 heads x 1500 in three steps", .plan = [] { return three_steps(8, 1500); }});
}

}  // namespace skald::npu::suite
