// Planned attention, run on the simulated array, against softmax(q k^T / 8) v in double.

#include "npu/plan/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "base/half.h"
#include "npu/program/verify.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/sim/simulation.h"
#include "npu/suite/lookups.h"

namespace skald::npu::plan {
namespace {

constexpr int64_t kWidth = kAttentionBlock;

/// A row-major array of bfloat16: normal in its first rows, zeros in those that fill blocks.
std::vector<uint16_t> normal(int64_t rows, int64_t whole_rows, int64_t columns, double deviation, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> draw(0, deviation);
  std::vector<uint16_t> values(static_cast<size_t>(whole_rows * columns));
  for (int64_t i = 0; i < rows * columns; ++i) {
    values[static_cast<size_t>(i)] = f32_to_bf16(static_cast<float>(draw(generator)));
  }
  return values;
}

double number(const std::vector<uint16_t>& array, int64_t width, int64_t row, int64_t column) {
  return bf16_to_f32(array[static_cast<size_t>(row * width + column)]);
}

struct Arrays {
  std::vector<uint16_t> q;
  std::vector<uint16_t> kv;
  std::vector<uint16_t> y;
};

/// One query of one head, in double: its outputs, and the sum of |weight value| for the error's bound.
struct Exact {
  std::vector<double> y = std::vector<double>(kWidth);
  std::vector<double> size = std::vector<double>(kWidth);
};

Exact exact(const AttentionProblem& the, const Arrays& arrays, int64_t head, int64_t query) {
  const int64_t keys = the.causal ? query + the.keys - the.queries + 1 : the.keys;
  std::vector<double> scores(static_cast<size_t>(keys));
  double highest = -1e300;
  for (int64_t key = 0; key < keys; ++key) {
    double score = 0;
    for (int64_t d = 0; d < kWidth; ++d) {
      score += number(arrays.q, the.query_width, query, the.query_first + head * kWidth + d) *
               number(arrays.kv, the.key_width, key, the.key_first + head * kWidth + d);
    }
    scores[static_cast<size_t>(key)] = score / 8;
    highest = std::max(highest, score / 8);
  }
  double sum = 0;
  Exact made;
  for (int64_t key = 0; key < keys; ++key) {
    const double weight = std::exp(scores[static_cast<size_t>(key)] - highest);
    sum += weight;
    for (int64_t d = 0; d < kWidth; ++d) {
      const double term = weight * number(arrays.kv, the.key_width, key, the.value_first + head * kWidth + d);
      made.y[static_cast<size_t>(d)] += term;
      made.size[static_cast<size_t>(d)] += std::abs(term);
    }
  }
  for (int64_t d = 0; d < kWidth; ++d) {
    made.y[static_cast<size_t>(d)] /= sum;
    made.size[static_cast<size_t>(d)] /= sum;
  }
  return made;
}

struct Difference {
  double most_of_bound = 0;  ///< largest error over its bound
  double correlation = 0;
};

/// With q and k of deviation 1 a score has deviation 1 and is at most about 5. A query rounded to bfloat16 after
/// scaling moves each product by 2^-9 of it at most, so a score by 2^-9 sum |q k| / 8 <= 2^-9 |q| |k| / 8 = 2^-9 * 8 or
/// so; this and rounding of weights (2^-9, 1.5e-4) is what a weight is wrong by; the output's own rounding is 2^-9 of
/// it.
Difference difference(const AttentionProblem& the, const Arrays& arrays) {
  constexpr double kWeight = 8.0 / 512 + 1.0 / 512 + 2e-4;
  Difference made;
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (int64_t head = 0; head < the.heads; ++head) {
    for (int64_t query = 0; query < the.queries; query += the.queries > 200 ? 37 : 1) {
      const Exact want = exact(the, arrays, head, query);
      for (int64_t d = 0; d < kWidth; ++d) {
        const double expected = want.y[static_cast<size_t>(d)];
        const double found = number(arrays.y, the.heads * kWidth, query, head * kWidth + d);
        const double bound = 2 * kWeight * want.size[static_cast<size_t>(d)] + std::abs(expected) / 256;
        made.most_of_bound = std::max(made.most_of_bound, std::abs(found - expected) / bound);
        xx += expected * expected;
        yy += found * found;
        xy += expected * found;
      }
    }
  }
  made.correlation = xy / std::sqrt(xx * yy);
  return made;
}

struct AttentionRun {
  sim::Report report;
  Arrays arrays;
};

Result<AttentionRun> run_attention(const AttentionProblem& the, const Spread& spread, unsigned seed) {
  SKALD_TRY(const AttentionLayout layout, attention_layout(the, spread));
  SKALD_TRY(const Program program, plan_attention(the, spread, "npu1"));
  for (const Violation& violation : verify(program, catalogue_lookup())) ADD_FAILURE() << to_string(violation);
  AttentionRun ran;
  ran.arrays.q = normal(the.queries, layout.queries, the.query_width, 1, seed);
  ran.arrays.kv = normal(the.keys, layout.keys, the.key_width, 1, seed + 1);
  ran.arrays.y.resize(static_cast<size_t>(layout.queries * the.heads * kWidth));
  SKALD_TRY(const auto simulation, sim::Simulation::load(program, sim::catalogue_kernels(), {}));
  const auto bytes = [](std::vector<uint16_t>& values) { return std::as_writable_bytes(std::span(values)); };
  const std::vector<std::span<std::byte>> arguments{bytes(ran.arrays.q), bytes(ran.arrays.kv), bytes(ran.arrays.y)};
  SKALD_TRY(ran.report, simulation->launch(arguments));
  EXPECT_EQ(ran.report.macs, layout.macs);
  EXPECT_EQ(ran.report.pushes, 3 * layout.items);
  return ran;
}

/// Queries of one array, keys and values of another.
AttentionProblem cross(int64_t heads, int64_t queries, int64_t keys, bool causal = false) {
  const int64_t width = heads * kWidth;
  return {.heads = heads,
          .queries = queries,
          .keys = keys,
          .causal = causal,
          .query_width = width,
          .key_width = 2 * width,
          .value_first = width};
}

TEST(PlanAttention, IsSoftmaxOfScores) {
  struct Shape {
    AttentionProblem problem;
    Spread spread;
  };
  const std::vector<Shape> shapes{
      {cross(1, 64, 64), {.rows = 1, .columns = 1}},
      {cross(2, 50, 200), {.rows = 1, .columns = 1}},
      {cross(1, 70, 300), {.rows = 4, .columns = 1}},
      {cross(3, 300, 130), {.rows = 4, .columns = 2}},
      {self_attention(4, 130, false), {}},
      {self_attention(2, 200, true), {.rows = 1, .columns = 1}},
      {self_attention(4, 300, true), {.rows = 2}},
      {cross(2, 20, 100, true), {.rows = 1, .columns = 2}},
      {self_attention(6, 100, false), {.rows = 2, .columns = 4}},
  };
  for (const Shape& shape : shapes) {
    const auto ran = run_attention(shape.problem, shape.spread, 5);
    ASSERT_TRUE(ran) << to_string(ran.error());
    const Difference found = difference(shape.problem, ran->arrays);
    EXPECT_LE(found.most_of_bound, 1) << shape.problem.heads << " heads " << shape.problem.queries << " queries "
                                      << shape.problem.keys << " keys, causal " << shape.problem.causal;
    EXPECT_GE(found.correlation, 0.9999);
  }
}

TEST(PlanAttention, Refuses) {
  EXPECT_EQ(plan_attention(cross(0, 1, 1), {}, "npu1").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(plan_attention(cross(1, 2, 1, true), {}, "npu1").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(plan_attention(cross(3, 64, 64, true), {}, "npu1").error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(plan_attention(cross(1, 64, 64 * 65), {}, "npu1").error().code, ErrorCode::kUnsupported);
  AttentionProblem narrow = cross(2, 64, 64);
  narrow.key_width = 64;
  EXPECT_EQ(plan_attention(narrow, {}, "npu1").error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace skald::npu::plan
