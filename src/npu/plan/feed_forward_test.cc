// Planned feed-forward blocks, run on the simulated array, against plain integers.

#include "npu/plan/feed_forward.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "npu/kernels/catalogue.h"
#include "npu/kernels/layout.h"
#include "npu/program/verify.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/sim/simulation.h"
#include "npu/suite/lookups.h"
#include "npu/suite/suite_values.h"

namespace skald::npu::plan {
namespace {

using suite::random_integers;
using suite::requantised_i8;

/// One of the two products, and what follows it.
struct Layer {
  Layer(int64_t width_in, int64_t width_out, const RequantiseShifts& by, unsigned seed)
      : width(width_out),
        shifts(by),
        weights(random_integers<int8_t>(width_in * width_out, -128, 127, seed)),
        bias(random_integers<int32_t>(width_out, -20000, 20000, seed + 1)),
        factors(random_integers<int16_t>(width_out, 60, 300, seed + 2)),
        parameters(static_cast<size_t>(requantise_parameter_bytes(width_out))) {
    pack_requantise_parameters(bias, factors, parameters.data());
  }

  std::vector<int8_t> operator()(const std::vector<int8_t>& x) const {
    const size_t columns = static_cast<size_t>(width);
    const size_t depth = weights.size() / columns;
    std::vector<int8_t> y;
    for (size_t row = 0; row < x.size() / depth; ++row) {
      std::vector<int64_t> sums(bias.begin(), bias.end());
      for (size_t k = 0; k < depth; ++k) {
        for (size_t n = 0; n < columns; ++n) sums[n] += x[row * depth + k] * weights[k * columns + n];
      }
      for (size_t n = 0; n < columns; ++n) {
        y.push_back(static_cast<int8_t>(requantised_i8(sums[n], factors[n], shifts.down, shifts.shift)));
      }
    }
    return y;
  }

  int64_t width;
  RequantiseShifts shifts;
  std::vector<int8_t> weights;
  std::vector<int32_t> bias;
  std::vector<int16_t> factors;
  std::vector<std::byte> parameters;
};

TEST(PlanFeedForward, IsExact) {
  constexpr RequantiseShifts kShifts{.down = 5, .shift = 13};
  const std::vector<FeedForwardProblem> problems{
      {.rows = 128, .inputs = 64, .hidden = 128, .outputs = 128, .first = kShifts, .second = kShifts},
      {.rows = 300, .inputs = 128, .hidden = 384, .outputs = 256, .first = kShifts, .second = kShifts},
      {.rows = 1, .inputs = 384, .hidden = 1536, .outputs = 384, .first = kShifts, .second = kShifts},
  };
  for (const FeedForwardProblem& problem : problems) {
    SCOPED_TRACE(plan_feed_forward(problem, "npu1").value().name);
    const FeedForwardLayout layout = feed_forward_layout(problem).value();
    const Program program = plan_feed_forward(problem, "npu1").value();
    for (const Violation& violation : verify(program, catalogue_lookup())) ADD_FAILURE() << to_string(violation);
    const Layer first(problem.inputs, problem.hidden, problem.first, 1);
    const Layer second(problem.hidden, problem.outputs, problem.second, 4);
    auto x = random_integers<int8_t>(problem.rows * problem.inputs, -128, 127, 7);
    std::vector<int8_t> hidden = first(x);
    for (int8_t& value : hidden) value = gelu_i8_entry(value);
    const std::vector<int8_t> want = second(hidden);

    x.resize(static_cast<size_t>(layout.rows * problem.inputs));
    std::vector<std::byte> weights =
        pack_feed_forward(problem, {first.weights, first.parameters, second.weights, second.parameters}).value();
    std::vector<int8_t> y(static_cast<size_t>(layout.rows * problem.outputs));
    const auto simulation = sim::Simulation::load(program, sim::catalogue_kernels(), {}).value();
    const std::vector<std::span<std::byte>> arguments{std::as_writable_bytes(std::span(x)), weights,
                                                      std::as_writable_bytes(std::span(y))};
    const auto report = simulation->launch(arguments);
    ASSERT_TRUE(report) << to_string(report.error());
    EXPECT_EQ(layout.macs, report->macs);
    EXPECT_EQ(16, report->pushes);
    y.resize(want.size());
    EXPECT_EQ(want, y);
    // The case is no saturated one, and not one of zeros.
    EXPECT_GT(std::ranges::count_if(want, [](int8_t v) { return v != 0 && v != 127 && v != -128; }),
              std::ssize(want) / 2);
  }
}

TEST(PlanFeedForward, Refuses) {
  const auto code = [](const FeedForwardProblem& problem) { return plan_feed_forward(problem, "npu1").error().code; };
  EXPECT_EQ(ErrorCode::kInvalidArgument, code({.rows = 0, .inputs = 64, .hidden = 128, .outputs = 128}));
  EXPECT_EQ(ErrorCode::kUnsupported, code({.rows = 1, .inputs = 96, .hidden = 128, .outputs = 128}));
  EXPECT_EQ(ErrorCode::kUnsupported, code({.rows = 1, .inputs = 64, .hidden = 128, .outputs = 1024}));
  EXPECT_EQ(ErrorCode::kUnsupported, code({.rows = 1, .inputs = 1024, .hidden = 128, .outputs = 128}));
  EXPECT_EQ(ErrorCode::kUnsupported, code({.rows = 128 * 65, .inputs = 64, .hidden = 128, .outputs = 128}));
  const FeedForwardProblem problem{.rows = 1, .inputs = 64, .hidden = 128, .outputs = 128};
  EXPECT_EQ(ErrorCode::kInvalidArgument, pack_feed_forward(problem, {}).error().code);
}

}  // namespace
}  // namespace skald::npu::plan
