#include "audio/log_mel.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>
#include <string>

#include "audio/audio_test_util.h"

namespace skald::audio {
namespace {

constexpr size_t kFilterBins = 201;

/// tools/golden/log_mel.py's signal.
std::vector<int16_t> golden_signal(size_t count) {
  std::vector<int16_t> pcm(count);
  uint32_t state = 12345;
  for (size_t i = 0; i < count; ++i) {
    state = 1664525U * state + 1013904223U;
    const double noise = static_cast<double>(state) / 2147483648.0 - 1;
    const double t = static_cast<double>(i) / 16000;
    constexpr double kPi = std::numbers::pi;
    const double x = 0.4 * std::sin(2 * kPi * 220 * t) * std::sin(kPi * t) +
                     0.2 * std::sin(2 * kPi * 1234.5 * t) * std::sin(0.7 * kPi * t) +
                     0.1 * std::sin(2 * kPi * 6500 * t) + (i < count / 2 ? 0.05 : 0.00005) * noise;
    pcm[i] = static_cast<int16_t>(std::floor(x * 32767 + 0.5));
  }
  return pcm;
}

std::vector<float> to_float(std::span<const int16_t> pcm) {
  std::vector<float> samples;
  for (const int16_t s : pcm) samples.push_back(static_cast<float>(s) / 32768.0F);
  return samples;
}

/// Noise in [-1, 1).
std::vector<float> noise(size_t count, uint32_t state) {
  std::vector<float> samples(count);
  for (float& sample : samples) {
    state = 1664525U * state + 1013904223U;
    sample = static_cast<float>(static_cast<double>(state) / 2147483648.0 - 1);
  }
  return samples;
}

class LogMelGolden : public ::testing::TestWithParam<int> {};

TEST_P(LogMelGolden, FiltersAndFramesEqualTheReference) {
  const int bands = GetParam();
  const auto width = static_cast<size_t>(bands);
  std::ifstream file(SKALD_SOURCE_DIR "/tests/data/golden/log_mel_" + std::to_string(bands) + ".txt");
  ASSERT_TRUE(file);
  std::string kind;
  size_t samples = 0;
  int64_t checksum = 0;
  int64_t content = 0;
  ASSERT_TRUE(file >> kind >> samples >> checksum >> content);
  const auto pcm = golden_signal(samples);
  int64_t sum = 0;
  for (size_t i = 0; i < pcm.size(); ++i) sum += pcm[i] * static_cast<int64_t>(i % 1021 + 1);
  ASSERT_EQ(sum, checksum) << "the signal is not the golden's";

  const LogMel mel(bands);
  ThreadPool pool(2);
  const auto samples_of_pcm = to_float(pcm);
  const auto source = audio_from_samples(samples_of_pcm);
  auto stream = MelStream::open(*source, mel, pool);
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->samples(), static_cast<int64_t>(samples));
  EXPECT_EQ(stream->content_frames(), content);

  std::vector<float> expected_filters(width * kFilterBins);
  std::vector<float> row(width);
  int frames = 0;
  while (file >> kind) {
    if (kind == "filter") {
      size_t r = 0;
      size_t c = 0;
      float weight = 0;
      ASSERT_TRUE(file >> r >> c >> weight);
      expected_filters.at(r * kFilterBins + c) = weight;
      continue;
    }
    ASSERT_EQ(kind, "frame");
    int64_t index = 0;
    file >> index;
    ASSERT_TRUE(stream->window(index, 1, 1, row));
    for (size_t m = 0; m < width; ++m) {
      float expected = 0;
      ASSERT_TRUE(file >> expected);
      // The bound; the difference is the reference's own float arithmetic.
      EXPECT_NEAR(row[m], expected, 1e-4) << "frame " << index << " band " << m;
    }
    ++frames;
  }
  EXPECT_EQ(frames, 21);
  const auto filters = mel_filters(bands);
  ASSERT_EQ(filters.size(), expected_filters.size());
  for (size_t i = 0; i < filters.size(); ++i) {
    // Both are rounded to float twice (relative 2 * 2^-24); where a corner hits a bin exactly, the difference of two
    // frequencies up to 8000 in double leaves 8000 * 2^-52 * area weight: nothing beside 1e-9.
    EXPECT_NEAR(filters[i], expected_filters[i], 1.2e-7 * expected_filters[i] + 1e-9) << i;
  }
}

TEST_P(LogMelGolden, FastEqualsTheDefinition) {
  const int bands = GetParam();
  const LogMel mel(bands);
  // An odd number of frames, more than a chunk; a pure tone over faint noise has bands 12 decades apart.
  constexpr int kFrames = 131;
  auto samples = noise((kFrames - 1) * kHop + kFftSize, 7);
  for (size_t i = 0; i < samples.size(); ++i) {
    samples[i] = 1e-6F * samples[i] +
                 static_cast<float>(0.9 * std::sin(2 * std::numbers::pi * 1000 * static_cast<double>(i) / 16000));
  }
  std::vector<float> fast(static_cast<size_t>(kFrames * bands));
  std::vector<float> slow(fast.size());
  reference_log_mel(samples, kFrames, bands, slow);
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    mel.compute(samples, kFrames, fast, pool);
    for (size_t i = 0; i < fast.size(); ++i) {
      // Amplitude error of either transform: at most 400 additions of terms below 1, u = 2^-53, so e = 400 * 400 u
      // = 1.8e-11. A band's power P with weights w <= 0.025 then errs by 2 sqrt(P w) e at most, and P >= 1e-10, w
      // sqrt ratio <= sqrt(0.025 / 1e-10) = 1.6e4: relative 2 * 1.6e4 * 1.8e-11 = 5.7e-7, in log10 2.5e-7; float
      // rounding of a value below 16: 1e-6, of log10's argument 2^-24 / ln 10.
      EXPECT_NEAR(fast[i], slow[i], 2.5e-7 + 1e-6 + 1e-6) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Bands, LogMelGolden, ::testing::Values(80, 128));

TEST(LogMel, EveryInstructionSetGivesTheSameBits) {
  // A number of frames that no vector divides.
  constexpr int kFrames = 53;
  auto samples = noise((kFrames - 1) * kHop + kFftSize, 11);
  for (size_t i = samples.size() / 2; i < samples.size(); ++i) samples[i] *= 1e-7F;  // below the floor
  ThreadPool pool(1);
  std::vector<float> plain(static_cast<size_t>(kFrames) * 80);
  LogMel(80, Isa::kScalar).compute(samples, kFrames, plain, pool);
  EXPECT_EQ(plain.back(), -10.0F);
  for (const Isa isa : kIsas) {
    if (!runs(isa)) continue;
    std::vector<float> fast(plain.size());
    LogMel(80, isa).compute(samples, kFrames, fast, pool);
    EXPECT_EQ(plain, fast) << to_string(isa);
  }
}

TEST(LogMel, TransformOfEveryFrequency) {
  // A bin's own sine, Hann-windowed, has amplitude 100 in its bin and 50 beside: every output bin is checked through
  // the bands it feeds, against the definition.
  constexpr int kBands = 80;
  const LogMel mel(kBands);
  ThreadPool pool(1);
  std::vector<float> fast(kBands);
  std::vector<float> slow(kBands);
  std::vector<float> samples(kFftSize);
  for (int k = 0; k <= 200; ++k) {
    for (int n = 0; n < kFftSize; ++n) {
      samples[static_cast<size_t>(n)] = static_cast<float>(std::cos(2 * std::numbers::pi * k * n / 400 + 0.3));
    }
    mel.compute(samples, 1, fast, pool);
    reference_log_mel(samples, 1, kBands, slow);
    for (size_t m = 0; m < kBands; ++m) ASSERT_NEAR(fast[m], slow[m], 2.3e-6) << "bin " << k << " band " << m;
  }
}

/// The reference's whole-file spectrogram by its definition: padded, reflected, direct DFT, clamped, scaled.
std::vector<float> whole_file(std::span<const float> samples, int bands, int silent_frames) {
  const int frames = static_cast<int>(samples.size() / kHop) + silent_frames;
  std::vector<float> padded(200 + samples.size());
  std::ranges::copy(samples, padded.begin() + 200);
  padded.resize(std::max<size_t>(padded.size(), 401) + static_cast<size_t>(frames) * kHop + kFftSize);
  for (size_t i = 1; i <= 200; ++i) padded[200 - i] = padded[200 + i];
  std::vector<float> mel(static_cast<size_t>(frames * bands));
  reference_log_mel(padded, frames, bands, mel);
  const float floor = *std::ranges::max_element(mel) - 8;
  for (float& value : mel) value = (std::max(value, floor) + 4) / 4;
  return mel;
}

TEST(MelStream, ShortAndOddLengths) {
  const LogMel mel(80);
  ThreadPool pool(2);
  for (const int length : {0, 1, 2, 100, 159, 160, 161, 199, 200, 201, 399, 400, 1000}) {
    const auto count = static_cast<size_t>(length);
    SCOPED_TRACE(count);
    const auto samples = noise(count, 3);
    const auto source = audio_from_samples(samples);
    auto stream = MelStream::open(*source, mel, pool);
    ASSERT_TRUE(stream);
    EXPECT_EQ(stream->samples(), static_cast<int64_t>(count));
    EXPECT_EQ(stream->content_frames(), static_cast<int64_t>(count / 160));
    constexpr int kSilent = 10;
    const auto expected = whole_file(samples, 80, kSilent);
    const int frames = static_cast<int>(expected.size() / 80);
    std::vector<float> got(expected.size());
    ASSERT_TRUE(stream->window(0, frames, frames, got));
    for (size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], expected[i], 1e-6) << i;
  }
}

TEST(MelStream, SilenceIsItsOwnFloor) {
  const LogMel mel(80);
  ThreadPool pool(1);
  const std::vector<float> silence(32000, 0.0F);
  const auto source = audio_from_samples(silence);
  auto stream = MelStream::open(*source, mel, pool);
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->max(), -10.0F);
  std::vector<float> row(80);
  ASSERT_TRUE(stream->window(100, 1, 1, row));
  for (const float value : row) EXPECT_EQ(value, -1.5F);  // (-10 + 4) / 4
}

/// Counts rewinds of a source that makes `seconds` of noise on the fly.
class NoiseSource final : public AudioSource {
 public:
  explicit NoiseSource(int seconds) : left_(int64_t{seconds} * kSampleRate), length_(left_) {}
  Result<size_t> read(std::span<float> out) override {
    const auto count = static_cast<size_t>(std::min<int64_t>(left_, static_cast<int64_t>(std::min(out.size(), kMost))));
    for (float& sample : out.first(count)) {
      state_ = 1664525U * state_ + 1013904223U;
      sample = static_cast<float>(static_cast<int32_t>(state_)) / 4294967296.0F;
    }
    left_ -= static_cast<int64_t>(count);
    return count;
  }
  Result<void> rewind() override {
    left_ = length_;
    state_ = kSeed;
    ++rewinds;
    return {};
  }
  const AudioInfo& info() const override { return info_; }
  int rewinds = 0;

 private:
  static constexpr size_t kMost = 4099;  // a source may return less than asked for
  static constexpr uint32_t kSeed = 99;
  AudioInfo info_;
  int64_t left_;
  int64_t length_;
  uint32_t state_ = kSeed;
};

TEST(MelStream, WindowsAgreeHoweverTheyAreAskedFor) {
  const LogMel mel(80);
  ThreadPool pool(2);
  NoiseSource source(100);
  auto stream = MelStream::open(source, mel, pool);
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->content_frames(), 10000);
  EXPECT_EQ(source.rewinds, 0);
  std::vector<float> whole(size_t{13000} * 80);
  ASSERT_TRUE(stream->window(0, 13000, 13000, whole));
  EXPECT_EQ(source.rewinds, 1);
  const auto fresh = MelStream::open(source, mel, pool);
  ASSERT_FALSE(fresh && fresh->samples() != 0) << "a source that is not rewound has ended";

  NoiseSource other(100);
  auto windows = MelStream::open(other, mel, pool);
  ASSERT_TRUE(windows);
  struct Request {
    int64_t begin;
    int content;
    int rewinds;  // so far
  };
  const Request requests[] = {{0, 3000, 1},    {2800, 3000, 1}, {3001, 3000, 1}, {3000, 3000, 1}, {9990, 10, 1},
                              {9990, 3000, 1}, {0, 3000, 2},    {7000, 1, 2},    {499, 2, 3},     {5000, 0, 3}};
  std::vector<float> got(size_t{3000} * 80);
  for (const Request& request : requests) {
    SCOPED_TRACE(request.begin);
    ASSERT_TRUE(windows->window(request.begin, request.content, 3000, got));
    const auto content = static_cast<ptrdiff_t>(request.content) * 80;
    EXPECT_TRUE(std::equal(got.begin(), got.begin() + content, whole.begin() + request.begin * 80));
    EXPECT_TRUE(std::all_of(got.begin() + content, got.end(), [](float v) { return v == 0; }));
    EXPECT_EQ(other.rewinds, request.rewinds);
  }
}

TEST(MelStream, ShortRecordingsAreReadOnce) {
  const LogMel mel(80);
  ThreadPool pool(1);
  NoiseSource source(30);
  auto stream = MelStream::open(source, mel, pool);
  ASSERT_TRUE(stream);
  std::vector<float> out(size_t{3000} * 80);
  ASSERT_TRUE(stream->window(0, 3000, 3000, out));
  ASSERT_TRUE(stream->window(2000, 1000, 3000, out));
  EXPECT_EQ(source.rewinds, 0);
}

TEST(MelStream, WrongRequestsAreErrors) {
  const LogMel mel(80);
  ThreadPool pool(1);
  const std::vector<float> silence(1600);
  const auto source = audio_from_samples(silence);
  auto stream = MelStream::open(*source, mel, pool);
  ASSERT_TRUE(stream);
  std::vector<float> out(800);
  EXPECT_FALSE(stream->window(-1, 1, 10, out));
  EXPECT_FALSE(stream->window(0, 11, 10, out));
  EXPECT_FALSE(stream->window(0, 1, 9, out));
}

TEST(MelStream, MemoryDoesNotDependOnLength) {
  const LogMel mel(128);
  ThreadPool pool(2);
  const auto in_use = [] {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  std::vector<float> out(size_t{3000} * 128);
  size_t used[2] = {};
  const int seconds[2] = {60, 600};
  for (size_t i = 0; i < 2; ++i) {
    NoiseSource source(seconds[i]);
    const size_t before = in_use();
    auto stream = MelStream::open(source, mel, pool);
    ASSERT_TRUE(stream);
    for (int64_t frame = 0; frame < stream->content_frames(); frame += 2500) {
      ASSERT_TRUE(stream->window(frame, 3000, 3000, out));
      used[i] = std::max(used[i], in_use() - before);
    }
    EXPECT_EQ(source.rewinds, 1);
  }
  // 7 blocks of 500 frames of 128 bands, one of 80,240 samples, floats. (Under a sanitizer mallinfo2 knows nothing,
  // and this holds trivially.)
  constexpr size_t kExpected = (size_t{7} * 500 * 128 + 80240) * sizeof(float);
  EXPECT_LE(used[1], used[0] + 4096);
  EXPECT_LE(used[1], kExpected + 65536);
}

}  // namespace
}  // namespace skald::audio
