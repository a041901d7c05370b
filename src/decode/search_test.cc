// Greedy, best-of and beam search fed with distributions by hand; ranking of what they find.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "decode/beam.h"
#include "decode/greedy.h"
#include "decode/ranking.h"
#include "decode/testing/scripted_decoder.h"
#include "decode/testing/tokens.h"

namespace skald::decode {
namespace {

using testing::kEot;

class SearchTest : public ::testing::Test {
 protected:
  SlotHandle start(int slots) {
    EXPECT_TRUE(decoder_.reserve(slots, 1));
    auto slot = SlotHandle::open(decoder_, audio_, 0);
    EXPECT_TRUE(slot);
    return *std::move(slot);
  }
  static Distribution likely(std::vector<Scored> best) {
    Distribution next;
    next.best = std::move(best);
    return next;
  }
  static BeamParams beam(int size, int candidates, int max_tokens) {
    return {.beam_size = size, .max_candidates = candidates, .max_tokens = max_tokens, .end_of_text = kEot};
  }
  using Tokens = std::vector<int32_t>;

  testing::ScriptedAudio audio_{{0}};
  testing::ScriptedDecoder decoder_{*text::special_tokens(51864), 448, {}};
};

TEST_F(SearchTest, GreedyTakesTheBestUntilTheEnd) {
  GreedySearch search({.max_tokens = 10, .end_of_text = kEot}, start(1));
  EXPECT_FALSE(search.wants_logits());
  ASSERT_TRUE(search.advance(std::array{likely({{7, -0.5F}})}));
  ASSERT_TRUE(search.advance(std::array{likely({{8, -0.25F}})}));
  ASSERT_EQ(search.running().size(), 1U);
  EXPECT_EQ(search.running()[0].sampled, (Tokens{7, 8}));
  ASSERT_TRUE(search.advance(std::array{likely({{kEot, -1.0F}})}));
  EXPECT_TRUE(search.running().empty());
  EXPECT_EQ(decoder_.open_slots(), 0);
  const auto found = search.finish();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].tokens, (Tokens{7, 8}));
  EXPECT_EQ(found[0].sum_logprob, -1.75F);  // end-of-text counts
}

TEST_F(SearchTest, GreedyStopsAtTheLimit) {
  GreedySearch search({.max_tokens = 2, .end_of_text = kEot}, start(1));
  ASSERT_TRUE(search.advance(std::array{likely({{7, -0.5F}})}));
  ASSERT_TRUE(search.advance(std::array{likely({{8, -0.5F}})}));
  EXPECT_TRUE(search.running().empty());
  EXPECT_EQ(search.finish()[0].tokens, (Tokens{7, 8}));
}

TEST_F(SearchTest, NothingToSampleIsAnError) {
  GreedySearch greedy({.max_tokens = 2, .end_of_text = kEot}, start(1));
  const auto done = greedy.advance(std::array{likely({})});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(done.error().where, "suppress-tokens");
  EXPECT_EQ(decoder_.open_slots(), 0);
  BeamSearch beams(beam(2, 2, 5), start(2));
  EXPECT_FALSE(beams.advance(std::array{likely({})}));
}

TEST_F(SearchTest, SamplesAreIndependentAndShareTheFirstStep) {
  // Two tokens of equal weight, end-of-text suppressed by its logit: 16 members of 3 tokens each.
  std::vector<float> logits(51864, -std::numeric_limits<float>::infinity());
  logits[10] = logits[20] = 0;
  const std::vector<uint64_t> mask((logits.size() + 63) / 64);
  Distribution next;
  next.log_sum_exp = std::log(2.0);
  next.mask = mask;
  next.logits = logits;
  GreedySearch search({.temperature = 1, .group = 16, .max_tokens = 3, .end_of_text = kEot, .seed = 1}, start(16));
  ASSERT_EQ(search.running().size(), 1U);
  for (int step = 0; step < 3; ++step) {
    ASSERT_TRUE(search.advance(std::vector<Distribution>(search.running().size(), next)));
    ASSERT_EQ(search.running().size(), step < 2 ? 16U : 0U);
  }
  const auto found = search.finish();
  ASSERT_EQ(found.size(), 16U);
  std::set<Tokens> different;
  for (const Sequence& sequence : found) {
    EXPECT_NEAR(sequence.sum_logprob, -3 * std::log(2.0), 1e-6);  // log-probabilities know no temperature
    different.insert(sequence.tokens);
  }
  // 16 draws out of 8 equally likely sequences: 4 or fewer different ones have a chance below 1e-3.
  EXPECT_GT(different.size(), 4U);
  EXPECT_EQ(decoder_.open_slots(), 0);
}

TEST_F(SearchTest, SampledSequencesEndOneByOneAndKeepTheirPlace) {
  std::vector<float> logits(51864, -std::numeric_limits<float>::infinity());
  logits[10] = 0;
  logits[kEot] = 0;
  const std::vector<uint64_t> mask((logits.size() + 63) / 64);
  Distribution next;
  next.log_sum_exp = std::log(2.0);
  next.mask = mask;
  next.logits = logits;
  const GreedyParams params{.temperature = 0.5, .group = 8, .max_tokens = 50, .end_of_text = kEot, .seed = 3};
  GreedySearch search(params, start(8));
  int steps = 0;
  while (!search.running().empty()) {
    ASSERT_EQ(decoder_.open_slots(), static_cast<int>(search.running().size()));
    ASSERT_TRUE(search.advance(std::vector<Distribution>(search.running().size(), next)));
    ASSERT_LT(++steps, 50);
  }
  const auto found = search.finish();
  for (size_t member = 0; member < found.size(); ++member) {
    // Each member alone, by its own stream: heads go on, tails end.
    KeyedRandom random(3, 0, member);
    size_t length = 0;
    while (random.uniform() < 0.5) ++length;
    EXPECT_EQ(found[member].tokens.size(), length) << member;
  }
}

TEST_F(SearchTest, BeamKeepsTheBestSums) {
  BeamSearch search(beam(2, 2, 10), start(2));
  EXPECT_EQ(search.candidates(), 3U);
  ASSERT_TRUE(search.advance(std::array{likely({{1, -0.5F}, {2, -1.0F}, {3, -2.0F}})}));
  ASSERT_EQ(search.running().size(), 2U);
  EXPECT_EQ(search.running()[0].sampled, Tokens{1});
  EXPECT_EQ(search.running()[1].sampled, Tokens{2});
  // Both survivors extend the first; the second's slot is closed.
  const model::Slot first = search.running()[0].slot.get();
  ASSERT_TRUE(search.advance(
      std::array{likely({{4, -0.25F}, {5, -0.75F}, {6, -9.0F}}), likely({{7, -1.0F}, {8, -2.0F}, {9, -3.0F}})}));
  ASSERT_EQ(search.running().size(), 2U);
  EXPECT_EQ(search.running()[0].sampled, (Tokens{1, 4}));
  EXPECT_EQ(search.running()[0].sum_logprob, -0.75F);
  EXPECT_EQ(search.running()[1].sampled, (Tokens{1, 5}));
  EXPECT_EQ(search.running()[1].sum_logprob, -1.25F);
  EXPECT_EQ(search.running()[1].slot.get(), first);  // its last follower keeps the slot
  EXPECT_EQ(decoder_.open_slots(), 2);
  EXPECT_EQ(decoder_.most_slots(), 2);
}

TEST_F(SearchTest, EqualSumsKeepTheOrderOfTheCandidates) {
  BeamSearch search(beam(2, 2, 10), start(2));
  ASSERT_TRUE(search.advance(std::array{likely({{1, -1.0F}, {2, -1.0F}, {3, -1.0F}})}));
  EXPECT_EQ(search.running()[0].sampled, Tokens{1});
  EXPECT_EQ(search.running()[1].sampled, Tokens{2});
  ASSERT_TRUE(search.advance(std::array{likely({{4, -1.0F}, {5, -2.0F}}), likely({{6, -1.0F}, {7, -1.0F}})}));
  EXPECT_EQ(search.running()[0].sampled, (Tokens{1, 4}));
  EXPECT_EQ(search.running()[1].sampled, (Tokens{2, 6}));
}

TEST_F(SearchTest, OnlyEndsAboveTheLastSavedBeamFinish) {
  BeamSearch search(beam(1, 3, 10), start(1));
  ASSERT_TRUE(search.advance(std::array{likely({{1, -0.5F}, {kEot, -0.6F}})}));  // below the saved one: lost
  ASSERT_TRUE(search.advance(std::array{likely({{kEot, -0.5F}, {2, -0.6F}})}));  // above: finished
  ASSERT_TRUE(search.advance(std::array{likely({{kEot, -0.5F}, {3, -0.6F}})}));
  ASSERT_FALSE(search.running().empty());
  ASSERT_TRUE(search.advance(std::array{likely({{kEot, -0.5F}, {4, -0.6F}})}));
  EXPECT_TRUE(search.running().empty());  // three are finished
  EXPECT_EQ(decoder_.open_slots(), 0);
  const auto found = search.finish();
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].tokens, Tokens{1});
  EXPECT_EQ(found[0].sum_logprob, -1.0F);
  EXPECT_EQ(found[1].tokens, (Tokens{1, 2}));
  EXPECT_EQ(found[2].tokens, (Tokens{1, 2, 3}));
}

TEST_F(SearchTest, FinishedCandidatesAreNotReplaced) {
  BeamSearch search(beam(2, 1, 10), start(2));
  ASSERT_TRUE(search.advance(std::array{likely({{1, -0.5F}, {2, -0.6F}, {3, -5.0F}})}));
  // Both end above the second saved beam; there is room for the better one only.
  ASSERT_TRUE(search.advance(
      std::array{likely({{kEot, -0.5F}, {4, -1.0F}, {5, -2.0F}}), likely({{kEot, -0.1F}, {6, -3.0F}, {7, -4.0F}})}));
  EXPECT_TRUE(search.running().empty());
  const auto found = search.finish();
  ASSERT_EQ(found.size(), 2U);  // one finished, and the best unfinished one up to the beam size
  EXPECT_EQ(found[0].tokens, Tokens{2});
  EXPECT_EQ(found[1].tokens, (Tokens{1, 4}));
}

TEST_F(SearchTest, UnfinishedBeamsFillUpBestFirstLaterOfEquals) {
  BeamSearch search(beam(3, 3, 1), start(3));
  ASSERT_TRUE(search.advance(std::array{likely({{kEot, -0.1F}, {1, -1.0F}, {2, -1.0F}, {3, -2.0F}})}));
  EXPECT_TRUE(search.running().empty());
  EXPECT_EQ(decoder_.most_slots(), 1);  // the last step forks nothing
  const auto found = search.finish();
  ASSERT_EQ(found.size(), 3U);
  EXPECT_TRUE(found[0].tokens.empty());
  EXPECT_EQ(found[1].tokens, Tokens{2});
  EXPECT_EQ(found[2].tokens, Tokens{1});
}

TEST_F(SearchTest, FewerCandidatesThanBeamsAreFine) {
  BeamSearch search(beam(3, 3, 10), start(3));
  ASSERT_TRUE(search.advance(std::array{likely({{1, -1.0F}})}));
  ASSERT_EQ(search.running().size(), 1U);
  ASSERT_TRUE(search.advance(std::array{likely({{kEot, -1.0F}})}));
  EXPECT_TRUE(search.running().empty());
  ASSERT_EQ(search.finish().size(), 1U);
}

TEST(Ranking, MeanLogProbability) {
  const std::vector<Sequence> sequences = {{{1, 2}, -3.0F}, {{1, 2, 3, 4}, -4.0F}, {{1}, -1.0F}};
  EXPECT_EQ(rank_score(sequences[0], std::nullopt), -1.5);
  EXPECT_EQ(best_sequence(sequences, std::nullopt), 1U);  // -1.0 twice: the first
}

TEST(Ranking, LengthPenalty) {
  const Sequence sequence{{1, 2, 3, 4, 5, 6, 7}, -4.0F};
  EXPECT_DOUBLE_EQ(rank_score(sequence, 0.0), -4.0);
  EXPECT_DOUBLE_EQ(rank_score(sequence, 1.0), -2.0);  // (5 + 7) / 6
  EXPECT_DOUBLE_EQ(rank_score(sequence, 0.5), -4.0 / std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(rank_score({{}, -1.0F}, 1.0), -1.2);  // 5 / 6
}

TEST(Ranking, EmptySequencesLose) {
  EXPECT_EQ(best_sequence(std::vector<Sequence>{{{}, 0.0F}, {{1}, -50.0F}}, std::nullopt), 1U);
  EXPECT_EQ(best_sequence(std::vector<Sequence>{{{}, -1.0F}}, std::nullopt), 0U);
}

}  // namespace
}  // namespace skald::decode
