// Alignment of tokens on made-up costs and scores, each against what a person works out.

#include "decode/alignment.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace skald::decode {
namespace {

TEST(Alignment, PathFollowsTheCheapCells) {
  // Row r is cheap at positions 2r and 2r + 1.
  const std::vector<double> costs{-1, -1, 1,  1,  1,  1,  //
                                  1,  1,  -1, -1, 1,  1,  //
                                  1,  1,  1,  1,  -1, -1};
  EXPECT_EQ(first_positions(costs, 3, 6), (std::vector<int>{0, 2, 4}));
}

TEST(Alignment, TiesGoOnByAPosition) {
  // All paths cost the same: from the last corner back, a position at a time while that is possible.
  EXPECT_EQ(first_positions(std::vector<double>(9, 0.0), 3, 3), (std::vector<int>{0, 0, 0}));
}

TEST(Alignment, MoreRowsThanPositions) {
  const std::vector<double> costs{-1, 1,  //
                                  -1, 1,  //
                                  1,  -1};
  EXPECT_EQ(first_positions(costs, 3, 2), (std::vector<int>{0, 0, 1}));
}

TEST(Alignment, OneRowBeginsAtTheStart) {
  EXPECT_EQ(first_positions(std::vector<double>{3, 2, 1}, 1, 3), (std::vector<int>{0}));
}

/// Scores with a peak of `width` positions around position (row + 1/2) * `apart`, for `heads` heads.
model::Attention peaks(int heads, int tokens, int positions, int apart, int width) {
  model::Attention attention{.heads = heads, .tokens = tokens, .positions = positions, .scores = {}, .token_probs = {}};
  for (int head = 0; head < heads; ++head) {
    for (int token = 0; token < tokens; ++token) {
      for (int position = 0; position < positions; ++position) {
        const double off = std::abs(position + 0.5 - (token + 0.5) * apart);
        attention.scores.push_back(off < width / 2.0 ? 5.0F : 0.0F);
      }
    }
  }
  return attention;
}

TEST(Alignment, CostsAreLowWhereHeadsLook) {
  const model::Attention attention = peaks(2, 4, 40, 10, 10);
  const std::vector<double> costs = alignment_costs(attention, 40);
  for (int token = 0; token < 4; ++token) {
    EXPECT_LT(costs[static_cast<size_t>(token * 40 + token * 10 + 5)], -1.0);
    EXPECT_GT(costs[static_cast<size_t>(token * 40 + (token * 10 + 25) % 40)], 0.0);
  }
  EXPECT_EQ(first_positions(costs, 4, 40), (std::vector<int>{0, 10, 20, 30}));
}

TEST(Alignment, PositionsAfterTheContentDoNotCount) {
  // Everything is at positions that are cut off: the softmax over the rest is flat, the costs are all 0.
  model::Attention attention = peaks(1, 3, 20, 1, 1);
  for (float& score : attention.scores) score = 0;
  for (size_t token = 0; token < 3; ++token) attention.scores[token * 20 + 15 + token] = 50;
  for (const double cost : alignment_costs(attention, 10)) EXPECT_EQ(cost, 0);
}

TEST(Alignment, MedianTakesOutSingleSpikes) {
  // A single position is less than half of seven: it vanishes; four in a row stay.
  model::Attention attention = peaks(1, 2, 30, 30, 0);
  attention.scores[10] = 20;
  for (size_t i = 0; i < 4; ++i) attention.scores[30 + 20 + i] = 20;
  const std::vector<double> costs = alignment_costs(attention, 30);
  const double background = costs[0];
  EXPECT_NEAR(costs[10], background, 1e-6);
  EXPECT_LT(costs[30 + 21], costs[30]);
}

}  // namespace
}  // namespace skald::decode
