#include <gtest/gtest.h>

#include <algorithm>
#include <ranges>

#include "decode/decoding.h"
#include "decode/prompt.h"

namespace skald::decode {
namespace {

using Tokens = std::vector<int32_t>;

const text::Tokenizer& english() {
  static const auto loaded = text::Tokenizer::load(std::nullopt, 51864);
  return *loaded;
}
const text::Tokenizer& multilingual() {
  static const auto loaded = text::Tokenizer::load(std::nullopt, 51865);
  return *loaded;
}

Result<Settings> english_settings(const TranscribeOptions& options) {
  return make_settings(options, english(), "en", 448);
}

// Out of line: GCC 12 takes the optional's string for uninitialised otherwise.
[[gnu::noinline]] void set_prefix(TranscribeOptions& options, const std::string& prefix) {
  options.prefix = prefix;
}

Tokens counting(int n) {
  Tokens tokens(static_cast<size_t>(n));
  std::ranges::generate(tokens, [i = 0]() mutable { return i++; });
  return tokens;
}

TEST(Prompt, SlicesAsPythonDoes) {
  const Tokens five = counting(5);
  const auto slice = [&](int n) {
    const auto kept = last_tokens(five, n);
    return Tokens(kept.begin(), kept.end());
  };
  EXPECT_EQ(slice(2), (Tokens{3, 4}));
  EXPECT_EQ(slice(5), five);
  EXPECT_EQ(slice(9), five);
  EXPECT_EQ(slice(0), five);                // [-0:]
  EXPECT_EQ(slice(-2), (Tokens{2, 3, 4}));  // [2:]
  EXPECT_EQ(slice(-9), Tokens{});
}

TEST(Prompt, IsPreviousTextThenStartThenPrefix) {
  Settings s;
  s.sot_sequence = {900, 901};
  s.prefix = {7, 8};
  EXPECT_EQ(*initial_tokens(s, 999, {}), (Tokens{900, 901, 7, 8}));
  EXPECT_EQ(*initial_tokens(s, 999, Tokens{1, 2}), (Tokens{999, 1, 2, 900, 901, 7, 8}));
  const Tokens cut = *initial_tokens(s, 999, counting(300));
  ASSERT_EQ(cut.size(), 1U + 223 + 4);
  EXPECT_EQ(cut[1], 300 - 223);
}

TEST(Prompt, ThatFillsTheContextIsTheLongest) {
  Settings s;
  s.sot_sequence = {900};
  s.prefix = counting(448 - 224 - 1);
  EXPECT_EQ(initial_tokens(s, 999, counting(223))->size(), 448U);
  s.prefix.push_back(1);
  const auto longer = initial_tokens(s, 999, counting(223));
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(longer.error().where, "prefix");
}

TEST(MakeSettings, Defaults) {
  const auto s = english_settings({});
  ASSERT_TRUE(s) << to_string(s.error());
  EXPECT_EQ(s->sot_sequence, Tokens{50257});
  EXPECT_TRUE(s->prefix.empty());
  EXPECT_TRUE(s->timestamps);
  EXPECT_TRUE(s->suppress_blank);
  EXPECT_EQ(s->max_initial_timestamp, 50);
  EXPECT_EQ(s->temperatures.size(), 6U);
  EXPECT_EQ(s->best_of, 5);
  EXPECT_EQ(s->beam_size, 5);
  EXPECT_EQ(s->patience, 1);
  EXPECT_EQ(s->sample_len, 224);
  EXPECT_EQ(s->text_ctx, 448);
  EXPECT_EQ(slots_needed(*s, 3), 3 * (5 + 1));
}

TEST(MakeSettings, StartSequences) {
  TranscribeOptions options;
  EXPECT_EQ(make_settings(options, multilingual(), "de", 448)->sot_sequence, (Tokens{50258, 50261, 50359}));
  options.task = "translate";
  options.without_timestamps = true;
  const auto s = make_settings(options, multilingual(), "de", 448);
  EXPECT_EQ(s->sot_sequence, (Tokens{50258, 50261, 50358, 50363}));
  EXPECT_FALSE(s->timestamps);
  const auto refused = english_settings(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(refused.error().where, "task");
}

TEST(MakeSettings, Languages) {
  EXPECT_EQ(make_settings({}, english(), "de", 448)->sot_sequence, Tokens{50257});  // with a warning
  const auto unknown = make_settings({}, multilingual(), "yue", 448);  // only the vocabulary of large-v3 has it
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().where, "language");
}

TEST(MakeSettings, SuppressedTokens) {
  const Tokens specials = {50257, 50357, 50358, 50359, 50360, 50361};
  TranscribeOptions options;
  options.suppress_tokens = "";
  EXPECT_TRUE(english_settings(options)->suppress.empty());
  options.suppress_tokens = "7, 3,7";
  Tokens expected = {3, 7};
  expected.insert(expected.end(), specials.begin(), specials.end());
  EXPECT_EQ(english_settings(options)->suppress, expected);
  options.suppress_tokens = "-1,3";
  const Tokens all = english_settings(options)->suppress;
  EXPECT_TRUE(std::ranges::is_sorted(all));
  EXPECT_TRUE(std::ranges::includes(all, english().non_speech_tokens()));
  EXPECT_TRUE(std::ranges::includes(all, expected | std::views::filter([](int32_t t) { return t != 7; })));
}

TEST(MakeSettings, NumeralsAreSuppressed) {
  TranscribeOptions options;
  options.suppress_tokens = "";
  options.suppress_numerals = true;
  const Tokens suppressed = english_settings(options)->suppress;
  EXPECT_TRUE(std::ranges::is_sorted(suppressed));
  for (const int32_t token : english().encode("In 1984 he paid 50% of £30, $7 a day")) {
    const std::string text = english().decode(std::vector{token});
    const bool numeral = text.find_first_of("0123456789%$") != std::string::npos || text.find("£") != std::string::npos;
    EXPECT_EQ(numeral, std::ranges::binary_search(suppressed, token)) << text;
  }
}

TEST(MakeSettings, HotwordsStandBeforeThePrompt) {
  TranscribeOptions options;
  options.hotwords = " Skald, Phoenix ";
  const auto s = english_settings(options);
  const Tokens hot = english().encode(" Skald, Phoenix");
  EXPECT_EQ(hot, s->hotwords);
  Tokens expected = {50360};
  expected.insert(expected.end(), hot.begin(), hot.end());
  expected.insert(expected.end(), {7, 50257});
  EXPECT_EQ(expected, initial_tokens(*s, 50360, Tokens{7}).value());
  expected.erase(expected.end() - 2);
  EXPECT_EQ(expected, initial_tokens(*s, 50360, {}).value());
  // The prompt's room stays what it is.
  EXPECT_EQ(1U + 223 + 1, initial_tokens(*s, 50360, counting(500))->size());

  options.hotwords = std::string(3000, 'x');
  EXPECT_EQ(112U, english_settings(options)->hotwords.size());
  set_prefix(options, "already begun");
  EXPECT_TRUE(english_settings(options)->hotwords.empty());
}

TEST(MakeSettings, RefusesBadSuppressLists) {
  for (const char* list : {"x", "1,,2", "1,", ",", "1.5", "51864", "-2", "-1,-2", "99999999999", "1 2", "-1;3", " "}) {
    TranscribeOptions options;
    options.suppress_tokens = list;
    const auto s = english_settings(options);
    ASSERT_FALSE(s) << list;
    EXPECT_EQ(s.error().code, ErrorCode::kInvalidArgument) << list;
    EXPECT_EQ(s.error().where, "suppress-tokens");
    EXPECT_FALSE(s.error().remedy.empty());
  }
}

TEST(MakeSettings, Prefix) {
  TranscribeOptions options;
  set_prefix(options, "  one two three ");
  const Tokens whole = english().encode(" one two three");
  ASSERT_EQ(whole.size(), 3U);
  EXPECT_EQ(english_settings(options)->prefix, whole);
  options.sample_len = 222;  // room for two
  EXPECT_EQ(english_settings(options)->prefix, (Tokens{whole[1], whole[2]}));
  options.sample_len = 225;  // [1:]
  EXPECT_EQ(english_settings(options)->prefix, (Tokens{whole[1], whole[2]}));
  options.sample_len.reset();
  set_prefix(options, "");
  EXPECT_TRUE(english_settings(options)->prefix.empty());
  set_prefix(options, " \t");
  EXPECT_EQ(english_settings(options)->prefix, Tokens{220});
  std::string prefix;
  for (int i = 0; i < 500; ++i) prefix += " one";
  set_prefix(options, prefix);
  ASSERT_FALSE(english_settings(options));
  EXPECT_EQ(english_settings(options).error().where, "prefix");
}

TEST(MakeSettings, MaxInitialTimestampRoundsHalfToEven) {
  TranscribeOptions options;
  const auto index = [&](std::optional<double> seconds) {
    options.max_initial_timestamp = seconds;
    return english_settings(options)->max_initial_timestamp;
  };
  EXPECT_EQ(index(std::nullopt), std::nullopt);
  EXPECT_EQ(index(0.0), std::nullopt);  // as the reference: zero means no limit
  EXPECT_EQ(index(0.01), 0);            // 0.5
  EXPECT_EQ(index(0.03), 2);            // 1.5
  EXPECT_EQ(index(0.05), 2);            // 2.5
  EXPECT_EQ(index(30.0), 1500);
}

TEST(MakeSettings, Combinations) {
  const auto where = [](const TranscribeOptions& options) {
    const auto s = english_settings(options);
    return s ? std::string() : s.error().where;
  };
  TranscribeOptions options;
  options.patience = 1.5;
  EXPECT_EQ(where(options), "");
  options.beam_size.reset();
  EXPECT_EQ(where(options), "patience");
  options.temperature = 0.2;  // never greedy: patience is not used
  EXPECT_EQ(where(options), "");
  options = {};
  options.beam_size = 2;
  options.patience = 0.25;  // round(0.5) is 0
  EXPECT_EQ(where(options), "patience");
  options = {};
  options.beam_size = 0;
  EXPECT_EQ(where(options), "beam-size");
  options = {};
  options.best_of = 0;
  EXPECT_EQ(where(options), "best-of");
  options = {};
  options.length_penalty = 1.1;
  EXPECT_EQ(where(options), "length-penalty");
  options = {};
  options.temperature_increment_on_fallback = 0;
  EXPECT_EQ(where(options), "temperature-increment-on-fallback");
}

TEST(SlotsNeeded, LargestGroupAndAnEmptyOne) {
  Settings s;
  s.temperatures = {0};
  EXPECT_EQ(slots_needed(s, 4), 8);
  s.beam_size = 3;
  s.best_of = 7;
  EXPECT_EQ(slots_needed(s, 4), 16);
  s.temperatures = {0, 0.2};
  EXPECT_EQ(slots_needed(s, 1), 8);
}

}  // namespace
}  // namespace skald::decode
