#include "decode/loops.h"

#include <gtest/gtest.h>

#include <vector>

namespace skald::decode {
namespace {

constexpr int32_t kTime = 1000;  // timestamps from here on

using Tokens = std::vector<int32_t>;

Tokens repeated(Tokens head, const Tokens& phrase, int times) {
  for (int i = 0; i < times; ++i) head.insert(head.end(), phrase.begin(), phrase.end());
  return head;
}

TEST(Loops, OneCopyStays) {
  EXPECT_EQ(5U, without_loop(repeated({9, 8}, {1, 2, 3}, 8), kTime, 6));
  EXPECT_EQ(5U, without_loop(repeated({9, 8}, {1, 2, 3}, 9), kTime, 8));
  EXPECT_EQ(1U, without_loop(repeated({}, {7}, 24), kTime, 6));
}

TEST(Loops, ACopyThatHasOnlyBegunGoesToo) {
  Tokens text = repeated({9, 8}, {1, 2, 3, 4}, 6);
  text.push_back(1);
  EXPECT_EQ(6U, without_loop(text, kTime, 6));
}

TEST(Loops, FewOrShortCopiesAreSpeech) {
  for (const Tokens& text : {repeated({9}, {1, 2, 3, 4, 5, 6}, 5), repeated({9}, {1, 2}, 11), Tokens{}, Tokens{1}}) {
    EXPECT_EQ(text.size(), without_loop(text, kTime, 6));
  }
  EXPECT_EQ(100U, without_loop(Tokens(100, 1), kTime, 0));
  EXPECT_EQ(100U, without_loop(Tokens(100, 1), kTime, 1));
}

TEST(Loops, ALoopThatHasEndedStays) {
  Tokens text = repeated({}, {1, 2, 3}, 10);
  text.insert(text.end(), {4, 5});
  EXPECT_EQ(text.size(), without_loop(text, kTime, 6));
}

TEST(Loops, TimestampsBetweenCopiesDoNotCount) {
  Tokens text = {kTime};
  for (int i = 0; i < 8; ++i) text.insert(text.end(), {1, 2, 3, kTime + 2 * i + 1, kTime + 2 * i + 1});
  EXPECT_EQ(5U, without_loop(text, kTime, 6));  // <0> 1 2 3 <1>
}

TEST(Loops, OnlyTheLastTokensAreLookedAt) {
  EXPECT_EQ(1000U - 223, without_loop(Tokens(1000, 1), kTime, 6));
}

}  // namespace
}  // namespace skald::decode
