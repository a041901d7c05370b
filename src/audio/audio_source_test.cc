#include "audio/audio_source.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "audio/audio_test_util.h"

namespace skald::audio {
namespace {

using testing::CapturedLog;
using testing::load;
using testing::read_all;
using testing::tones;
using testing::wav;
using testing::WavFormat;
using testing::WavKind;
using testing::write_bytes;

constexpr double kStep = 1.0 / 32768;  // one s16 step

TEST(AudioSource, SixteenKilohertzMonoIsUntouched) {
  const testing::ScratchDirectory scratch;
  const WavFormat format;
  std::vector<double> samples = tones(format, 0.7);
  for (double& sample : samples) sample = std::floor(sample / kStep) * kStep;
  samples.insert(samples.end(), {-1.0, 1.0 - kStep, 0.0, -kStep});
  const auto read = load(write_bytes(scratch / "a.wav", wav(format, samples)));
  ASSERT_EQ(read.size(), samples.size());
  for (size_t i = 0; i < read.size(); ++i) ASSERT_EQ(static_cast<double>(read[i]), samples[i]) << i;
}

TEST(AudioSource, InfoSaysWhatTheContainerSays) {
  const testing::ScratchDirectory scratch;
  const WavFormat format{.rate = 44100, .channels = 2, .bits = 24};
  const auto source = open_audio(write_bytes(scratch / "a.wav", wav(format, tones(format, 1.5))));
  ASSERT_TRUE(source);
  EXPECT_EQ((*source)->info().container, "wav");
  EXPECT_EQ((*source)->info().codec, "pcm_s24le");
  EXPECT_EQ((*source)->info().channels, 2);
  EXPECT_EQ((*source)->info().sample_rate, 44100);
  EXPECT_NEAR((*source)->info().duration, 1.5, 1.0 / 44100);
}

TEST(AudioSource, StereoIsAveraged) {
  const testing::ScratchDirectory scratch;
  const WavFormat format{.channels = 2};
  const auto samples = tones(format, 0.5);
  const auto read = load(write_bytes(scratch / "a.wav", wav(format, samples)));
  ASSERT_EQ(read.size(), samples.size() / 2);
  for (size_t i = 0; i < read.size(); ++i) {
    // Each input is rounded to a step, and so is the mean: (1/2 + 1/2) / 2 + 1/2.
    ASSERT_NEAR(static_cast<double>(read[i]), (samples[2 * i] + samples[2 * i + 1]) / 2, kStep * 1.01) << i;
  }
}

TEST(AudioSource, ResamplingKeepsATone) {
  const testing::ScratchDirectory scratch;
  const WavFormat format{.rate = 48000, .bits = 32, .kind = WavKind::kFloat};
  std::vector<double> samples;
  samples.reserve(48000);
  for (int i = 0; i < 48000; ++i) samples.push_back(0.5 * std::sin(2 * std::numbers::pi * 1000 * i / 48000));
  const auto read = load(write_bytes(scratch / "a.wav", wav(format, samples)));
  ASSERT_NEAR(static_cast<double>(read.size()), 16000, 1);
  // swresample's default (32 taps, Kaiser window, beta 9) ripples by less than 10^(-80/20) in the pass band; rounding
  // adds half a step.
  for (size_t i = 100; i < 15900; ++i) {
    ASSERT_NEAR(static_cast<double>(read[i]),
                0.5 * std::sin(2 * std::numbers::pi * 1000 * static_cast<double>(i) / 16000), 0.5e-4 + kStep / 2)
        << i;
  }
}

TEST(AudioSource, RewindsFromAnywhere) {
  const testing::ScratchDirectory scratch;
  const WavFormat format{.rate = 44100, .channels = 2};
  auto source = open_audio(write_bytes(scratch / "a.wav", wav(format, tones(format, 2))));
  ASSERT_TRUE(source);
  const auto first = read_all(**source, 1);
  EXPECT_NEAR(static_cast<double>(first.size()), 32000, 1);
  std::vector<float> some(12345);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE((*source)->rewind());
    ASSERT_EQ((*source)->read(some).value(), some.size());
    EXPECT_TRUE(std::equal(some.begin(), some.end(), first.begin()));
  }
  ASSERT_TRUE((*source)->rewind());
  EXPECT_EQ(read_all(**source, 100000), first);
  EXPECT_EQ((*source)->read(some).value(), 0U);
}

TEST(AudioSource, NumbersThatAreNoneBecomeSilence) {
  const testing::ScratchDirectory scratch;
  for (const int rate : {16000, 48000}) {
    for (const int bits : {32, 64}) {
      const WavFormat format{.rate = rate, .bits = bits, .kind = WavKind::kFloat};
      std::vector<double> clean = tones(format, 0.5);
      std::vector<double> dirty = clean;
      const double bad[] = {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                            -std::numeric_limits<double>::infinity()};
      for (size_t i = 0; i < 30; ++i) {
        dirty[100 * i + 7] = bad[i % 3];
        clean[100 * i + 7] = 0;
      }
      const auto expected = load(write_bytes(scratch / "clean.wav", wav(format, clean)));
      const CapturedLog captured;
      EXPECT_EQ(load(write_bytes(scratch / "dirty.wav", wav(format, dirty))), expected);
      EXPECT_NE(captured.text().find("30 samples are no numbers"), std::string::npos) << captured.text();
    }
  }
}

TEST(AudioSource, HugeNumbersSaturateOnTheirOwnSide) {
  const testing::ScratchDirectory scratch;
  const WavFormat format{.bits = 32, .kind = WavKind::kFloat};
  std::vector<double> samples(2000, 0.0);
  samples[500] = 1e30;
  samples[600] = -1e30;
  samples[700] = 3;
  const auto read = load(write_bytes(scratch / "a.wav", wav(format, samples)));
  ASSERT_EQ(read.size(), 2000U);
  EXPECT_EQ(read[500], 32767.0F / 32768.0F);
  EXPECT_EQ(read[600], -1.0F);
  EXPECT_EQ(read[700], 32767.0F / 32768.0F);
  EXPECT_EQ(read[501], 0.0F);
}

TEST(AudioSource, EightChannelsAndLayoutsNobodyNamed) {
  const testing::ScratchDirectory scratch;
  for (const int channels : {8, 11, 13}) {
    const WavFormat format{.channels = channels};
    // The same on all channels: any mix by shares keeps it, save that 7.1's low-frequency channel is left out.
    std::vector<double> samples;
    for (int i = 0; i < 16000; ++i) {
      const double value = 0.25 * std::sin(2 * std::numbers::pi * 440 * i / 16000);
      samples.insert(samples.end(), static_cast<size_t>(channels), value);
    }
    const auto read = load(write_bytes(scratch / "a.wav", wav(format, samples)));
    ASSERT_EQ(read.size(), 16000U) << channels;
    // Rounding of every share (Q15) and sample: one step each way and channel at most.
    for (size_t i = 0; i < read.size(); ++i) {
      ASSERT_NEAR(static_cast<double>(read[i]), samples[i * static_cast<size_t>(channels)], kStep * channels) << i;
    }
  }
}

TEST(AudioSource, HeaderWithoutSamplesIsAnEmptyRecording) {
  const testing::ScratchDirectory scratch;
  auto source = open_audio(write_bytes(scratch / "a.wav", wav({}, {})));
  ASSERT_TRUE(source) << to_string(source.error());
  EXPECT_TRUE(read_all(**source).empty());
  ASSERT_TRUE((*source)->rewind());
  EXPECT_TRUE(read_all(**source).empty());
}

TEST(AudioSource, TruncatedWavGivesWhatIsThere) {
  const testing::ScratchDirectory scratch;
  const WavFormat format;
  const auto samples = tones(format, 4);
  std::string bytes = wav(format, samples);
  const auto whole = load(write_bytes(scratch / "whole.wav", bytes));
  bytes.resize(44 + 2 * 16001 + 1);  // in the middle of a sample
  const CapturedLog captured;
  const auto part = load(write_bytes(scratch / "part.wav", bytes));
  ASSERT_EQ(part.size(), 16001U);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin()));
}

TEST(AudioSource, DamagedCompressedFilesGiveWhatIsThere) {
  if (!testing::have_ffmpeg()) return;
  const testing::ScratchDirectory scratch;
  const WavFormat format{.rate = 44100, .channels = 2};
  const std::string original = write_bytes(scratch / "original.wav", wav(format, tones(format, 6)));
  for (const char* name : {"a.flac", "a.mp3", "a.ogg", "a.opus", "a.mkv"}) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(testing::run_ffmpeg({"-i", original, scratch / name}));
    const std::string bytes = testing::read_bytes(scratch / name);
    {
      const CapturedLog captured;
      const auto half = load(write_bytes(scratch / (std::string("half-") + name), bytes.substr(0, bytes.size() / 2)));
      EXPECT_GT(half.size(), 16000U);
      EXPECT_LT(half.size(), 80000U);
    }
    std::string holed = bytes;
    std::fill_n(holed.begin() + static_cast<ptrdiff_t>(bytes.size() / 2), 4000, '\x55');
    const CapturedLog captured;
    auto source = open_audio(write_bytes(scratch / (std::string("hole-") + name), holed));
    ASSERT_TRUE(source) << to_string(source.error());
    const auto first = read_all(**source);
    EXPECT_GT(first.size(), 16000U);
    const std::string warnings = captured.text();
    ASSERT_TRUE((*source)->rewind());
    EXPECT_EQ(read_all(**source), first);
    EXPECT_EQ(captured.text(), warnings) << "warned twice";
  }
}

TEST(AudioSource, FormatMayChangeOnTheWay) {
  if (!testing::have_ffmpeg()) return;
  const testing::ScratchDirectory scratch;
  const WavFormat format{.rate = 44100, .channels = 2};
  const std::string original = write_bytes(scratch / "original.wav", wav(format, tones(format, 2)));
  ASSERT_TRUE(testing::run_ffmpeg({"-i", original, "-ar", "44100", "-ac", "2", scratch / "a.aac"}));
  ASSERT_TRUE(testing::run_ffmpeg({"-i", original, "-ar", "22050", "-ac", "1", scratch / "b.aac"}));
  const auto first = load(scratch / "a.aac");
  const auto second = load(scratch / "b.aac");
  const auto both = load(
      write_bytes(scratch / "ab.aac", testing::read_bytes(scratch / "a.aac") + testing::read_bytes(scratch / "b.aac")));
  // The decoder's first frame after the change may be lost or overlap: a frame is 1024 samples at 22,050 Hz.
  EXPECT_NEAR(static_cast<double>(both.size()), static_cast<double>(first.size() + second.size()), 2 * 1024.0);
  ASSERT_GE(both.size(), first.size());
  EXPECT_TRUE(std::equal(first.begin(), first.end() - 100, both.begin()));
}

TEST(AudioSource, TwentyMinutesInBoundedMemory) {
  const testing::ScratchDirectory scratch;
  const WavFormat format{.rate = 32000};
  constexpr int64_t kMinutes = 20;
  const int64_t count = kMinutes * 60 * format.rate;
  {
    std::ofstream file(scratch / "long.wav", std::ios::binary);
    file << testing::wav_header(format, static_cast<uint64_t>(2 * count));
    const std::string second(2 * static_cast<size_t>(format.rate), '\x11');
    for (int64_t i = 0; i < kMinutes * 60; ++i) file << second;
  }
  const auto in_use = [] {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const size_t before = in_use();
  auto source = open_audio(scratch / "long.wav");
  ASSERT_TRUE(source);
  std::vector<float> buffer(16000);
  int64_t total = 0;
  size_t most = 0;
  for (;;) {
    const size_t got = (*source)->read(buffer).value();
    if (got == 0) break;
    total += static_cast<int64_t>(got);
    most = std::max(most, in_use());
  }
  EXPECT_NEAR(static_cast<double>(total), kMinutes * 60 * 16000.0, 1);
  // The file has 77 MB, its samples as floats too; FFmpeg's probing and the filter need about 1 MB. (Under a
  // sanitizer mallinfo2 knows nothing, and this holds trivially.)
  EXPECT_LT(most, before + (size_t{6} << 20U));
}

TEST(AudioSource, MemorySamples) {
  const CapturedLog captured;
  const std::vector<float> samples = {0.5F, std::numeric_limits<float>::quiet_NaN(), -2.0F};
  auto source = audio_from_samples(samples);
  EXPECT_EQ(read_all(*source, 2), (std::vector<float>{0.5F, 0.0F, -2.0F}));
  ASSERT_TRUE(source->rewind());
  EXPECT_EQ(read_all(*source).size(), 3U);
  EXPECT_NE(captured.text().find("no numbers"), std::string::npos);
}

}  // namespace
}  // namespace skald::audio
