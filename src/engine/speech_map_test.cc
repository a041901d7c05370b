#include "engine/speech_map.h"

#include <gtest/gtest.h>

#include <vector>

#include "audio/log_mel.h"

namespace skald::engine {
namespace {

/// Probabilities of 20 ms steps: 0.9 in the stretches (frames), else 0.1.
std::vector<float> heard(int64_t frames, const std::vector<Stretch>& speech) {
  std::vector<float> out(static_cast<size_t>(frames / 2), 0.1F);
  for (const Stretch& s : speech) std::fill(out.begin() + s.begin / 2, out.begin() + s.end / 2, 0.9F);
  return out;
}

TEST(SpeechRegions, ShortSilenceIsPartOfTheSpeech) {
  const TranscribeOptions options;  // 500 ms
  const auto probabilities = heard(2000, {{100, 200}, {250, 300}, {352, 400}});
  EXPECT_EQ((std::vector<Stretch>{{100, 300}, {352, 400}}), speech_regions(probabilities, options, 2000));
}

TEST(SpeechRegions, ShortSpeechIsNone) {
  const TranscribeOptions options;  // 100 ms
  EXPECT_EQ((std::vector<Stretch>{{500, 510}}), speech_regions(heard(2000, {{100, 108}, {500, 510}}), options, 2000));
}

TEST(SpeechRegions, HysteresisKeepsWhatIsNearlySpeech) {
  const TranscribeOptions options;  // 0.5: over below 0.35
  std::vector<float> probabilities(500, 0.0F);
  for (size_t i = 100; i < 200; ++i) probabilities[i] = i == 100 ? 0.5F : 0.36F;
  EXPECT_EQ((std::vector<Stretch>{{200, 400}}), speech_regions(probabilities, options, 1000));
  probabilities[100] = 0.49F;
  EXPECT_TRUE(speech_regions(probabilities, options, 1000).empty());
}

TEST(SpeechRegions, SpeechUpToTheEndEndsWithTheRecording) {
  const TranscribeOptions options;
  EXPECT_EQ((std::vector<Stretch>{{900, 999}}), speech_regions(heard(1010, {{900, 1010}}), options, 999));
}

TEST(Padded, RegionsThatMeetBecomeOne) {
  TranscribeOptions options;
  options.vad_speech_pad_ms = 200;
  const std::vector<Stretch> regions = {{10, 50}, {85, 100}, {200, 990}};
  EXPECT_EQ((std::vector<Stretch>{{0, 120}, {180, 1000}}), padded(regions, options, 1000));
}

TEST(Intersection, PartsOfBoth) {
  const std::vector<Stretch> regions = {{0, 10}, {20, 40}, {50, 60}};
  const std::vector<Stretch> clips = {{5, 25}, {30, 35}, {60, 70}};
  EXPECT_EQ((std::vector<Stretch>{{5, 10}, {20, 25}, {30, 35}}), intersection(regions, clips));
  EXPECT_TRUE(intersection({}, clips).empty());
}

std::vector<Stretch> stretches(const std::vector<WindowPlace>& windows) {
  std::vector<Stretch> out;
  out.reserve(windows.size());
  for (const WindowPlace& w : windows) out.push_back({w.seek, w.seek + w.frames});
  return out;
}

TEST(PackWindows, NeighboursShareAWindowWhileTheyFit) {
  const std::vector<Stretch> regions = {{100, 1000}, {1500, 3100}, {3101, 3200}, {9000, 9100}};
  const auto probabilities = heard(10000, regions);
  EXPECT_EQ((std::vector<Stretch>{{100, 3100}, {3101, 3200}, {9000, 9100}}),
            stretches(pack_windows(regions, probabilities)));
}

TEST(PackWindows, LongSpeechIsCutWhereItIsLeastLikely) {
  const std::vector<Stretch> regions = {{0, 7000}};
  auto probabilities = heard(7000, regions);
  probabilities[1100] = 0.2F;  // frame 2200, in the second half of the first window
  probabilities[300] = 0.0F;   // in its first half: does not count
  probabilities[2000] = 0.3F;  // frame 4000, in the second half of what begins at 2200
  EXPECT_EQ((std::vector<Stretch>{{0, 2200}, {2200, 4000}, {4000, 7000}}),
            stretches(pack_windows(regions, probabilities)));
}

TEST(PackWindows, EveryFrameOfSpeechIsInOneWindowOfAtMostThirtySeconds) {
  uint32_t state = 7;
  const auto random = [&](int64_t below) {
    state = 1664525U * state + 1013904223U;
    return static_cast<int64_t>(state >> 8U) % below;
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<Stretch> regions;
    int64_t at = 0;
    while (at < 20000) {
      const int64_t begin = at + 2 + 2 * random(400);
      const int64_t end = begin + 2 + 2 * random(round % 2 == 0 ? 500 : 4000);
      regions.push_back({begin, end});
      at = end;
    }
    const auto windows = stretches(pack_windows(regions, heard(at + 100, regions)));
    int64_t last = 0;
    for (const Stretch& window : windows) {
      ASSERT_GE(window.begin, last);
      ASSERT_GT(window.size(), 0);
      ASSERT_LE(window.size(), audio::kWindowFrames);
      last = window.end;
    }
    int64_t speech = 0;
    for (const Stretch& region : regions) speech += region.size();
    int64_t inside = 0;
    for (const Stretch& part : intersection(regions, windows)) inside += part.size();
    ASSERT_EQ(speech, inside);
  }
}

Segment segment(double start, double end) {
  Segment s;
  s.start = start;
  s.end = end;
  s.text = " text";
  return s;
}

TEST(MoveIntoSpeech, EndsInSilenceGoBackToTheSpeech) {
  const std::vector<Stretch> speech = {{100, 200}, {300, 400}};
  Segment s = segment(0.5, 5);
  EXPECT_TRUE(move_into_speech(s, speech));
  EXPECT_EQ(1.0, s.start);
  EXPECT_EQ(4.0, s.end);
  s = segment(1.2, 3.5);
  EXPECT_TRUE(move_into_speech(s, speech));
  EXPECT_EQ(1.2, s.start);
  EXPECT_EQ(3.5, s.end);
  s = segment(2.1, 2.9);
  EXPECT_FALSE(move_into_speech(s, speech));
}

TEST(Account, EverySecondIsOneOfThree) {
  const std::vector<Stretch> speech = {{0, 500}, {800, 1000}};
  std::vector<Segment> segments = {segment(0, 10)};
  segments[0].words = {{.word = " a", .start = 1, .end = 1.5}, {.word = " b", .start = 1.5, .end = 2}};
  segments.push_back(segment(8, 8.5));  // without words
  const Coverage coverage = account(segments, speech, 1200);
  EXPECT_NEAR(1.6 + 0.8, coverage.speech_with_text, 1e-9);  // 0.7 to 2.3, 8 to 8.8
  EXPECT_NEAR(12, coverage.speech_with_text + coverage.speech_without_text + coverage.silence, 1e-9);
  EXPECT_NEAR(5, coverage.silence, 1e-9);
  ASSERT_EQ(3U, coverage.missed.size());
  EXPECT_NEAR(0.7, coverage.missed[0].end, 1e-9);
  EXPECT_NEAR(2.3, coverage.missed[1].start, 1e-9);
  EXPECT_NEAR(8.8, coverage.missed[2].start, 1e-9);
  EXPECT_NEAR(10, coverage.missed[2].end, 1e-9);
}

}  // namespace
}  // namespace skald::engine
