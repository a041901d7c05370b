// AttentionI8 in int8: exact integers, and softmax in double of the same numbers.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "npu/plan/attention_i8.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/cases.h"
#include "npu/suite/suite_values.h"

namespace skald::npu::suite {
namespace {

/// Queries, keys and values of a third of int8's range, in units of 4 / 127: scores of deviation (40 * 4 / 127)^2.
constexpr double kI8Deviation = 40;
constexpr double kUnit = 4.0 / 127;

struct AttentionI8 {
  plan::AttentionI8Problem problem;
  plan::Spread spread;
  unsigned seed = 1;
};

Result<Planned> planned(const AttentionI8& the) {
  SKALD_TRY(const plan::Streamed streamed, plan::attention_i8(the.problem));
  SKALD_TRY(Program program, plan::plan_streamed(streamed, the.spread, std::string(kNpu1.name)));
  const int64_t a_head = 2 * the.problem.positions * the.problem.positions * plan::kAttentionBlock;
  Planned planned{.macs = the.problem.heads * a_head,
                  .padded_macs = plan::streamed_objects(streamed, the.spread) * a_head,
                  .macs_a_cycle = kNpu1.core.macs_i8,
                  .amount = the.problem.positions,
                  .unit = "tokens"};
  planned.launches.push_back({.program = std::move(program), .buffers = {0, 1}});
  return planned;
}

/// One query: kernels/attention_i8.cc in plain integers, and softmax in double.
struct Row {
  std::vector<int64_t> products;  ///< with each key
  const int8_t* values = nullptr;
};

void judge(const Row& row, const plan::AttentionI8Problem& problem, const plan::AttentionI8Factor& factor,
           Values& values) {
  const int64_t highest = rounded_shift(*std::ranges::max_element(row.products), plan::kAttentionI8Down, 16);
  const auto most = static_cast<double>(*std::ranges::max_element(row.products));
  std::vector<int64_t> weights;
  std::vector<double> ideal;
  int64_t sum = 0;
  double ideal_sum = 0;
  for (const int64_t product : row.products) {
    const int64_t index = std::min<int64_t>(
        rounded_shift((highest - rounded_shift(product, plan::kAttentionI8Down, 16)) * factor.factor, factor.shift, 32),
        255);
    weights.push_back(index == 255 ? 0 : std::lround(127 * std::exp2(-static_cast<double>(index) / 32)));
    ideal.push_back(std::exp((static_cast<double>(product) - most) * problem.score_scale));
    sum += weights.back();
    ideal_sum += ideal.back();
  }
  for (int64_t d = 0; d < plan::kAttentionBlock; ++d) {
    int64_t total = 0;
    double ideal_total = 0;
    for (size_t key = 0; key < weights.size(); ++key) {
      const int8_t value = row.values[static_cast<int64_t>(key) * plan::kAttentionBlock + d];
      total += weights[key] * value;
      ideal_total += ideal[key] * value;
    }
    values.exact.push_back(static_cast<double>(rounded_shift(rounded_shift(total, 5, 16) * ((1 << 21) / sum), 16, 8)));
    values.ideal.push_back(ideal_total / ideal_sum);
  }
}

Result<Values> values(const AttentionI8& the) {
  const int64_t n = the.problem.positions;
  SKALD_TRY(const plan::Streamed streamed, plan::attention_i8(the.problem));
  SKALD_TRY(const plan::AttentionI8Factor factor, plan::attention_i8_factor(the.problem.score_scale));
  std::vector<int8_t> x;
  for (const double number : random_normal(plan::streamed_objects(streamed, the.spread) * 3 * n * plan::kAttentionBlock,
                                           kI8Deviation, the.seed)) {
    x.push_back(static_cast<int8_t>(std::clamp(std::round(number), -127.0, 127.0)));
  }
  Values values{.buffers = {bytes_of_values(x)}};
  for (int64_t head = 0; head < the.problem.heads; ++head) {
    const int8_t* q = &x[static_cast<size_t>(head * 3 * n * plan::kAttentionBlock)];
    const int8_t* k = q + n * plan::kAttentionBlock;
    for (int64_t query = 0; query < n; ++query) {
      Row row{.values = k + n * plan::kAttentionBlock};
      for (int64_t key = 0; key < n; ++key) {
        int64_t product = 0;
        for (int64_t d = 0; d < plan::kAttentionBlock; ++d)
          product += q[query * plan::kAttentionBlock + d] * k[key * plan::kAttentionBlock + d];
        row.products.push_back(product);
      }
      judge(row, the.problem, factor, values);
    }
  }
  values.outputs = [count = std::ssize(values.ideal)](const std::vector<Bytes>& buffers) {
    return numbers_of(buffers[1], Element::kI8, 0, count);
  };
  return values;
}

}  // namespace

void add_attention_i8_cases(Cases& cases) {
  constexpr double kScale = kUnit * kUnit / 8;
  const std::vector<AttentionI8> all{
      {{.heads = 1, .positions = 64, .score_scale = kScale}, {.rows = 1, .columns = 1}},
      {{.heads = 1, .positions = 64, .score_scale = kScale}, {.rows = 1, .columns = 1}, 2},
      {{.heads = 8, .positions = 48, .score_scale = kScale}, {.rows = 2, .columns = 4}},
      {{.heads = 8, .positions = 64, .score_scale = kScale}, {.rows = 2, .columns = 4}},
  };
  for (const AttentionI8& the : all) {
    const int64_t cores = int64_t{the.spread.rows} * the.spread.columns;
    cases.push_back(
        {.op = "attention",
         .name = fmt::format("i8 {}x{}x64{}, {} core{}", the.problem.heads, the.problem.positions,
                             the.seed == 1 ? "" : fmt::format(", seed {}", the.seed), cores, cores == 1 ? "" : "s"),
         .plan = [the] { return planned(the); },
         .values = [the] { return values(the); },
         .limits = {.least_correlation = 0.99, .most_call_ms = 5},
         .seed = the.seed});
  }
}

}  // namespace skald::npu::suite
