#include "decode/fallback.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <limits>

#include "base/random.h"

namespace skald::decode {
namespace {

Settings thresholds() {
  Settings s;
  s.compression_ratio_threshold = 2.4;
  s.logprob_threshold = -1.0;
  s.no_speech_threshold = 0.6;
  return s;
}

WindowResult result(double ratio, double logprob, double no_speech) {
  WindowResult r;
  r.compression_ratio = ratio;
  r.avg_logprob = logprob;
  r.no_speech_prob = no_speech;
  return r;
}

TEST(Fallback, GoodTextIsAccepted) {
  EXPECT_FALSE(needs_fallback(thresholds(), result(1.5, -0.3, 0.1)));
  EXPECT_FALSE(needs_fallback(thresholds(), result(2.4, -1.0, 0.1)));  // at the limits
}

TEST(Fallback, RepetitiveOrUnlikelyTextFails) {
  EXPECT_TRUE(needs_fallback(thresholds(), result(2.41, -0.3, 0.1)));
  EXPECT_TRUE(needs_fallback(thresholds(), result(1.5, -1.01, 0.1)));
}

TEST(Fallback, UnlikelyTextOverSilenceIsAccepted) {
  EXPECT_FALSE(needs_fallback(thresholds(), result(1.5, -1.01, 0.61)));
  EXPECT_FALSE(needs_fallback(thresholds(), result(9.0, -1.01, 0.61)));  // even when repetitive
  EXPECT_TRUE(needs_fallback(thresholds(), result(1.5, -1.01, 0.6)));
  EXPECT_TRUE(needs_fallback(thresholds(), result(9.0, -0.3, 0.9)));  // likely text: repetition counts
}

TEST(Fallback, EveryThresholdCanBeSwitchedOff) {
  Settings s = thresholds();
  s.compression_ratio_threshold.reset();
  EXPECT_FALSE(needs_fallback(s, result(9, -0.3, 0.1)));
  s = thresholds();
  s.logprob_threshold.reset();
  EXPECT_FALSE(needs_fallback(s, result(1.5, -9, 0.1)));
  EXPECT_TRUE(needs_fallback(s, result(9, -9, 0.9)));  // nothing is silence without it
  s = thresholds();
  s.no_speech_threshold.reset();
  EXPECT_TRUE(needs_fallback(s, result(1.5, -9, 0.9)));
}

TEST(TemperatureLadder, IsNumpyArange) {
  // python: [float(t).hex() for t in numpy.arange(0, 1.0 + 1e-6, 0.2)]
  EXPECT_EQ(temperature_ladder(0, 0.2), (std::vector<double>{0, 0.2, 0.4, 0x1.3333333333334p-1, 0.8, 1.0}));
  // numpy.arange(0.1, 1.0 + 1e-6, 0.3): its step is (0.1 + 0.3) - 0.1 = 0.30000000000000004
  EXPECT_EQ(temperature_ladder(0.1, 0.3), (std::vector<double>{0.1, 0.4, 0x1.6666666666667p-1, 0x1.0000000000001p+0}));
  EXPECT_EQ(temperature_ladder(1.0, 0.2), std::vector<double>{1.0});
}

TEST(TemperatureLadder, OneRung) {
  EXPECT_EQ(temperature_ladder(0.3, std::nullopt), std::vector<double>{0.3});
  EXPECT_EQ(temperature_ladder(1.5, 0.2), std::vector<double>{1.5});  // numpy.arange() is empty: the reference fails
}

TEST(CompressionRatio, OfKnownTexts) {
  EXPECT_EQ(compression_ratio(""), 0);  // 0 bytes by the 8 of an empty stream
  // python: len(zlib.compress(b"hello")) is 13; of b"ha" * 100 it is 13
  EXPECT_DOUBLE_EQ(compression_ratio("hello"), 5.0 / 13);
  std::string laughter;
  for (int i = 0; i < 100; ++i) laughter += "ha";
  EXPECT_DOUBLE_EQ(compression_ratio(laughter), 200.0 / 13);
}

TEST(CompressionRatio, EqualsOneCallOfZlib) {
  KeyedRandom random(1, 2, 3);
  for (const size_t size : {10U, 4000U, 200000U}) {  // the last needs many output buffers
    std::string text(size, 'x');
    for (char& c : text) c = static_cast<char>('a' + static_cast<int>(random.uniform() * 60));
    uLongf length = compressBound(size);
    std::vector<Bytef> out(length);
    ASSERT_EQ(compress2(out.data(), &length, reinterpret_cast<const Bytef*>(text.data()), size, -1), Z_OK);
    EXPECT_DOUBLE_EQ(compression_ratio(text), static_cast<double>(size) / static_cast<double>(length));
  }
}

}  // namespace
}  // namespace skald::decode
