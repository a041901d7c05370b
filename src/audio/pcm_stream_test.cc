#include "audio/pcm_stream.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace skald::audio {
namespace {

template <class T>
std::vector<std::byte> bytes_of(const std::vector<T>& samples) {
  std::vector<std::byte> bytes(samples.size() * sizeof(T));
  std::memcpy(bytes.data(), samples.data(), bytes.size());
  return bytes;
}

std::vector<float> convert(const std::string& format, int rate, int channels, std::span<const std::byte> bytes,
                           size_t piece) {
  auto stream = PcmStream::open(format, rate, channels).value();
  std::vector<float> out;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    EXPECT_TRUE(stream.convert(bytes.subspan(at, std::min(piece, bytes.size() - at)), out));
  }
  EXPECT_TRUE(stream.finish(out));
  return out;
}

TEST(PcmStream, SixteenBitsComeAsTheyAreHoweverTheyAreCut) {
  std::vector<int16_t> samples;
  for (int i = 0; i < 1000; ++i) samples.push_back(static_cast<int16_t>(i * 37));
  const auto bytes = bytes_of(samples);
  for (const size_t piece : {size_t{1}, size_t{3}, size_t{512}, bytes.size()}) {
    const auto out = convert("s16le", 16000, 1, bytes, piece);
    ASSERT_EQ(samples.size(), out.size()) << piece;
    for (size_t i = 0; i < out.size(); ++i) ASSERT_EQ(static_cast<float>(samples[i]) / 32768, out[i]);
  }
}

TEST(PcmStream, OtherFormatsRatesAndChannels) {
  constexpr double kTwoPi = 6.283185307179586;
  std::vector<float> stereo;
  for (int i = 0; i < 48000; ++i) {  // a tone of 440 Hz on both sides
    const auto sample = static_cast<float>(0.5 * std::sin(kTwoPi * 440 * i / 48000));
    stereo.insert(stereo.end(), {sample, sample});
  }
  const auto out = convert("f32le", 48000, 2, bytes_of(stereo), 1000);
  ASSERT_NEAR(16000, static_cast<double>(out.size()), 40);
  double error = 0;
  for (size_t i = 100; i < 15000; ++i) {
    error = std::max(error, std::abs(out[i] - 0.5 * std::sin(kTwoPi * 440 * static_cast<double>(i) / 16000)));
  }
  EXPECT_LT(error, 0.01);
  EXPECT_EQ((std::vector<float>{0, 0.5F, -1}), convert("u8", 16000, 1, bytes_of(std::vector<uint8_t>{128, 192, 0}), 2));
  EXPECT_EQ((std::vector<float>{0.5F}), convert("s32le", 16000, 1, bytes_of(std::vector<int32_t>{1 << 30}), 4));
}

TEST(PcmStream, NothingAndAPartOfASample) {
  EXPECT_TRUE(convert("s16le", 44100, 1, {}, 1).empty());
  const std::vector<std::byte> one(1);
  EXPECT_TRUE(convert("s16le", 16000, 1, one, 1).empty());
  EXPECT_FALSE(PcmStream::open("mp3", 16000, 1));
}

}  // namespace
}  // namespace skald::audio
