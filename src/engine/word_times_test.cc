// The rules on words and their times, each on words made for it.

#include "engine/word_times.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/clips.h"

namespace skald::engine {
namespace {

constexpr Punctuation kMarks{"\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"};
constexpr int32_t kEnd = 100;

TimedWord word(std::string text, double start, double end, double probability = 0.9) {
  return {.word = std::move(text), .tokens = 1, .start = start, .end = end, .probability = probability};
}

std::vector<std::string> texts(const std::vector<TimedWord>& words) {
  std::vector<std::string> out;
  for (const TimedWord& one : words) out.push_back(one.word);
  return out;
}

Segment segment(double start, double end, size_t tokens) {
  Segment made;
  made.start = start;
  made.end = end;
  made.tokens.assign(tokens, 1);
  return made;
}

Segment spoken(double start, double end, double probability, int words = 1) {
  Segment made = segment(start, end, 1);
  const double each = (end - start) / words;
  for (int i = 0; i < words; ++i) {
    made.words.push_back({" word", start + i * each, start + (i + 1) * each, probability});
  }
  return made;
}

TEST(WordTimes, AreThoseOfTokens) {
  const std::vector<text::WordTokens> words{{" to", {1}}, {" gether", {2, 3}}, {"<|endoftext|>", {kEnd}}};
  const std::vector<TimedWord> timed =
      time_words(words, {.starts = {0.5, 1.0, 1.2, 2.0}, .probabilities = {0.5, 0.25, 0.75}});
  ASSERT_EQ(timed.size(), 2U);
  EXPECT_EQ(timed[0].start, 0.5);
  EXPECT_EQ(timed[0].end, 1.0);
  EXPECT_EQ(timed[1].start, 1.0);
  EXPECT_EQ(timed[1].end, 2.0);
  EXPECT_EQ(timed[1].probability, 0.5);
  EXPECT_TRUE(time_words(std::span(words).last(1), {}).empty());
}

TEST(WordTimes, PunctuationIsMerged) {
  std::vector<TimedWord> words{word(" \"", 0, 1), word("Yes", 1, 2),   word(",", 2, 3), word("\"", 3, 4),
                               word(" he", 4, 5), word(" said", 5, 6), word(".", 6, 7)};
  merge_punctuation(words, kMarks.prepended, kMarks.appended);
  EXPECT_EQ(texts(words), (std::vector<std::string>{"", " \"Yes,\"", "", "", " he", " said.", ""}));
  EXPECT_EQ(words[1].tokens, 4U);
  EXPECT_EQ(words[0].tokens, 0U);
  std::vector<TimedWord> none;
  merge_punctuation(none, kMarks.prepended, kMarks.appended);
  EXPECT_TRUE(none.empty());
}

TEST(WordTimes, SegmentsGetTheirWords) {
  std::vector<Segment> segments{segment(10, 12, 2), segment(12, 13, 1)};
  add_words(segments, {word(" a", 0.1, 0.4), word(" b", 0.4, 0.7), word(" c", 2.1, 2.4)}, kMarks, 10, 0, kEnd);
  ASSERT_EQ(segments[0].words.size(), 2U);
  ASSERT_EQ(segments[1].words.size(), 1U);
  EXPECT_EQ(segments[0].words[1].word, " b");
  EXPECT_EQ(segments[0].words[0].start, 10.1);
  EXPECT_EQ(segments[0].start, 10.1);  // follows its words
  EXPECT_EQ(segments[0].end, 10.7);
  EXPECT_EQ(segments[1].start, 12.1);
}

TEST(WordTimes, LongWordsAtSentenceEndsAreCut) {
  // Median 0.2: the mark's 3 s become 0.4, and so does the word after a mark.
  std::vector<Segment> segments{segment(0, 9, 5)};
  add_words(segments,
            {word(" a", 0, 0.2), word(" b", 0.2, 0.4), word(".", 0.4, 3.4), word(" c", 3.4, 6.4), word(" d", 6.4, 6.6)},
            {"", ""}, 0, 0, kEnd);
  const std::vector<Word>& words = segments[0].words;
  ASSERT_EQ(words.size(), 5U);
  EXPECT_NEAR(words[2].end, 0.8, 1e-9);
  EXPECT_NEAR(words[3].start, 6.0, 1e-9);
}

TEST(WordTimes, FirstWordAfterAPauseIsCut) {
  std::vector<Segment> segments{segment(20.5, 24, 3)};
  add_words(segments, {word(" a", 0, 4), word(" b", 4, 4.2), word(" c", 4.2, 4.4)}, kMarks, 20, 5, kEnd);
  EXPECT_NEAR(segments[0].words[0].start, 23.6, 1e-9);  // median 0.2, twice that before its end
  EXPECT_NEAR(segments[0].start, 23.6, 1e-9);
}

TEST(WordTimes, SegmentsEndWinsOverAWordThatSticksOut) {
  std::vector<Segment> segments{segment(0, 1, 3)};
  add_words(segments, {word(" a", 0, 0.3), word(" b", 0.3, 0.6), word(" c", 0.6, 2.4)}, kMarks, 0, 0, kEnd);
  EXPECT_NEAR(segments[0].words[2].end, 1.0, 1e-9);
  EXPECT_EQ(segments[0].end, 1.0);
}

TEST(WordTimes, LastEnd) {
  EXPECT_FALSE(last_end({}));
  std::vector<Segment> segments{spoken(0, 2, 0.9), segment(2, 5, 0)};
  EXPECT_EQ(last_end(segments), 2.0);
  segments[0].words.clear();
  EXPECT_EQ(last_end(segments), 5.0);
}

TEST(Hallucinations, WordsThatNobodySays) {
  EXPECT_FALSE(is_anomalous(spoken(0, 2, 0.9, 5), kMarks));
  EXPECT_TRUE(is_anomalous(spoken(0, 2, 0.1, 5), kMarks));    // unlikely, each
  EXPECT_TRUE(is_anomalous(spoken(0, 0.2, 0.9, 8), kMarks));  // 0.025 s each: 8 x 1.62
  EXPECT_TRUE(is_anomalous(spoken(0, 6, 0.9, 1), kMarks));    // one word of 6 s
  EXPECT_FALSE(is_anomalous(segment(0, 1, 3), kMarks));       // no words
}

TEST(Hallucinations, LeadingSilenceIsSkipped) {
  std::vector<Segment> segments{spoken(15, 15.5, 0.05)};
  const HeardWindow window{
      .seek = 1000, .frames = 3000, .content_frames = 9000, .single_ending = true, .last_speech = 9};
  const Judgement judgement = skip_hallucinations(segments, window, 2.0, 4000, kMarks);
  EXPECT_TRUE(judgement.again);
  EXPECT_EQ(judgement.next_seek, 1500);
}

TEST(Hallucinations, WhatIsSurroundedBySilenceIsRemoved) {
  std::vector<Segment> segments{spoken(10.5, 12, 0.9, 4), spoken(20, 20.5, 0.05), spoken(30, 32, 0.9, 4)};
  const HeardWindow window{
      .seek = 1000, .frames = 3000, .content_frames = 9000, .single_ending = true, .last_speech = 10};
  const Judgement judgement = skip_hallucinations(segments, window, 2.0, 4000, kMarks);
  EXPECT_FALSE(judgement.again);
  ASSERT_EQ(segments.size(), 1U);
  EXPECT_EQ(judgement.next_seek, 2000);
}

TEST(Hallucinations, AtTheEndOfTheFileNothingIsLeft) {
  std::vector<Segment> segments{spoken(0.5, 2, 0.9, 4), spoken(27.5, 29, 0.05)};
  const HeardWindow window{.seek = 0, .frames = 3000, .content_frames = 3000, .single_ending = true, .last_speech = 0};
  EXPECT_EQ(skip_hallucinations(segments, window, 2.0, 2900, kMarks).next_seek, 3000);
  EXPECT_EQ(segments.size(), 1U);
}

TEST(Hallucinations, GoodSegmentsStay) {
  std::vector<Segment> segments{spoken(10.5, 12, 0.9, 4), spoken(13, 15, 0.9, 6)};
  const HeardWindow window{
      .seek = 1000, .frames = 3000, .content_frames = 9000, .single_ending = false, .last_speech = 10};
  const Judgement judgement = skip_hallucinations(segments, window, 2.0, 1500, kMarks);
  EXPECT_EQ(segments.size(), 2U);
  EXPECT_EQ(judgement.next_seek, 1500);  // more than 2 s of the window are left after the last word
}

TEST(Clips, PairsOfTimes) {
  const auto clips = parse_clips("0,12.5, 30,45", 10000);
  ASSERT_TRUE(clips);
  ASSERT_EQ(clips->size(), 2U);
  EXPECT_EQ((*clips)[0].end, 1250);
  EXPECT_EQ((*clips)[1].begin, 3000);
  EXPECT_EQ(parse_clips("", 500).value()[0].end, 500);
  EXPECT_EQ(parse_clips("2", 500).value()[0].begin, 200);
  EXPECT_EQ(parse_clips("1,99", 500).value()[0].end, 500);
  for (const char* bad : {"x", "1,", "1,x", "-1", "nan", "1e99", "3,2", "1;2", ","}) {
    EXPECT_FALSE(parse_clips(bad, 500)) << bad;
  }
}

}  // namespace
}  // namespace skald::engine
