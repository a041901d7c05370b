// decode_windows() against openai/whisper's DecodingTask over the same made-up logits: tools/golden/decoding.py.

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "decode/decoding.h"
#include "decode/testing/decode_windows.h"
#include "decode/testing/scripted_decoder.h"

namespace skald::decode {
namespace {

using nlohmann::json;

constexpr int kTextCtx = 448;

json read_golden() {
  std::ifstream file(SKALD_SOURCE_DIR "/tests/data/golden/decoding.json");
  if (!file) throw std::runtime_error("tests/data/golden/decoding.json is missing: run tools/make_golden.py decoding");
  return json::parse(file);
}

/// Visitor: sets the options a case names.
struct SetOptions {
  const json& values;

  template <class T>
  void operator()(const Field& field, T& option) const {
    if (const auto it = values.find(field.name); it != values.end()) assign(*it, option);
  }
  template <class T>
  static void assign(const json& value, T& option) {
    option = value.get<T>();
  }
  template <class T>
  static void assign(const json& value, std::optional<T>& option) {
    option.reset();
    if (!value.is_null()) option = value.get<T>();
  }
};

/// The reference's DecodingOptions: nothing that transcribe() would add.
TranscribeOptions options_of(const json& golden) {
  TranscribeOptions options;
  options.beam_size.reset();
  options.best_of.reset();
  options.temperature_increment_on_fallback.reset();
  options.for_each_field(SetOptions{golden.at("options")});
  return options;
}

/// Of a log-probability. The reference's softmax adds the V exponentials in float32, 8 at a time (an AVX2 register):
/// each of the V / 8 additions may lose half a unit of the last place, 2^-25 of the sum (small addends vanish
/// altogether: the error has a sign). Logits up to 40 less that sum: 4 more roundings of 2^-24 * 40.
constexpr double kLogProbability = 51866.0 / 8 * 0x1p-25 + 4 * 40 * 0x1p-24;

/// Of a mean of log-probabilities: each addition of the sum rounds by 2^-24 of it.
double mean_tolerance(double mean, size_t tokens) {
  return kLogProbability + std::abs(mean) * static_cast<double>(tokens) * 0x1p-24;
}

void compare(const WindowResult& result, const json& expected) {
  SCOPED_TRACE("window " + expected.at("window").dump());
  EXPECT_EQ(result.tokens, expected.at("tokens").get<std::vector<int32_t>>());
  EXPECT_EQ(result.text, expected.at("text").get<std::string>());
  const double mean = expected.at("avg_logprob");
  EXPECT_NEAR(result.avg_logprob, mean, mean_tolerance(mean, result.tokens.size()));
  const double no_speech = expected.at("no_speech_prob");
  EXPECT_NEAR(result.no_speech_prob, no_speech, no_speech * kLogProbability);
  // Equal texts compress to equal sizes: only the division is left, and the shortest decimal form is exact.
  EXPECT_DOUBLE_EQ(result.compression_ratio, expected.at("compression_ratio").get<double>());
}

void run_case(const json& golden) {
  SCOPED_TRACE(golden.at("name").get<std::string>());
  const auto tokenizer = text::Tokenizer::load(std::nullopt, golden.at("vocab").get<int>());
  ASSERT_TRUE(tokenizer) << to_string(tokenizer.error());
  const auto settings = make_settings(options_of(golden), *tokenizer, golden.at("language"), kTextCtx);
  ASSERT_TRUE(settings) << to_string(settings.error());

  const json& windows = golden.at("windows");
  std::vector<int> numbers;
  std::vector<Task> tasks;
  for (const json& window : windows) {
    numbers.push_back(window.at("window"));
    tasks.push_back({.audio = nullptr, .window = 0, .seek = 0, .prompt = window.at("prompt")});
  }
  const testing::ScriptedAudio audio(numbers);
  for (size_t i = 0; i < tasks.size(); ++i) {
    tasks[i].audio = &audio;
    tasks[i].window = static_cast<int>(i);
  }
  testing::ScriptedDecoder decoder(tokenizer->special(), kTextCtx, testing::hash_script(tokenizer->special()));
  const int count = static_cast<int>(tasks.size());
  ASSERT_TRUE(decoder.reserve(slots_needed(*settings, count), count));
  const auto results = decode_windows(decoder, *tokenizer, *settings, tasks);
  ASSERT_TRUE(results) << to_string(results.error());
  ASSERT_EQ(results->size(), windows.size());
  for (size_t i = 0; i < windows.size(); ++i) compare((*results)[i], windows[i]);
  EXPECT_EQ(decoder.open_slots(), 0);
}

TEST(DecodingGolden, EqualsReference) {
  const json golden = read_golden();
  ASSERT_GE(golden.at("cases").size(), 30U);
  for (const json& one : golden.at("cases")) run_case(one);
}

TEST(DecodingGolden, LanguageDetectionEqualsReference) {
  const json golden = read_golden();
  ASSERT_FALSE(golden.at("languages").empty());
  for (const json& group : golden.at("languages")) {
    const auto tokenizer = text::Tokenizer::load(std::nullopt, group.at("vocab").get<int>());
    ASSERT_TRUE(tokenizer) << to_string(tokenizer.error());
    for (const json& window : group.at("windows")) {
      const testing::ScriptedAudio audio({window.at("window").get<int>()});
      testing::ScriptedDecoder decoder(tokenizer->special(), kTextCtx, testing::hash_script(tokenizer->special()));
      ASSERT_TRUE(decoder.reserve(1, 1));
      const auto probabilities = detect_language(decoder, *tokenizer, audio, 0);
      ASSERT_TRUE(probabilities) << to_string(probabilities.error());
      const auto expected = window.at("probabilities").get<std::vector<float>>();
      ASSERT_EQ(probabilities->size(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i) {
        // Seven digits are stored, half a unit of the last at most 5e-7 of the value; float32 rounds as much again.
        EXPECT_NEAR((*probabilities)[i], expected[i], 1e-6F * std::max(expected[i], 1e-6F) + 1e-7F) << i;
      }
      EXPECT_EQ(decoder.open_slots(), 0);
    }
  }
}

}  // namespace
}  // namespace skald::decode
