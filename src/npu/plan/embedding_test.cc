// Gathered embeddings on the simulated array, against the sums of the tables' rows.

#include "npu/plan/embedding.h"

#include <gtest/gtest.h>

#include "npu/program/verify.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/sim/simulation.h"
#include "npu/suite/lookups.h"
#include "npu/suite/suite_values.h"

namespace skald::npu::plan {
namespace {

constexpr EmbeddingProblem kProblem{.vocabulary = 300, .positions = 40, .width = 256};

/// Sixteenths below 8: they and their sums are bfloat16.
std::vector<double> table(int64_t rows, unsigned seed) {
  const auto drawn = suite::random_integers<int16_t>(rows * kProblem.width, -60, 60, seed);
  std::vector<double> values(drawn.begin(), drawn.end());
  for (double& value : values) value /= 16;
  return values;
}

TEST(PlanEmbedding, RowsAreThoseOfTheTokens) {
  const std::vector<double> tokens = table(kProblem.vocabulary, 1);
  const std::vector<double> positions = table(kProblem.positions, 2);
  for (const size_t count : {size_t{1}, size_t{3}, size_t{4}, size_t{30}}) {
    std::vector<EmbeddedToken> rows;
    for (size_t i = 0; i < count; ++i) {
      rows.push_back({.token = static_cast<int32_t>(i * 97 % 300), .position = static_cast<int32_t>(i % 7 + 33)});
    }
    const auto program = plan_embedding(kProblem, rows, "npu1");
    ASSERT_TRUE(program) << to_string(program.error());
    for (const Violation& violation : verify(*program, catalogue_lookup())) ADD_FAILURE() << to_string(violation);
    auto token_bytes = suite::bf16_bytes(tokens);
    auto position_bytes = suite::bf16_bytes(positions);
    std::vector<std::byte> y(count * static_cast<size_t>(kProblem.width) * 2);
    const auto simulation = sim::Simulation::load(*program, sim::catalogue_kernels(), {}).value();
    const std::vector<std::span<std::byte>> arguments{token_bytes, position_bytes, y};
    ASSERT_TRUE(simulation->launch(arguments));
    const auto got = suite::numbers_of(y, Element::kBf16, 0, std::ssize(y) / 2);
    for (size_t i = 0; i < got.size(); ++i) {
      const auto column = i % static_cast<size_t>(kProblem.width);
      const EmbeddedToken& row = rows[i / static_cast<size_t>(kProblem.width)];
      const auto at = [&](int32_t index) {
        return static_cast<size_t>(index) * static_cast<size_t>(kProblem.width) + column;
      };
      ASSERT_EQ(tokens[at(row.token)] + positions[at(row.position)], got[i]) << i << " of " << count << " rows";
    }
  }
}

TEST(PlanEmbedding, Refuses) {
  const auto refused = [](const EmbeddingProblem& problem, std::vector<EmbeddedToken> rows) {
    return plan_embedding(problem, rows, "npu1").error().code;
  };
  EXPECT_EQ(ErrorCode::kInvalidArgument, refused(kProblem, {}));
  EXPECT_EQ(ErrorCode::kInvalidArgument, refused(kProblem, {{.token = 300}}));
  EXPECT_EQ(ErrorCode::kInvalidArgument, refused(kProblem, {{.token = -1}}));
  EXPECT_EQ(ErrorCode::kInvalidArgument, refused(kProblem, {{.token = 0, .position = 40}}));
  EXPECT_EQ(ErrorCode::kUnsupported, refused({.vocabulary = 300, .positions = 40, .width = 100}, {{}}));
}

}  // namespace
}  // namespace skald::npu::plan
