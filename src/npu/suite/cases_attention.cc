// Fused attention: one block, the encoder's heads, the decoder's causal and cross ones.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "npu/spec/device_spec.h"
#include "npu/suite/cases.h"
#include "npu/suite/suite_values.h"

namespace skald::npu::suite {
namespace {

using plan::AttentionProblem;
using plan::Spread;

constexpr int64_t kWidth = plan::kAttentionBlock;

/// Standard deviations of queries and keys: scores then have one of 2.25, so the largest of 1500 weights is about a
/// tenth, as of a head that looks somewhere.
constexpr double kAttentionDeviation = 1.5;

struct FusedAttention {
  AttentionProblem problem;
  Spread spread;
  unsigned seed = 1;
};

struct Arrays {
  std::vector<double> q;
  std::vector<double> kv;
};

/// softmax(q k^T / 8) v of one head and query.
void attend(const AttentionProblem& p, const Arrays& arrays, int64_t head, int64_t query, double* out) {
  const int64_t seen = p.causal ? query + p.keys - p.queries + 1 : p.keys;
  std::vector<double> weights(static_cast<size_t>(seen));
  const double* q = &arrays.q[static_cast<size_t>(query * p.query_width + p.query_first + head * kWidth)];
  double highest = -std::numeric_limits<double>::infinity();
  for (int64_t key = 0; key < seen; ++key) {
    const double* k = &arrays.kv[static_cast<size_t>(key * p.key_width + p.key_first + head * kWidth)];
    double score = 0;
    for (int64_t d = 0; d < kWidth; ++d) score += q[d] * k[d];
    weights[static_cast<size_t>(key)] = score / std::sqrt(static_cast<double>(kWidth));
    highest = std::max(highest, weights[static_cast<size_t>(key)]);
  }
  double sum = 0;
  for (int64_t key = 0; key < seen; ++key) {
    const double weight = std::exp(weights[static_cast<size_t>(key)] - highest);
    const double* v = &arrays.kv[static_cast<size_t>(key * p.key_width + p.value_first + head * kWidth)];
    for (int64_t d = 0; d < kWidth; ++d) out[d] += weight * v[d];
    sum += weight;
  }
  for (int64_t d = 0; d < kWidth; ++d) out[d] /= sum;
}

/// `columns` columns of normal numbers, rows that fill blocks zeros.
std::vector<double> padded_normal(int64_t rows, int64_t whole_rows, int64_t columns, unsigned seed) {
  std::vector<double> values = rounded_to_bf16(random_normal(rows * columns, kAttentionDeviation, seed));
  values.resize(static_cast<size_t>(whole_rows * columns));
  return values;
}

Result<Values> values(const FusedAttention& the) {
  const AttentionProblem& p = the.problem;
  SKALD_TRY(const plan::AttentionLayout layout, plan::attention_layout(p, the.spread));
  const Arrays arrays{.q = padded_normal(p.queries, layout.queries, p.query_width, 2 * the.seed),
                      .kv = padded_normal(p.keys, layout.keys, p.key_width, 2 * the.seed + 1)};
  Values values{.buffers = {bf16_bytes(arrays.q), bf16_bytes(arrays.kv)}};
  const int64_t width = p.heads * kWidth;
  values.ideal.resize(static_cast<size_t>(p.queries * width));
  for (int64_t query = 0; query < p.queries; ++query) {
    for (int64_t head = 0; head < p.heads; ++head) {
      attend(p, arrays, head, query, &values.ideal[static_cast<size_t>(query * width + head * kWidth)]);
    }
  }
  values.outputs = [queries = p.queries, width](const std::vector<Bytes>& buffers) {
    return matrix_of(buffers[2], Element::kBf16, width, queries, width);
  };
  return values;
}

AttentionProblem cross(int64_t heads, int64_t queries, int64_t keys) {
  const int64_t width = heads * kWidth;
  return {.heads = heads,
          .queries = queries,
          .keys = keys,
          .query_width = width,
          .key_width = 2 * width,
          .value_first = width};
}

/// What weights are wrong by: a query rounded to 2^-9 after scaling, 64 of them at random, moves a score of deviation
/// 2.25 by 2.25 * 2^-9 / sqrt(3) in standard, five times that in the worst of a million cases: 0.013; rounding of
/// weights adds 0.004. Values reach 4 kAttentionDeviation = 6; where one weight is nearly all, its error is that of the
/// sum too and cancels, so at most a quarter of it is left (w (1 - w)), for both its own and the others' values. The
/// output's own rounding is 2^-9 of 6.
constexpr double kMostAttentionError = 0.017 / 4 * 2 * 6 + 6.0 / 512;

void add_case(Cases& cases, const std::string& name, const FusedAttention& the, bool timed_only = false) {
  Limits limits{.least_correlation = 0.999, .most_error = kMostAttentionError};
  if (the.problem.queries == kWidth && the.problem.keys == kWidth) limits.most_call_ms = 5;
  Case made{.op = "attention",
            .name = name,
            .plan = [the] { return planned_attention(the.problem, the.spread, {0, 1, 2}); },
            .limits = limits,
            .seed = the.seed};
  if (!timed_only) made.values = [the] { return values(the); };
  cases.push_back(std::move(made));
}

}  // namespace

Result<Planned> planned_attention(const AttentionProblem& problem, const Spread& spread, std::vector<size_t> buffers) {
  SKALD_TRY(const plan::AttentionLayout layout, plan::attention_layout(problem, spread));
  SKALD_TRY(Program program, plan::plan_attention(problem, spread, std::string(kNpu1.name)));
  Planned planned{.macs = 2 * problem.heads * problem.queries * problem.keys * kWidth,
                  .padded_macs = layout.macs,
                  .macs_a_cycle = kNpu1.core.macs_bf16,
                  .amount = problem.queries,
                  .unit = "tokens"};
  planned.launches.push_back({.program = std::move(program), .buffers = std::move(buffers)});
  return planned;
}

void add_attention_cases(Cases& cases) {
  const Spread core{.rows = 1, .columns = 1};
  const Spread column{.rows = 4, .columns = 1};
  add_case(cases, "bf16 64x64, 1 core", {cross(1, 64, 64), core});
  add_case(cases, "bf16 64x64, seed 2, 1 core", {cross(1, 64, 64), core, 2});
  add_case(cases, "bf16 64x40, 1 core", {cross(1, 64, 40), core});
  add_case(cases, "bf16 64x64 causal, 1 core", {plan::self_attention(1, 64, true), core});
  add_case(cases, "bf16 1 head x 300, 1 column", {plan::self_attention(1, 300, false), column});
  add_case(cases, "bf16 4 heads x 448 causal", {plan::self_attention(4, 448, true), {}});
  add_case(cases, "bf16 8 heads, 5 on 1500", {cross(8, 5, 1500), {.rows = 1}});
  add_case(cases, "bf16 8 heads x 1500", {plan::self_attention(8, 1500, false), {}});
  add_case(cases, "bf16 8 heads x 1500, 1 column", {plan::self_attention(8, 1500, false), column}, true);
  add_case(cases, "bf16 6 heads x 1500", {plan::self_attention(6, 1500, false), {}}, true);
  add_case(cases, "bf16 20 heads x 1500", {plan::self_attention(20, 1500, false), {}}, true);
}

}  // namespace skald::npu::suite
