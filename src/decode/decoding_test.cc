// decode_windows() as a whole: ladder, neighbours, cancelling, errors, slots.
#include "decode/decoding.h"

#include <gtest/gtest.h>

#include <limits>

#include "decode/testing/decode_windows.h"
#include "decode/testing/scripted_decoder.h"
#include "decode/testing/tokens.h"

namespace skald::decode {
namespace {

using testing::decode_windows;
using testing::kBegin;
using testing::kEot;
using testing::ScriptedAudio;
using testing::ScriptedDecoder;

class DecodingTest : public ::testing::Test {
 protected:
  static const text::Tokenizer& tokenizer() {
    static const auto loaded = text::Tokenizer::load(std::nullopt, 51864);
    return *loaded;
  }
  static ScriptedDecoder hashed() { return {tokenizer().special(), 448, testing::hash_script(tokenizer().special())}; }
  static Settings settings(const TranscribeOptions& options) { return *make_settings(options, tokenizer(), "en", 448); }

  static std::vector<Task> tasks(const ScriptedAudio& audio) {
    std::vector<Task> result;
    for (int i = 0; i < audio.windows(); ++i) {
      const std::vector<int32_t> prompt(static_cast<size_t>(audio.number(i) % 3) * 4, 500);
      result.push_back({.audio = &audio, .window = i, .seek = audio.number(i) * 3000, .prompt = prompt});
    }
    return result;
  }
  static Result<std::vector<WindowResult>> decode(ScriptedDecoder& decoder, const Settings& s,
                                                  const std::vector<int>& windows,
                                                  const std::atomic<bool>* cancel = nullptr) {
    const ScriptedAudio audio(windows);
    const int count = audio.windows();
    if (auto reserved = decoder.reserve(slots_needed(s, count), count); !reserved) {
      return std::unexpected(reserved.error());
    }
    return decode_windows(decoder, tokenizer(), s, tasks(audio), cancel);
  }
};

/// Sampling only, so that every number counts.
TranscribeOptions sampling() {
  TranscribeOptions options;
  options.temperature = 0.8;
  options.temperature_increment_on_fallback = 0.2;
  options.best_of = 3;
  options.sample_len = 8;
  options.logprob_threshold = -0.2;  // hardly ever met: both rungs are tried
  return options;
}

void expect_equal(const WindowResult& a, const WindowResult& b) {
  EXPECT_EQ(a.tokens, b.tokens);
  EXPECT_EQ(a.text, b.text);
  EXPECT_EQ(a.avg_logprob, b.avg_logprob);
  EXPECT_EQ(a.temperature, b.temperature);
  ASSERT_EQ(a.attempts.size(), b.attempts.size());
  for (size_t i = 0; i < a.attempts.size(); ++i) EXPECT_EQ(a.attempts[i].avg_logprob, b.attempts[i].avg_logprob);
}

TEST_F(DecodingTest, SamplesDoNotDependOnNeighbours) {
  const Settings s = settings(sampling());
  ScriptedDecoder decoder = hashed();
  const auto together = decode(decoder, s, {4, 5, 6});
  ASSERT_TRUE(together) << to_string(together.error());
  const auto backwards = decode(decoder, s, {6, 5, 4});
  ASSERT_TRUE(backwards);
  for (size_t i = 0; i < 3; ++i) {
    const auto alone = decode(decoder, s, {static_cast<int>(i) + 4});
    ASSERT_TRUE(alone);
    expect_equal((*together)[i], alone->front());
    expect_equal((*backwards)[2 - i], alone->front());
  }
  EXPECT_EQ(decoder.open_slots(), 0);
}

TEST_F(DecodingTest, ALoopEndsTheTextAndOneCopyStays) {
  const std::vector<int32_t> phrase = tokenizer().encode(" Thank you very much.");
  ScriptedDecoder decoder(
      tokenizer().special(), 448, [&](int, std::span<const int32_t> sequence, std::span<float> logits) {
        std::ranges::fill(logits, 0.0F);
        logits[static_cast<size_t>(phrase[(sequence.size() - 2) % phrase.size()])] = 20;  // behind the start sequence
      });
  TranscribeOptions options;
  options.without_timestamps = true;
  options.temperature_increment_on_fallback = 1.0;
  options.beam_size = 2;
  options.no_speech_threshold.reset();
  const auto endless = decode(decoder, settings(options), {0});
  EXPECT_EQ(224U, endless->front().tokens.size());
  options.max_repeats = 6;
  const int steps = decoder.steps();
  const auto cut = decode(decoder, settings(options), {0});
  EXPECT_EQ(phrase, cut->front().tokens);
  EXPECT_EQ("Thank you very much.", cut->front().text);
  EXPECT_EQ(2U, cut->front().attempts.size());  // so much of the same fails on every rung
  EXPECT_LT(decoder.steps() - steps, 224);
}

TEST_F(DecodingTest, SeedAndAttemptChangeSamples) {
  TranscribeOptions options = sampling();
  options.best_of = 1;
  ScriptedDecoder decoder = hashed();
  const auto first = decode(decoder, settings(options), {4});
  options.seed = 1;
  const auto second = decode(decoder, settings(options), {4});
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->front().tokens, second->front().tokens);
}

TEST_F(DecodingTest, LadderRecordsEveryRung) {
  TranscribeOptions options;
  options.beam_size = 2;
  options.best_of = 2;
  options.sample_len = 6;
  options.logprob_threshold = 1.0;  // cannot be met
  options.no_speech_threshold.reset();
  ScriptedDecoder decoder = hashed();
  const Settings s = settings(options);
  const auto all = decode(decoder, s, {1});
  ASSERT_TRUE(all) << to_string(all.error());
  const WindowResult& last = all->front();
  ASSERT_EQ(last.attempts.size(), 6U);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(last.attempts[i].temperature, s.temperatures[i]);
    EXPECT_EQ(last.attempts[i].seek, 3000);
    EXPECT_FALSE(last.attempts[i].accepted);
    EXPECT_EQ(last.attempts[i].no_speech_prob, last.no_speech_prob);
  }
  EXPECT_EQ(last.temperature, 1.0);  // the last attempt is kept
  EXPECT_EQ(last.attempts[5].avg_logprob, last.avg_logprob);
  EXPECT_LE(decoder.most_slots(), slots_needed(s, 1));
  EXPECT_EQ(decoder.open_slots(), 0);
}

TEST_F(DecodingTest, AcceptedAtOnceClimbsNoFurther) {
  TranscribeOptions options;
  options.sample_len = 6;
  options.logprob_threshold.reset();
  options.compression_ratio_threshold.reset();
  ScriptedDecoder decoder = hashed();
  const auto all = decode(decoder, settings(options), {1, 2});
  ASSERT_TRUE(all);
  for (const WindowResult& result : *all) {
    ASSERT_EQ(result.attempts.size(), 1U);
    EXPECT_TRUE(result.attempts[0].accepted);
    EXPECT_EQ(result.temperature, 0);
  }
}

TEST_F(DecodingTest, PromptIsSteppedOnceForAGroup) {
  TranscribeOptions options;
  options.temperature_increment_on_fallback.reset();
  options.beam_size = 4;
  options.sample_len = 3;
  ScriptedDecoder decoder = hashed();
  const ScriptedAudio audio({1});
  const Settings s = settings(options);
  ASSERT_TRUE(decoder.reserve(slots_needed(s, 1), 1));
  const std::vector<int32_t> prompt(20, 500);
  const std::vector<Task> one = {{.audio = &audio, .window = 0, .seek = 0, .prompt = prompt}};
  ASSERT_TRUE(decode_windows(decoder, tokenizer(), s, one));
  EXPECT_EQ(decoder.steps(), 3);
  EXPECT_EQ(decoder.rows(), 1 + 4 + 4);
  EXPECT_EQ(decoder.tokens(), (1 + 20 + 1) + 4 + 4);
}

TEST_F(DecodingTest, NoTasksIsNothing) {
  ScriptedDecoder decoder = hashed();
  const auto none = decode(decoder, settings({}), {});
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
  EXPECT_EQ(decoder.steps(), 0);
}

TEST_F(DecodingTest, CancelIsSeenBeforeTheNextStep) {
  ScriptedDecoder decoder = hashed();
  std::atomic<bool> cancel = false;
  decoder.on_step([&] {
    if (decoder.steps() == 2) cancel = true;
  });
  const auto result = decode(decoder, settings({}), {1, 2}, &cancel);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(decoder.steps(), 3);
  EXPECT_EQ(decoder.open_slots(), 0);
}

TEST_F(DecodingTest, FailingStepsCloseEverySlot) {
  for (const int step : {0, 1, 5}) {
    ScriptedDecoder decoder = hashed();
    decoder.fail_at_step(step);
    const auto result = decode(decoder, settings({}), {1, 2});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message, "failed as told");
    EXPECT_EQ(decoder.open_slots(), 0);
  }
}

TEST_F(DecodingTest, TooFewSlotsIsAnErrorNotALeak) {
  const ScriptedAudio audio({1, 2});
  for (int slots = 0; slots < 12; ++slots) {
    ScriptedDecoder decoder = hashed();
    ASSERT_TRUE(decoder.reserve(slots, 2));
    EXPECT_FALSE(decode_windows(decoder, tokenizer(), settings({}), tasks(audio))) << slots;
    EXPECT_EQ(decoder.open_slots(), 0);
  }
}

TEST_F(DecodingTest, PromptAndPrefixThatDoNotFitAreAnError) {
  TranscribeOptions options;
  std::string prefix;
  for (int i = 0; i < 300; ++i) prefix += " one";
  options.prefix.emplace(prefix);
  const Settings s = settings(options);
  ScriptedDecoder decoder = hashed();
  const ScriptedAudio audio({1});
  ASSERT_TRUE(decoder.reserve(slots_needed(s, 1), 1));
  const std::vector<Task> one = {{.audio = &audio, .window = 0, .seek = 0, .prompt = std::vector<int32_t>(223, 5)}};
  const auto result = decode_windows(decoder, tokenizer(), s, one);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().where, "prefix");
  EXPECT_EQ(decoder.open_slots(), 0);
}

TEST_F(DecodingTest, BrokenLogitsAreABadModel) {
  const auto script = [](int, std::span<const int32_t>, std::span<float> logits) {
    std::ranges::fill(logits, std::numeric_limits<float>::quiet_NaN());
  };
  TranscribeOptions options;
  for (const double temperature : {0.0, 0.5}) {
    options.temperature = temperature;
    ScriptedDecoder decoder(tokenizer().special(), 448, script);
    const auto result = decode(decoder, settings(options), {1});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kBadModel);
    EXPECT_EQ(decoder.open_slots(), 0);
  }
}

TEST_F(DecodingTest, EndlessTextStopsWhereTheContextEnds) {
  // Text for ever, with a prompt of 223: 225 tokens before the first sampled one leave 448 + 1 - 225 = 224.
  const auto script = [](int, std::span<const int32_t> sequence, std::span<float> logits) {
    std::ranges::fill(logits, 0.0F);
    logits[sequence.back() >= kBegin || sequence.size() > 225 ? 1000 : static_cast<size_t>(kBegin)] = 50;
    logits[kEot] = -50;
  };
  TranscribeOptions options;
  options.temperature_increment_on_fallback.reset();
  options.sample_len = 448;
  for (const std::optional<int> beams : {std::optional<int>(), std::optional<int>(2)}) {
    options.beam_size = beams;
    const Settings s = settings(options);
    ScriptedDecoder decoder(tokenizer().special(), 448, script);
    const ScriptedAudio audio({1});
    ASSERT_TRUE(decoder.reserve(slots_needed(s, 1), 1));
    const std::vector<Task> one = {{.audio = &audio, .window = 0, .seek = 0, .prompt = std::vector<int32_t>(223, 5)}};
    const auto result = decode_windows(decoder, tokenizer(), s, one);
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_EQ(result->front().tokens.size(), 224U);
  }
}

TEST_F(DecodingTest, SuppressingEverythingIsTheUsersMistake) {
  Settings s = settings({});
  for (int32_t v = 0; v < 51864; ++v) s.suppress.push_back(v);
  for (const double temperature : {0.0, 0.7}) {
    s.temperatures = {temperature};
    ScriptedDecoder decoder = hashed();
    const auto result = decode(decoder, s, {1});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(result.error().where, "suppress-tokens");
    EXPECT_EQ(decoder.open_slots(), 0);
  }
}

TEST_F(DecodingTest, EnglishOnlyModelsDetectNoLanguage) {
  ScriptedDecoder decoder = hashed();
  const auto probabilities = detect_language(decoder, tokenizer(), ScriptedAudio({1}), 0);
  ASSERT_FALSE(probabilities);
  EXPECT_EQ(probabilities.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace skald::decode
