#include "decode/rules.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "decode/testing/tokens.h"

namespace skald::decode {
namespace {

using testing::kBegin;
using testing::kEot;

constexpr float kNothing = -std::numeric_limits<float>::infinity();
constexpr int32_t kNoTimestamps = 50362;
constexpr int32_t kVocab = 51864;
constexpr int32_t kBlank = 220;  // " "

class RulesTest : public ::testing::Test {
 protected:
  static const text::Tokenizer& tokenizer() {
    static const auto loaded = text::Tokenizer::load(std::nullopt, kVocab);
    return *loaded;
  }

  /// Suppressed ids after `sampled`.
  std::vector<bool> suppressed(const std::vector<int32_t>& sampled) const {
    const Rules rules(settings_, tokenizer());
    std::vector<uint64_t> mask((kVocab + 63) / 64, ~uint64_t{0});  // leftovers of an earlier step must not stay
    rules.mask(sampled, mask);
    std::vector<bool> result(kVocab);
    for (size_t v = 0; v < kVocab; ++v) result[v] = ((mask[v / 64] >> (v % 64)) & 1U) != 0;
    return result;
  }
  /// Whether exactly the ids in `ranges` (first, last) are suppressed.
  void expect_suppressed(const std::vector<int32_t>& sampled,
                         const std::vector<std::pair<int32_t, int32_t>>& ranges) const {
    std::vector<bool> expected(kVocab);
    for (const auto& [first, last] : ranges) {
      for (int32_t v = first; v <= last; ++v) expected[static_cast<size_t>(v)] = true;
    }
    const auto actual = suppressed(sampled);
    for (size_t v = 0; v < kVocab; ++v) ASSERT_EQ(actual[v], expected[v]) << "token " << v;
  }

  Settings settings_;
};

TEST_F(RulesTest, BlankAndEndAreSuppressedAtTheFirstPositionOnly) {
  settings_.timestamps = false;
  expect_suppressed({}, {{kBlank, kBlank}, {kEot, kEot}});
  expect_suppressed({100}, {});
  settings_.suppress_blank = false;
  expect_suppressed({}, {});
}

TEST_F(RulesTest, SuppressListHoldsEverywhere) {
  settings_.timestamps = false;
  settings_.suppress_blank = false;
  settings_.suppress = {0, 63, 64, 127, kVocab - 1};
  const std::vector<std::pair<int32_t, int32_t>> list = {
      {0, 0}, {63, 63}, {64, 64}, {127, 127}, {kVocab - 1, kVocab - 1}};
  expect_suppressed({}, list);
  expect_suppressed({1, 2, 3}, list);
}

TEST_F(RulesTest, OnlyTheEndFollowsALoop) {
  std::vector<int32_t> loop = {kBegin};
  for (int i = 0; i < 8; ++i) loop.insert(loop.end(), {1, 2, 3});
  expect_suppressed(loop, {{kBegin, kBegin}, {kNoTimestamps, kNoTimestamps}});
  settings_.max_repeats = 8;
  expect_suppressed(loop, {{0, kEot - 1}, {kEot + 1, kVocab - 1}});
  settings_.max_repeats = 9;
  expect_suppressed(loop, {{kBegin, kBegin}, {kNoTimestamps, kNoTimestamps}});
}

TEST_F(RulesTest, FirstTokenIsATimestamp) {
  expect_suppressed({}, {{0, kBegin - 1}});
}

TEST_F(RulesTest, FirstTimestampIsLimited) {
  settings_.max_initial_timestamp = 50;
  expect_suppressed({}, {{0, kBegin - 1}, {kBegin + 51, kVocab - 1}});
  settings_.max_initial_timestamp = 0;
  expect_suppressed({}, {{0, kBegin - 1}, {kBegin + 1, kVocab - 1}});
  settings_.max_initial_timestamp = 1500;
  expect_suppressed({}, {{0, kBegin - 1}});
  settings_.max_initial_timestamp = 5000;  // beyond the last: no limit
  expect_suppressed({}, {{0, kBegin - 1}});
}

TEST_F(RulesTest, AfterTheFirstTimestampComesText) {
  expect_suppressed({kBegin + 7}, {{kNoTimestamps, kNoTimestamps}, {kBegin, kVocab - 1}});
}

TEST_F(RulesTest, TextMayBeFollowedByTextOrALaterTimestamp) {
  expect_suppressed({kBegin + 7, 500}, {{kNoTimestamps, kNoTimestamps}, {kBegin, kBegin + 7}});
}

TEST_F(RulesTest, WithoutATimestampYetAllAreAllowed) {
  expect_suppressed({500}, {{kNoTimestamps, kNoTimestamps}});
}

TEST_F(RulesTest, HalfAPairIsFollowedByItsOtherHalfOrTheEnd) {
  // The other half may repeat the time; text below end-of-text may not follow, the other specials are left alone.
  expect_suppressed({kBegin, 500, kBegin + 90}, {{0, kEot - 1}, {kNoTimestamps, kNoTimestamps}, {kBegin, kBegin + 89}});
}

TEST_F(RulesTest, AfterAPairComesTextOrTheEnd) {
  expect_suppressed({kBegin, 500, kBegin + 90, kBegin + 90}, {{kNoTimestamps, kNoTimestamps}, {kBegin, kVocab - 1}});
}

TEST_F(RulesTest, TextAfterAPairIsFollowedByAStrictlyLaterTimestamp) {
  expect_suppressed({kBegin, 500, kBegin + 90, kBegin + 90, 501},
                    {{kNoTimestamps, kNoTimestamps}, {kBegin, kBegin + 90}});
}

TEST_F(RulesTest, AfterTheLastTimestampNoneIsLeft) {
  expect_suppressed({kBegin, 500, kVocab - 1, kVocab - 1, 501}, {{kNoTimestamps, kNoTimestamps}, {kBegin, kVocab - 1}});
}

/// A device's answer with the given candidates, best first in each class.
struct Answer {
  std::vector<model::Candidate> text;
  std::vector<model::Candidate> timestamps;

  static float sum(const std::vector<model::Candidate>& top) {
    double total = 0;
    for (const auto& candidate : top) total += std::exp(static_cast<double>(candidate.logit));
    return static_cast<float>(std::log(total));
  }
  model::StepOut out() {
    return {.text = {.top = text, .log_sum_exp = sum(text)},
            .timestamps = {.top = timestamps, .log_sum_exp = sum(timestamps)},
            .no_speech_prob = 0};
  }
};

TEST_F(RulesTest, TimestampsThatOutweighTheBestTextSuppressText) {
  const Rules rules(settings_, tokenizer());
  // log(2 e^1) = 1.69: above the best text at 1.6, although no single timestamp is.
  Answer answer{{{5, 1.6F}, {6, 1.5F}}, {{kBegin, 1.0F}, {kBegin + 1, 1.0F}}};
  Distribution next;
  ASSERT_TRUE(rules.filter(answer.out(), 3, next));
  ASSERT_EQ(next.best.size(), 2U);
  EXPECT_EQ(next.first_allowed, kBegin);
  EXPECT_EQ(next.best[0].token, kBegin);
  EXPECT_EQ(next.best[1].token, kBegin + 1);
  EXPECT_NEAR(next.best[0].logprob, std::log(0.5), 1e-6);  // normalised over timestamps alone; a few 2^-24 off
}

TEST_F(RulesTest, TimestampsThatDoNotOutweighAreMerged) {
  const Rules rules(settings_, tokenizer());
  Answer answer{{{5, 1.7F}, {6, 0.5F}}, {{kBegin, 1.0F}, {kBegin + 1, 1.0F}}};
  Distribution next;
  ASSERT_TRUE(rules.filter(answer.out(), 3, next));
  ASSERT_EQ(next.best.size(), 3U);
  EXPECT_EQ(next.first_allowed, 0);
  EXPECT_EQ(next.best[0].token, 5);
  EXPECT_EQ(next.best[1].token, kBegin);
  EXPECT_EQ(next.best[2].token, kBegin + 1);
  const double total = std::log(std::exp(1.7) + std::exp(0.5) + 2 * std::exp(1.0));
  EXPECT_NEAR(next.best[0].logprob, 1.7 - total, 1e-6);
  EXPECT_NEAR(next.best[2].logprob, 1.0 - total, 1e-6);
}

TEST_F(RulesTest, WithoutTimestampRulesTheirMassDoesNotCount) {
  settings_.timestamps = false;
  const Rules rules(settings_, tokenizer());
  Answer answer{{{5, 1.6F}}, {{kBegin, 1.5F}, {kBegin + 1, 1.5F}}};
  Distribution next;
  ASSERT_TRUE(rules.filter(answer.out(), 1, next));
  EXPECT_EQ(next.best[0].token, 5);
}

TEST_F(RulesTest, EqualLogitsGoToTheLowerId) {
  settings_.timestamps = false;
  const Rules rules(settings_, tokenizer());
  Answer answer{{{5, 1.0F}, {6, 1.0F}}, {{kBegin, 1.0F}}};
  Distribution next;
  ASSERT_TRUE(rules.filter(answer.out(), 3, next));
  ASSERT_EQ(next.best.size(), 3U);
  EXPECT_EQ(next.best[0].token, 5);
  EXPECT_EQ(next.best[1].token, 6);
  EXPECT_EQ(next.best[2].token, kBegin);
}

TEST_F(RulesTest, SuppressedCandidatesAreDropped) {
  const Rules rules(settings_, tokenizer());
  Answer answer{{{5, 1.0F}, {-1, kNothing}}, {{-1, kNothing}, {-1, kNothing}}};
  Distribution next;
  ASSERT_TRUE(rules.filter(answer.out(), 4, next));
  ASSERT_EQ(next.best.size(), 1U);
  EXPECT_EQ(next.best[0].logprob, 0);
  Answer empty{{{-1, kNothing}}, {{-1, kNothing}}};
  ASSERT_TRUE(rules.filter(empty.out(), 4, next));
  EXPECT_TRUE(next.best.empty());
}

TEST_F(RulesTest, LogitsThatAreNotNumbersAreAnError) {
  const Rules rules(settings_, tokenizer());
  for (const float sum : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Answer answer{{{5, 1.0F}}, {{kBegin, 1.0F}}};
    model::StepOut out = answer.out();
    out.text.log_sum_exp = sum;
    Distribution next;
    const auto done = rules.filter(out, 1, next);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::kBadModel);
  }
}

}  // namespace
}  // namespace skald::decode
