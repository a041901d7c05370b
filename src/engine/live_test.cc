// The listening loop over recognisers that are written down, with a simulated clock, and over mini.en.

#include "engine/live.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "audio/audio_source.h"

namespace skald::engine {
namespace {

constexpr int kRate = audio::kSampleRate;

/// Samples that say where they are: sample i of the stream is i / 2^24.
std::vector<float> ramp(int64_t from, int64_t count) {
  std::vector<float> samples(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) samples[static_cast<size_t>(i)] = static_cast<float>(from + i) / 16777216.0F;
  return samples;
}

/// A speech of words "w0", "w1" ... of 0.3 s, one every 0.4 s, a sentence of ten and then a pause of `pause` seconds.
/// Hears all words that begin in the audio; the last one, not yet over, is heard wrongly; times are off by up to 60 ms.
struct Speaker {
  double pause = 0.6;
  int calls = 0;

  Word word(int index) const {
    const double start = index * 0.4 + index / 10 * pause;
    return {.word = " W" + std::to_string(index) + (index % 10 == 9 ? "." : ""), .start = start, .end = start + 0.3};
  }
  Result<std::vector<Word>> hear(std::span<const float> samples) {
    ++calls;
    const double from = std::round(static_cast<double>(samples.front()) * 16777216.0) / kRate;
    const double to = from + static_cast<double>(samples.size()) / kRate;
    std::vector<Word> words;
    for (int i = 0; word(i).start < to; ++i) {
      Word heard = word(i);
      if (heard.start < from - 0.05) continue;
      const double jitter = 0.02 * ((i + calls) % 7 - 3);
      if (heard.end > to) heard.word = " hm" + std::to_string(calls);
      if ((i + calls) % 2 == 0) std::ranges::transform(heard.word, heard.word.begin(), ::tolower);
      heard.start += jitter - from;
      heard.end = std::min(heard.end + jitter - from, to - from);
      words.push_back(heard);
    }
    return words;
  }
};

struct Heard {
  std::vector<std::pair<Word, double>> stable;  // and the time at which it was told
  double most_held = 0;
  size_t longest_provisional = 0;
};

/// Feeds `seconds` of a stream in pieces of `piece` seconds, and the end.
Heard run(Speaker speaker, double seconds, double piece, const LiveOptions& options = {}) {
  Heard heard;
  LiveLoop loop([&](std::span<const float> samples, const std::string&) { return speaker.hear(samples); }, options,
                [&](const LiveText& text) {
                  for (const Word& word : text.stable) heard.stable.emplace_back(word, text.heard);
                  heard.longest_provisional = std::max(heard.longest_provisional, text.provisional.size());
                });
  const auto total = static_cast<int64_t>(seconds * kRate);
  for (int64_t at = 0; at < total;) {
    const int64_t count = std::min(static_cast<int64_t>(piece * kRate), total - at);
    EXPECT_TRUE(loop.feed(ramp(at, count)));
    at += count;
    heard.most_held = std::max(heard.most_held, static_cast<double>(loop.held()) / kRate);
  }
  EXPECT_TRUE(loop.finish());
  return heard;
}

void expect_all_words(const Heard& heard, const Speaker& speaker, double seconds) {
  size_t count = 0;
  while (speaker.word(static_cast<int>(count)).end <= seconds - 0.1) ++count;
  ASSERT_GE(heard.stable.size(), count);
  for (size_t i = 0; i < count; ++i) {
    const Word& word = heard.stable[i].first;
    EXPECT_TRUE(is_same_word(word.word, speaker.word(static_cast<int>(i)).word)) << i << ": " << word.word;
    EXPECT_NEAR(word.start, speaker.word(static_cast<int>(i)).start, 0.07);
  }
  EXPECT_LE(heard.stable.size(), count + 1);
}

TEST(LiveLoop, EveryWordOnceInOrderWhateverThePieces) {
  for (const double piece : {0.02, 0.5, 0.73, 3.0, 60.0}) {
    SCOPED_TRACE(piece);
    const Speaker speaker;
    expect_all_words(run(speaker, 60, piece), speaker, 60);
  }
}

// Two steps, and the 0.2 s at the end of audio that are not believed; times are off by up to 0.06 s at either end.
TEST(LiveLoop, WordsAreStableAfterTwoSteps) {
  const LiveOptions options;
  const Heard heard = run({}, 120, 0.1, options);
  for (const auto& [word, told] : heard.stable) {
    if (told > 119.9) continue;  // the end
    EXPECT_LE(told - word.end, 2 * options.step + 0.2 + 0.15) << word.word;
  }
}

TEST(LiveLoop, AnHourNeedsNoMoreThanItsLength) {
  const LiveOptions options;
  Speaker speaker;
  const Heard heard = run(speaker, 3600, 1, options);
  expect_all_words(heard, speaker, 3600);
  EXPECT_LE(heard.most_held, options.length);
  EXPECT_LE(heard.longest_provisional, 10U);
}

TEST(LiveLoop, SilenceIsLetGo) {
  const LiveOptions options;
  double most = 0;
  LiveLoop loop([](std::span<const float>, const std::string&) { return std::vector<Word>{}; }, options,
                [](const LiveText& text) { EXPECT_TRUE(text.stable.empty() && text.provisional.empty()); });
  for (int second = 0; second < 600; ++second) {
    ASSERT_TRUE(loop.feed(ramp(second * kRate, kRate)));
    most = std::max(most, static_cast<double>(loop.held()) / kRate);
  }
  EXPECT_LE(most, 3);
}

TEST(LiveLoop, HypothesesThatNeverAgreeAreTakenWhenThereIsNoRoom) {
  int calls = 0;
  std::vector<Word> stable;
  const LiveOptions options{.length = 5};
  LiveLoop loop(
      [&](std::span<const float> samples, const std::string&) {
        const double end = static_cast<double>(samples.size()) / kRate;
        const std::string mark = std::to_string(++calls);
        return std::vector<Word>{{.word = " a" + mark, .start = 0, .end = end / 2},
                                 {.word = " b" + mark, .start = end / 2, .end = end}};
      },
      options, [&](const LiveText& text) { stable.insert(stable.end(), text.stable.begin(), text.stable.end()); });
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(loop.feed(ramp(i * kRate, kRate)));
  EXPECT_LE(loop.held(), static_cast<size_t>(5 * kRate));
  EXPECT_GE(stable.size(), 10U);
}

TEST(LiveLoop, TheTextBeforeIsGivenOnAndStaysShort) {
  Speaker speaker;
  size_t longest = 0;
  std::string last;
  LiveLoop loop(
      [&](std::span<const float> samples, const std::string& before) {
        longest = std::max(longest, before.size());
        last = before;
        return speaker.hear(samples);
      },
      {}, {});
  for (int i = 0; i < 120; ++i) ASSERT_TRUE(loop.feed(ramp(i * kRate, kRate)));
  EXPECT_LE(longest, 200U);
  EXPECT_NE(std::string::npos, last.find(" W2")) << last;  // of the words 200 and on, the last sentence or two
}

TEST(LiveLoop, AnErrorIsHandedOn) {
  LiveLoop loop(
      [](std::span<const float>, const std::string&) -> Result<std::vector<Word>> {
        return fail(ErrorCode::kOutOfMemory, "audio", "no memory");
      },
      {}, {});
  const auto failed = loop.feed(ramp(0, kRate));
  ASSERT_FALSE(failed);
  EXPECT_EQ(ErrorCode::kOutOfMemory, failed.error().code);
}

TEST(LiveOptions, RangesAndNames) {
  EXPECT_TRUE(validate(LiveOptions{}));
  EXPECT_EQ("format", validate(LiveOptions{.format = "mp3"}).error().where);
  EXPECT_EQ("rate", validate(LiveOptions{.rate = 0}).error().where);
  EXPECT_EQ("length", validate(LiveOptions{.length = 3600}).error().where);
}

}  // namespace
}  // namespace skald::engine
