// The feed-forward block of an encoder layer in int8: in one launch, and as two products.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "npu/kernels/catalogue.h"
#include "npu/kernels/layout.h"
#include "npu/plan/feed_forward.h"
#include "npu/plan/matmul.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/cases.h"
#include "npu/suite/products.h"
#include "npu/suite/suite_values.h"

namespace skald::npu::suite {
namespace {

using plan::FeedForwardProblem;
using plan::RequantiseShifts;

constexpr RequantiseShifts kShifts{.down = 5, .shift = 14};  // 2048 products of int8 fit into 16 bits
constexpr int kMostBias = 20000;
constexpr double kEven = 74;             // standard deviation of int8, all values alike
constexpr double kHiddenDeviation = 24;  // of what GELU gets: 1.5, and 5 deviations within its range
constexpr double kOutput = 40;           // of the result: a third of int8's range

FeedForwardProblem block_of(int64_t rows) {
  return {.rows = rows, .inputs = 512, .hidden = 2048, .outputs = 512, .first = kShifts, .second = kShifts};
}

Planned planned_for(const FeedForwardProblem& problem) {
  return {.macs = problem.rows * problem.hidden * (problem.inputs + problem.outputs),
          .macs_a_cycle = kNpu1.core.macs_i8,
          .amount = problem.rows,
          .unit = "tokens"};
}

Result<Planned> plan_fused(const FeedForwardProblem& problem) {
  SKALD_TRY(const plan::FeedForwardLayout layout, plan::feed_forward_layout(problem));
  SKALD_TRY(Program program, plan::plan_feed_forward(problem, std::string(kNpu1.name)));
  Planned planned = planned_for(problem);
  planned.padded_macs = layout.macs;
  planned.launches.push_back({.program = std::move(program), .buffers = {0, 1, 2}});
  return planned;
}

/// Two launches; the second takes its A in panels, so somebody has to move the first one's C: not counted.
Result<Planned> plan_products(const FeedForwardProblem& problem) {
  const plan::MatmulTiling tiling{.tile = {64, 64, 128}};
  Planned planned = planned_for(problem);
  plan::MatmulProblem one{.m = problem.rows,
                          .k = problem.inputs,
                          .n = problem.hidden,
                          .finish = plan::Finish::kGelu,
                          .down = problem.first.down,
                          .shift = problem.first.shift};
  for (size_t launch = 0; launch < 2; ++launch) {
    SKALD_CHECK(add_product(planned, one, tiling, {3 * launch, 3 * launch + 1, 3 * launch + 2}));
    one.k = problem.hidden;
    one.n = problem.outputs;
    one.finish = plan::Finish::kRequantise;
  }
  return planned;
}

/// One of the two products with what scales it.
struct Layer {
  /// `usual`: a factor that gives results of the deviation that is wanted; columns differ.
  Layer(int64_t depth, int64_t columns, double usual, unsigned seed)
      : size{.k = depth, .n = columns},
        weights(random_integers<int8_t>(depth * columns, -128, 127, seed)),
        bias(random_integers<int32_t>(columns, -kMostBias, kMostBias, seed + 1)),
        factors(
            random_integers<int16_t>(columns, static_cast<int>(usual / 2), static_cast<int>(usual * 3 / 2), seed + 2)),
        parameters(static_cast<size_t>(requantise_parameter_bytes(columns))) {
    pack_requantise_parameters(bias, factors, parameters.data());
  }

  std::vector<double> sums(const std::vector<double>& x) const {
    std::vector<double> c = product(x, {weights.begin(), weights.end()}, {std::ssize(x) / size.k, size.k, size.n});
    for (size_t i = 0; i < c.size(); ++i) c[i] += bias[i % bias.size()];
    return c;
  }
  /// In units of the int8 result, without rounding.
  std::vector<double> ideal(const std::vector<double>& x) const {
    std::vector<double> y = sums(x);
    for (size_t i = 0; i < y.size(); ++i) {
      y[i] = std::ldexp(y[i] * factors[i % factors.size()], -kShifts.down - kShifts.shift);
    }
    return y;
  }
  /// kernels/requantise_i8.cc in plain integers; `x` are integers.
  std::vector<double> exact(const std::vector<double>& x) const {
    std::vector<double> y = sums(x);
    for (size_t i = 0; i < y.size(); ++i) {
      y[i] = static_cast<double>(
          requantised_i8(static_cast<int64_t>(y[i]), factors[i % factors.size()], kShifts.down, kShifts.shift));
    }
    return y;
  }

  ProductSize size;
  std::vector<int8_t> weights;
  std::vector<int32_t> bias;
  std::vector<int16_t> factors;
  Bytes parameters;
};

Result<Values> values(const FeedForwardProblem& problem, unsigned seed) {
  SKALD_TRY(const plan::FeedForwardLayout layout, plan::feed_forward_layout(problem));
  const double unit = std::ldexp(1, kShifts.down + kShifts.shift) / kEven;
  const Layer first(problem.inputs, problem.hidden,
                    kHiddenDeviation * unit / (kEven * std::sqrt(static_cast<double>(problem.inputs))), 10 * seed);
  // GELU leaves about half of the squares: a deviation of 0.7 kHiddenDeviation.
  const Layer second(problem.hidden, problem.outputs,
                     kOutput * unit / (0.7 * kHiddenDeviation * std::sqrt(static_cast<double>(problem.hidden))),
                     10 * seed + 3);
  auto x = random_integers<int8_t>(problem.rows * problem.inputs, -128, 127, 10 * seed + 6);
  const std::vector<double> numbers(x.begin(), x.end());

  Values values;
  std::vector<double> hidden = first.ideal(numbers);
  for (double& value : hidden) value = gelu(value * kGeluStep) / kGeluStep;
  values.ideal = second.ideal(hidden);
  for (double& value : values.ideal) value = std::clamp(value, -128.0, 127.0);
  hidden = first.exact(numbers);
  for (double& value : hidden) value = gelu_i8_entry(static_cast<int8_t>(value));
  values.exact = second.exact(hidden);

  x.resize(static_cast<size_t>(layout.rows * problem.inputs));
  values.buffers.push_back(bytes_of_values(x));
  SKALD_TRY(Bytes weights,
            plan::pack_feed_forward(problem, {first.weights, first.parameters, second.weights, second.parameters}));
  values.buffers.push_back(std::move(weights));
  values.outputs = [count = problem.rows * problem.outputs](const std::vector<Bytes>& buffers) {
    return numbers_of(buffers[2], Element::kI8, 0, count);
  };
  return values;
}

}  // namespace

void add_feed_forward_cases(Cases& cases) {
  for (const unsigned seed : {1U, 2U}) {
    cases.push_back({.op = "feed_forward",
                     .name = fmt::format("i8 128x512x2048x512{}", seed == 1 ? "" : ", seed 2"),
                     .plan = [] { return plan_fused(block_of(128)); },
                     .values = [seed] { return values(block_of(128), seed); },
                     .seed = seed});
  }
  cases.push_back({.op = "feed_forward",
                   .name = "i8 1500x512x2048x512",
                   .plan = [] { return plan_fused(block_of(1500)); },
                   .values = {}});
  cases.push_back({.op = "feed_forward",
                   .name = "i8 1500x512x2048x512 as two products",
                   .plan = [] { return plan_products(block_of(1500)); },
                   .values = {}});
}

}  // namespace skald::npu::suite
