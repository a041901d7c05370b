#include "engine/segments.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>

namespace skald::engine {
namespace {

/// The English vocabulary that the program carries: its first timestamp is 50363.
const text::Tokenizer& tokenizer() {
  static const text::Tokenizer loaded = text::Tokenizer::load(std::nullopt, 51864).value();
  return loaded;
}

int32_t at(int position) {
  return tokenizer().special().timestamp_begin + position;
}

int32_t word(const std::string& text) {
  return tokenizer().encode(text).at(0);
}

decode::WindowResult result_of(std::vector<int32_t> tokens) {
  decode::WindowResult result;
  result.tokens = std::move(tokens);
  result.avg_logprob = -0.25;
  result.temperature = 0.2;
  result.compression_ratio = 1.5;
  result.no_speech_prob = 0.125;
  return result;
}

TEST(CutSegments, PairsCutAndTheUnfinishedRestIsHeardAgain) {
  const auto result = result_of({at(0), word(" one"), at(50), at(60), word(" two"), at(100), at(100), word(" three")});
  const WindowSegments cut = cut_segments(result, {.seek = 1000, .frames = 3000}, tokenizer());
  ASSERT_EQ(2U, cut.segments.size());
  EXPECT_EQ(" one", cut.segments[0].text);
  EXPECT_EQ((std::vector<int32_t>{at(0), word(" one"), at(50)}), cut.segments[0].tokens);
  EXPECT_DOUBLE_EQ(10.0, cut.segments[0].start);
  EXPECT_DOUBLE_EQ(11.0, cut.segments[0].end);
  EXPECT_EQ(" two", cut.segments[1].text);
  EXPECT_DOUBLE_EQ(11.2, cut.segments[1].start);
  EXPECT_DOUBLE_EQ(12.0, cut.segments[1].end);
  EXPECT_EQ(1000, cut.segments[1].seek);
  EXPECT_EQ(0.2, cut.segments[1].temperature);
  EXPECT_EQ(-0.25, cut.segments[1].avg_logprob);
  EXPECT_EQ(1.5, cut.segments[1].compression_ratio);
  EXPECT_EQ(0.125, cut.segments[1].no_speech_prob);
  EXPECT_EQ(1000 + 2 * 100, cut.next_seek);
}

TEST(CutSegments, SingleTimestampAtTheEndUsesTheWholeWindow) {
  const auto result = result_of({at(0), word(" one"), at(50), at(50), word(" two"), at(80)});
  const WindowSegments cut = cut_segments(result, {.seek = 0, .frames = 2500}, tokenizer());
  ASSERT_EQ(2U, cut.segments.size());
  EXPECT_DOUBLE_EQ(1.6, cut.segments[1].end);
  EXPECT_EQ(2500, cut.next_seek);
}

TEST(CutSegments, WithoutAPairTheLastTimestampEnds) {
  const auto result = result_of({at(0), word(" one"), at(70)});
  const WindowSegments cut = cut_segments(result, {.seek = 300, .frames = 900}, tokenizer());
  ASSERT_EQ(1U, cut.segments.size());
  EXPECT_DOUBLE_EQ(3.0, cut.segments[0].start);
  EXPECT_DOUBLE_EQ(3.0 + 1.4, cut.segments[0].end);
  EXPECT_EQ(1200, cut.next_seek);
}

TEST(CutSegments, WithoutAnEndTheWindowEnds) {
  for (const auto& tokens : {std::vector<int32_t>{word(" one")}, {at(0), word(" one")}, {}}) {
    const WindowSegments cut = cut_segments(result_of(tokens), {.seek = 0, .frames = 905}, tokenizer());
    ASSERT_EQ(1U, cut.segments.size());
    EXPECT_EQ(9.05, cut.segments[0].end);
    EXPECT_EQ(tokens, cut.segments[0].tokens);
    EXPECT_EQ(905, cut.next_seek);
  }
}

TEST(CutSegments, AlwaysMovesOn) {
  const WindowSegments cut =
      cut_segments(result_of({at(0), at(0), word(" one")}), {.seek = 5, .frames = 100}, tokenizer());
  EXPECT_EQ(105, cut.next_seek);
}

TEST(CutSegments, TimesAreRoundedAsPythonDoes) {
  // Python: 2712 * 160 / 16000 + 37 * 0.02 == 27.86; the sum is not the nearest double of 27.86.
  const WindowSegments cut =
      cut_segments(result_of({at(0), word(" a"), at(37)}), {.seek = 2712, .frames = 100}, tokenizer());
  EXPECT_EQ(2712.0 * 160 / 16000, cut.segments[0].start);
  EXPECT_EQ(27.12 + 37 * 0.02, cut.segments[0].end);
}

TEST(ClearIfEmpty, BlankOrInstantaneous) {
  Segment kept{.start = 1, .end = 2, .text = " x", .tokens = {1}};
  clear_if_empty(kept);
  EXPECT_EQ(" x", kept.text);
  Segment instantaneous{.start = 2, .end = 2, .text = " x", .tokens = {1}, .words = {{.word = " x"}}};
  clear_if_empty(instantaneous);
  EXPECT_TRUE(instantaneous.text.empty());
  EXPECT_TRUE(instantaneous.tokens.empty());
  EXPECT_TRUE(instantaneous.words.empty());
  for (const char* blank : {"", " ", "\t\n", "\u00A0", "\u3000 \u2003"}) {
    Segment segment{.start = 1, .end = 2, .text = blank, .tokens = {1, 2}};
    clear_if_empty(segment);
    EXPECT_TRUE(segment.text.empty());
    EXPECT_TRUE(segment.tokens.empty());
  }
  Segment wide{.start = 1, .end = 2, .text = "\u200B", .tokens = {1}};  // no White_Space: Python keeps it too
  clear_if_empty(wide);
  EXPECT_EQ(1U, wide.tokens.size());
}

TEST(IsSilence, ThresholdsOfTheReference) {
  decode::Settings settings;
  settings.no_speech_threshold = 0.6;
  settings.logprob_threshold = -1.0;
  decode::WindowResult result;
  result.no_speech_prob = 0.7;
  result.avg_logprob = -1.5;
  EXPECT_TRUE(is_silence(result, settings));
  result.avg_logprob = -1.0;  // not above the threshold
  EXPECT_TRUE(is_silence(result, settings));
  result.avg_logprob = -0.5;
  EXPECT_FALSE(is_silence(result, settings));
  settings.logprob_threshold.reset();
  EXPECT_TRUE(is_silence(result, settings));
  result.no_speech_prob = 0.6;
  EXPECT_FALSE(is_silence(result, settings));
  settings.no_speech_threshold.reset();
  result.no_speech_prob = 1;
  EXPECT_FALSE(is_silence(result, settings));
}

std::vector<int32_t> range(int from, int count) {
  std::vector<int32_t> out(static_cast<size_t>(count));
  std::iota(out.begin(), out.end(), from);
  return out;
}

std::vector<Segment> one(std::vector<int32_t> tokens) {
  std::vector<Segment> segments(1);
  segments[0].tokens = std::move(tokens);
  return segments;
}

TEST(History, PlainPromptIsEverythingSinceTheReset) {
  History history({7, 8}, false, 223);
  EXPECT_EQ((std::vector<int32_t>{7, 8}), history.prompt());
  history.add(one({1, 2}), false);
  EXPECT_EQ((std::vector<int32_t>{7, 8, 1, 2}), history.prompt());
  history.add(one({3}), true);
  EXPECT_TRUE(history.prompt().empty());
  history.add(one({4}), false);
  EXPECT_EQ((std::vector<int32_t>{4}), history.prompt());
}

TEST(History, CarriedPromptStaysInFront) {
  History history({7, 8}, true, 5);  // leaves room for three
  history.add(one({1, 2, 3, 4}), false);
  EXPECT_EQ((std::vector<int32_t>{7, 8, 2, 3, 4}), history.prompt());
  history.add({}, true);
  EXPECT_EQ((std::vector<int32_t>{7, 8}), history.prompt());
}

TEST(History, CarriedPromptWithoutRoomSlicesAsPython) {
  // recent[-0:] is everything, recent[-(-2):] everything but the first two.
  History exact(range(100, 5), true, 5);
  exact.add(one({1, 2, 3}), false);
  EXPECT_EQ(5U + 3U, exact.prompt().size());
  History over(range(100, 7), true, 5);
  over.add(one({1, 2, 3}), false);
  const std::vector<int32_t> prompt = over.prompt();
  ASSERT_EQ(8U, prompt.size());
  EXPECT_EQ(3, prompt.back());
}

}  // namespace
}  // namespace skald::engine
