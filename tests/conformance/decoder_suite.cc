// What every decoder computes.

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/conformance/decoder_steps.h"
#include "tests/conformance/naive_whisper.h"

namespace skald::conformance {
namespace {

using model::Decoder;
using model::Slot;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::span<const double> row_of(const Matrix& m, int i) {
  return {m.row(i), static_cast<size_t>(m.width)};
}

void compare_with_naive(const Backend& backend, Decoder& decoder, const Model& model, const MadeUpAudio& audio) {
  const int length = std::min(12, model.dims().text_ctx);
  const auto tokens = some_tokens(model.dims().vocab, length, 1);
  const Matrix expected = NaiveWhisper(*model.checkpoint).decode(audio.states(0), audio.positions(), tokens);
  const double bound = tolerance(backend, decoder_depth(model.dims(), audio.positions()), expected.values);
  const Slot slot = open(decoder, audio, 0);
  const std::vector<int32_t> prompt(tokens.begin(), tokens.begin() + 5);
  expect_near(step(decoder, model.dims().vocab, {{slot, prompt}}).front().logits, row_of(expected, 4), bound);
  for (int i = 5; i < length; ++i) {
    const auto answers = step(decoder, model.dims().vocab, {{slot, {tokens[static_cast<size_t>(i)]}}});
    expect_near(answers.front().logits, row_of(expected, i), bound);
  }
  EXPECT_EQ(decoder.length(slot), length);
  decoder.close(slot);
}

TEST_P(DecoderConformance, MatchesNaive) {
  const auto small = decoder(small_model(), pool_, 2, 2);
  for (const int positions : {1, 10, 100, 1500}) {
    SCOPED_TRACE(positions);
    const MadeUpAudio audio(1, positions, small_model().dims().audio_state, 11);
    compare_with_naive(GetParam(), *small, small_model(), audio);
  }
  if (!GetParam().any_shape) return;
  const auto odd = decoder(odd_model(), pool_, 1, 1);
  for (const int positions : {1, 17, 30}) {
    SCOPED_TRACE(positions);
    const MadeUpAudio audio(1, positions, odd_model().dims().audio_state, 12);
    compare_with_naive(GetParam(), *odd, odd_model(), audio);
  }
}

TEST_P(DecoderConformance, FillsTheWholeContext) {
  const Model& model = small_model();
  const auto under_test = decoder(model, pool_, 1, 1);
  const MadeUpAudio audio(1, 20, model.dims().audio_state, 13);
  const auto tokens = some_tokens(model.dims().vocab, model.dims().text_ctx, 2);
  const Matrix expected = NaiveWhisper(*model.checkpoint).decode(audio.states(0), 20, tokens);
  const Slot slot = open(*under_test, audio, 0);
  const auto answers = step(*under_test, model.dims().vocab, {{slot, tokens}});
  expect_near(answers.front().logits, row_of(expected, model.dims().text_ctx - 1),
              tolerance(GetParam(), decoder_depth(model.dims(), 20), expected.values));
}

TEST_P(DecoderConformance, PromptAndSingleTokensGiveTheSame) {
  const Model& model = small_model();
  const int vocab = model.dims().vocab;
  const auto under_test = decoder(model, pool_, 2, 2);
  const MadeUpAudio audio(1, 50, model.dims().audio_state, 14);
  const auto tokens = some_tokens(vocab, 33, 3);
  const Slot whole = open(*under_test, audio, 0);
  const Slot singly = open(*under_test, audio, 0);
  const auto expected = step(*under_test, vocab, {{whole, tokens}});
  std::vector<Answer> last;
  for (const int32_t token : tokens) last = step(*under_test, vocab, {{singly, {token}}});
  EXPECT_EQ(last, expected);
}

/// A slot's answers to three steps, alone.
std::vector<Answer> alone(Decoder& decoder, const Model& model, const MadeUpAudio& audio, int window,
                          const std::vector<std::vector<int32_t>>& steps) {
  std::vector<Answer> answers;
  const Slot slot = open(decoder, audio, window);
  answers.reserve(steps.size());
  for (const auto& tokens : steps) {
    answers.push_back(step(decoder, model.dims().vocab, {{.slot = slot, .tokens = tokens, .no_speech_at = 0}}).front());
  }
  decoder.close(slot);
  return answers;
}

TEST_P(DecoderConformance, ResultsDoNotDependOnTheMix) {
  const Model& model = small_model();
  const int vocab = model.dims().vocab;
  const auto under_test = decoder(model, pool_, 4, 4);
  const MadeUpAudio pair(2, 70, model.dims().audio_state, 15);
  const MadeUpAudio shorter(1, 9, model.dims().audio_state, 16);
  struct Member {
    const MadeUpAudio* audio;
    int window;
    std::vector<std::vector<int32_t>> steps;
  };
  std::vector<Member> members;
  const int prompts[] = {1, 17, 4, 9};
  members.reserve(4);
  for (int i = 0; i < 4; ++i) {
    members.push_back(
        {i == 2 ? &shorter : &pair,
         i == 2 ? 0 : i % 2,
         {some_tokens(vocab, prompts[i], i), some_tokens(vocab, 1, i + 9), some_tokens(vocab, 2, i + 5)}});
  }
  std::vector<std::vector<Answer>> expected;
  expected.reserve(members.size());
  for (const Member& m : members) expected.push_back(alone(*under_test, model, *m.audio, m.window, m.steps));

  std::vector<Slot> slots;
  slots.reserve(members.size());
  for (const Member& m : members) slots.push_back(open(*under_test, *m.audio, m.window));
  for (size_t s = 0; s < 3; ++s) {
    std::vector<Ask> asks;
    asks.reserve(members.size());
    for (size_t i = 0; i < members.size(); ++i) {
      asks.push_back({.slot = slots[i], .tokens = members[i].steps[s], .no_speech_at = 0});
    }
    const bool reverse = s == 1;  // nor on the order
    if (reverse) std::ranges::reverse(asks);
    auto answers = step(*under_test, vocab, asks);
    if (reverse) std::ranges::reverse(answers);
    for (size_t i = 0; i < members.size(); ++i) EXPECT_EQ(answers[i], expected[i][s]) << "member " << i;
  }
}

void forks_go_their_own_way(model::Decoder& under_test, const Model& model, int before) {
  SCOPED_TRACE(::testing::Message() << before << " tokens before");
  const int vocab = model.dims().vocab;
  const MadeUpAudio audio(1, 40, model.dims().audio_state, 17);
  const auto prompt = some_tokens(vocab, before, 1);
  const auto expected_left = alone(under_test, model, audio, 0, {prompt, {3}, {5, 6}});
  const auto expected_right = alone(under_test, model, audio, 0, {prompt, {4}, {7}});

  const Slot left = open(under_test, audio, 0);
  step(under_test, vocab, {{left, prompt}});
  const auto forked = under_test.fork(left);
  ASSERT_TRUE(forked.has_value());
  EXPECT_NE(*forked, left);
  EXPECT_EQ(under_test.length(*forked), before);
  const auto first = step(under_test, vocab, {{left, {3}, {}, 0}, {*forked, {4}, {}, 0}});
  EXPECT_EQ(first[0], expected_left[1]);
  EXPECT_EQ(first[1], expected_right[1]);
  EXPECT_EQ(step(under_test, vocab, {{left, {5, 6}, {}, 0}}).front(), expected_left[2]);
  under_test.close(left);
  // The window outlives the slot that opened it, and the freed slot's next life does not disturb the other.
  const auto second = under_test.fork(*forked);
  ASSERT_TRUE(second.has_value());
  step(under_test, vocab, {{*second, {250}}});
  EXPECT_EQ(step(under_test, vocab, {{*forked, {7}, {}, 0}}).front(), expected_right[2]);
  under_test.close(*second);
  under_test.close(*forked);
}

TEST_P(DecoderConformance, ForksGoTheirOwnWay) {
  const Model& model = small_model();
  const auto under_test = decoder(model, pool_, 3, 1);
  // Caches may come in pages: a part of one, a whole one, some and a part.
  for (const int before : {7, 16, 37}) forks_go_their_own_way(*under_test, model, before);
}

TEST_P(DecoderConformance, SlotsAndWindowsAreReused) {
  const Model& model = odd_one();
  const auto under_test = decoder(model, pool_, 2, 1);
  const MadeUpAudio first(1, 30, model.dims().audio_state, 18);
  const MadeUpAudio next(1, 11, model.dims().audio_state, 19);
  const std::vector<std::vector<int32_t>> steps = {some_tokens(model.dims().vocab, 3, 1)};
  const auto expected = alone(*under_test, model, next, 0, steps);
  const auto before = alone(*under_test, model, first, 0, steps);
  EXPECT_NE(before, expected);
  EXPECT_EQ(alone(*under_test, model, next, 0, steps), expected);
  EXPECT_EQ(alone(*under_test, model, first, 0, steps), before);
}

TEST_P(DecoderConformance, StatesMayLieOnAnotherDevice) {
  const Model& model = odd_one();
  const auto under_test = decoder(model, pool_, 1, 1);
  const MadeUpAudio here(2, 13, model.dims().audio_state, 20);
  const MadeUpAudio there(2, 13, model.dims().audio_state, 20, false);
  const std::vector<std::vector<int32_t>> steps = {{1, 2}};
  EXPECT_EQ(alone(*under_test, model, there, 1, steps), alone(*under_test, model, here, 1, steps));
}

bool masked(const std::vector<uint64_t>& mask, int token) {
  return !mask.empty() && ((mask[static_cast<size_t>(token / 64)] >> static_cast<unsigned>(token % 64)) & 1U) != 0;
}

struct Class {
  int begin;
  int end;
};

/// Candidates and sum of a class against the raw logits.
void check_class(const std::vector<float>& logits, const std::vector<uint64_t>& mask, Class tokens,
                 const std::vector<model::Candidate>& top, float sum) {
  std::vector<int> order;
  for (int t = tokens.begin; t < tokens.end; ++t) {
    if (!masked(mask, t)) order.push_back(t);
  }
  const auto logit = [&](int t) { return logits[static_cast<size_t>(t)]; };
  std::ranges::sort(order, [&](int a, int b) { return logit(a) != logit(b) ? logit(a) > logit(b) : a < b; });
  for (size_t i = 0; i < top.size(); ++i) {
    if (i < order.size()) {
      EXPECT_EQ(top[i].token, order[i]) << "rank " << i;
      EXPECT_EQ(top[i].logit, logit(order[i]));
    } else {
      EXPECT_EQ(top[i].logit, -kInfinity) << "rank " << i;
    }
  }
  double total = 0;
  for (const int t : order) total += std::exp(static_cast<double>(logit(t)));
  if (order.empty()) {
    EXPECT_EQ(sum, -kInfinity);
  } else {
    // exp and log of float32 are within some units in the last place; the sum of up to 613 positive terms adds its own.
    const double expected = std::log(total);
    EXPECT_NEAR(sum, expected, 0x1p-24 * (std::sqrt(613) + 8) * std::max(1.0, std::abs(expected)));
  }
}

void check_masked_step(Decoder& decoder, const Model& model, const std::vector<uint64_t>& mask) {
  const MadeUpAudio audio(1, 10, model.dims().audio_state, 21);
  const Slot slot = open(decoder, audio, 0);
  const auto a = step(decoder, model.dims().vocab, {{slot, {1, 2, 3}, mask}}).front();
  check_class(a.logits, mask, {0, model.tokens.timestamp_begin}, a.text, a.text_sum);
  check_class(a.logits, mask, {model.tokens.timestamp_begin, model.dims().vocab}, a.timestamps, a.timestamps_sum);
  decoder.close(slot);
}

TEST_P(DecoderConformance, BestCandidatesFollowTheMask) {
  const Model& model = small_model();
  const auto under_test = decoder(model, pool_, 1, 1);
  const auto vocab = static_cast<size_t>(model.dims().vocab);
  const size_t words = (vocab + 63) / 64;
  check_masked_step(*under_test, model, {});
  check_masked_step(*under_test, model, std::vector<uint64_t>(words, 0));
  check_masked_step(*under_test, model, std::vector<uint64_t>(words, ~uint64_t{0}));
  for (uint64_t key = 0; key < 4; ++key) {
    SCOPED_TRACE(key);
    const auto random = noise(vocab, 100 + key);
    const float threshold = key == 0 ? 0.99F : 0.4F * static_cast<float>(key) - 1.0F;  // few to nearly all
    std::vector<uint64_t> mask(words);
    for (size_t t = 0; t < vocab; ++t) {
      if (random[t] > threshold) mask[t / 64] |= uint64_t{1} << (t % 64);
    }
    check_masked_step(*under_test, model, mask);
  }
  // All timestamps, all text, and all but three timestamps.
  const auto begin = static_cast<size_t>(model.tokens.timestamp_begin);
  std::vector<uint64_t> text(words);
  std::vector<uint64_t> timestamps(words);
  for (size_t t = 0; t < vocab; ++t) (t < begin ? text : timestamps)[t / 64] |= uint64_t{1} << (t % 64);
  check_masked_step(*under_test, model, text);
  check_masked_step(*under_test, model, timestamps);
  for (const size_t t : {begin, begin + 40, vocab - 1}) timestamps[t / 64] &= ~(uint64_t{1} << (t % 64));
  check_masked_step(*under_test, model, timestamps);
}

TEST_P(DecoderConformance, NoSpeechIsReadWhereItIsAsked) {
  const Model& model = small_model();
  const int vocab = model.dims().vocab;
  const auto under_test = decoder(model, pool_, 2, 2);
  const MadeUpAudio audio(2, 25, model.dims().audio_state, 22);
  const auto tokens = some_tokens(vocab, 6, 4);
  const std::vector<uint64_t> everything(static_cast<size_t>(vocab + 63) / 64, ~uint64_t{0});
  const NaiveWhisper naive(*model.checkpoint);
  for (const int at : {0, 3, 5}) {
    std::vector<Ask> asks;
    asks.reserve(2);
    for (int window = 0; window < 2; ++window)
      asks.push_back({open(*under_test, audio, window), tokens, everything, at});
    const auto answers = step(*under_test, vocab, asks);
    for (int window = 0; window < 2; ++window) {
      const Matrix logits = naive.decode(audio.states(window), 25, tokens);
      double sum = 0;
      for (const double v : row_of(logits, at)) sum += std::exp(v);
      const double expected = std::exp(logits.row(at)[model.tokens.no_speech]) / sum;
      // A probability moves by its logit's error, relatively, and by that of the sum.
      const double bound = 2 * expected * tolerance(GetParam(), decoder_depth(model.dims(), 25), logits.values);
      EXPECT_NEAR(answers[static_cast<size_t>(window)].no_speech, expected, bound);
      under_test->close(asks[static_cast<size_t>(window)].slot);
    }
  }
}

TEST_P(DecoderConformance, AlignsLikeNaive) {
  const Model& model = small_model();
  const auto under_test = decoder(model, pool_, 1, 1);  // no slot to spare
  const int positions = 120;
  const MadeUpAudio audio(1, positions, model.dims().audio_state, 23);
  auto tokens = some_tokens(model.dims().vocab, 20, 5);
  tokens[4] = model.tokens.end_of_text;  // outside the softmax
  tokens[5] = model.tokens.end_of_text - 1;
  const std::vector<std::vector<int32_t>> steps = {{9, 8, 7}, {6}};
  const auto expected_steps = alone(*under_test, model, audio, 0, steps);

  Scores scores;
  const Matrix logits = NaiveWhisper(*model.checkpoint).decode(audio.states(0), positions, tokens, &scores);
  const std::vector<model::Head> heads = {{1, 0}, {0, 1}, {1, 1}};
  const Slot slot = open(*under_test, audio, 0);
  const auto first = step(*under_test, model.dims().vocab, {{slot, steps[0], {}, 0}});
  EXPECT_EQ(first.front(), expected_steps[0]);
  const auto attention = under_test->align(slot, tokens, heads);
  ASSERT_TRUE(attention.has_value()) << to_string(attention.error());
  ASSERT_EQ(attention->heads, 3);
  ASSERT_EQ(attention->tokens, 20);
  ASSERT_EQ(attention->positions, positions);
  ASSERT_EQ(attention->scores.size(), size_t{3 * 20} * static_cast<size_t>(positions));
  for (size_t h = 0; h < heads.size(); ++h) {
    const int row = heads[h].first * model.dims().text_heads + heads[h].second;
    const Matrix& expected = scores[static_cast<size_t>(row)];
    expect_near(std::span(attention->scores).subspan(h * expected.values.size(), expected.values.size()),
                expected.values, tolerance(GetParam(), decoder_depth(model.dims(), positions), expected.values));
  }
  ASSERT_EQ(attention->token_probs.size(), tokens.size());
  EXPECT_EQ(attention->token_probs[0], 0);
  EXPECT_EQ(attention->token_probs[4], 0);
  const double bound = tolerance(GetParam(), decoder_depth(model.dims(), positions), logits.values);
  for (size_t i = 1; i < tokens.size(); ++i) {
    if (tokens[i] >= model.tokens.end_of_text) continue;
    const double* row = logits.row(static_cast<int>(i) - 1);
    double sum = 0;
    for (int t = 0; t < model.tokens.end_of_text; ++t) sum += std::exp(row[t]);
    const double expected = std::exp(row[tokens[i]]) / sum;
    EXPECT_NEAR(attention->token_probs[i], expected, 2 * expected * bound) << "token " << i;
  }
  // The slot goes on as if nothing had happened.
  EXPECT_EQ(under_test->length(slot), 3);
  EXPECT_EQ(step(*under_test, model.dims().vocab, {{slot, steps[1], {}, 0}}).front(), expected_steps[1]);
}

}  // namespace
}  // namespace skald::conformance
