#include "base/random.h"

#include <gtest/gtest.h>

namespace skald {
namespace {

TEST(KeyedRandom, SameKeySameStreamOtherKeyOtherStream) {
  KeyedRandom a(1, 2, 3);
  KeyedRandom b(1, 2, 3);
  KeyedRandom other_seed(2, 2, 3);
  KeyedRandom other_window(1, 3, 3);
  KeyedRandom other_attempt(1, 2, 4);
  for (int i = 0; i < 100; ++i) {
    const double x = a.uniform();
    EXPECT_EQ(x, b.uniform());
    EXPECT_NE(x, other_seed.uniform());
    EXPECT_NE(x, other_window.uniform());
    EXPECT_NE(x, other_attempt.uniform());
  }
}

TEST(KeyedRandom, IsUniform) {
  constexpr int kDraws = 100000;
  KeyedRandom random(7, 0, 0);
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random.uniform();
    ASSERT_GE(x, 0);
    ASSERT_LT(x, 1);
    sum += x;
    squares += x * x;
  }
  // Five standard deviations of the mean of n uniform numbers, sqrt(1/12/n), and of their squares, sqrt(4/45/n).
  EXPECT_NEAR(0.5, sum / kDraws, 5 * 0.2887 / 316.2);
  EXPECT_NEAR(1.0 / 3, squares / kDraws, 5 * 0.2981 / 316.2);
}

}  // namespace
}  // namespace skald
