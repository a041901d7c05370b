#include "audio/speech_detector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>
#include <string>
#include <vector>

#include "audio/log_mel.h"

namespace skald::audio {
namespace {

const std::string kRoot = SKALD_SOURCE_DIR;

std::vector<float> samples_of(const std::string& name) {
  const auto source = open_audio(kRoot + "/samples/" + name).value();
  std::vector<float> samples;
  std::vector<float> block(65536);
  while (const size_t got = source->read(block).value()) {
    samples.insert(samples.end(), block.begin(), block.begin() + static_cast<ptrdiff_t>(got));
  }
  return samples;
}

std::vector<float> raw_mel(const std::vector<float>& samples, int bands) {
  ThreadPool pool(1);
  const auto source = audio_from_samples(samples);
  std::vector<float> raw;
  EXPECT_TRUE(MelStream::open(*source, LogMel(bands), pool, [&](std::span<const float> block) {
    raw.insert(raw.end(), block.begin(), block.end());
  }));
  return raw;
}

std::vector<float> probabilities(const std::vector<float>& samples, int bands = 80) {
  SpeechDetector detector(bands);
  detector.feed(raw_mel(samples, bands));
  detector.finish();
  const size_t steps = samples.size() / kHop / kSpeechStepFrames;
  return {detector.probabilities().begin(), detector.probabilities().begin() + static_cast<ptrdiff_t>(steps)};
}

/// For each 20 ms of a sample whether its list of stretches says speech; the 0.1 s around an edge count as neither.
enum class Truth : uint8_t { kNeither, kSpeech, kOther };
std::vector<Truth> truth_of(const std::string& name, size_t steps) {
  std::vector<Truth> truth(steps, Truth::kNeither);
  std::ifstream file(kRoot + "/samples/" + name + ".spans.tsv");
  std::string line;
  std::getline(file, line);  // the heading
  for (double start = 0, end = 0; file >> start >> end;) {
    std::string kind;
    file >> kind;
    std::getline(file, line);
    const auto first = static_cast<size_t>(std::ceil((start + 0.1) * 50));
    const auto last = std::min(steps, static_cast<size_t>(std::max(0.0, (end - 0.1) * 50)));
    for (size_t i = first; i < last; ++i) truth[i] = kind == "speech" ? Truth::kSpeech : Truth::kOther;
  }
  return truth;
}

/// Share of the steps of a kind that are heard as speech.
double share(const std::vector<float>& heard, const std::vector<Truth>& truth, Truth kind) {
  double count = 0;
  double speech = 0;
  for (size_t i = 0; i < heard.size(); ++i) {
    if (truth[i] != kind) continue;
    ++count;
    if (heard[i] >= 0.5F) ++speech;
  }
  return speech / count;
}

/// Uniform noise in [-1, 1], the same everywhere.
class Noise {
 public:
  float operator()() {
    state_ = 1664525U * state_ + 1013904223U;
    return static_cast<float>(state_ >> 8U) / 8388608.0F - 1.0F;
  }

 private:
  uint32_t state_ = 1;
};

TEST(SpeechDetector, ResultsDoNotDependOnHowItIsFed) {
  const std::vector<float> raw = raw_mel(samples_of("hello.wav"), 80);
  SpeechDetector whole(80);
  whole.feed(raw);
  whole.finish();
  for (const size_t piece : {1, 7, 64}) {
    SpeechDetector cut(80);
    std::span<const float> rest(raw);
    while (!rest.empty()) {
      const size_t size = std::min(rest.size(), piece * 80);
      cut.feed(rest.first(size));
      rest = rest.subspan(size);
    }
    cut.finish();
    ASSERT_EQ(whole.probabilities().size(), raw.size() / 80 / kSpeechStepFrames);
    EXPECT_TRUE(std::ranges::equal(whole.probabilities(), cut.probabilities())) << piece;
  }
}

TEST(SpeechDetector, AgreesWithTheNetworkItWasTrainedAs) {
  for (const int bands : {80, 128}) {
    const std::vector<float> heard = probabilities(samples_of("kitchen.wav"), bands);
    std::ifstream file(kRoot + "/tests/data/golden/speech_detector_" + std::to_string(bands) + ".txt");
    size_t count = 0;
    for (float expected = 0; file >> expected; ++count) {
      ASSERT_LT(count, heard.size());
      // Four decimals are written; float32 sums in another order move a logit by 1e-5.
      ASSERT_NEAR(expected, heard[count], 2e-4) << count;
    }
    EXPECT_GE(count + 1, heard.size()) << bands;  // the last step may reach beyond the samples
  }
}

TEST(SpeechDetector, HearsTheSpeechOfTenMinutesAndNothingElse) {
  const std::vector<float> heard = probabilities(samples_of("ten_minutes.ogg"));
  const auto truth = truth_of("ten_minutes", heard.size());
  EXPECT_GE(share(heard, truth, Truth::kSpeech), 0.97);  // pauses inside sentences are in its stretches
  EXPECT_LE(share(heard, truth, Truth::kOther), 0.02);   // silence, noise, hum
}

TEST(SpeechDetector, HumAndTonesAreNotSpeech) {
  Noise noise;
  std::vector<float> samples(60 * kSampleRate);
  for (size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / kSampleRate;
    const double turn = 2 * std::numbers::pi * t;
    if (t < 20) {  // mains hum with harmonics
      for (int n = 1; n <= 8; ++n) samples[i] += static_cast<float>(0.2 / n * std::sin(50 * n * turn));
    } else if (t < 40) {  // a chord that changes every half second
      const double root = 220 * std::pow(2.0, std::fmod(std::floor(t * 2) * 5, 12) / 12);
      for (const double third : {1.0, 1.26, 1.5}) samples[i] += static_cast<float>(0.2 * std::sin(root * third * turn));
    } else {
      samples[i] = 0.3F * noise();
    }
  }
  const std::vector<float> heard = probabilities(samples);
  const std::vector<Truth> truth(heard.size(), Truth::kOther);
  EXPECT_LE(share(heard, truth, Truth::kOther), 0.05);
}

}  // namespace
}  // namespace skald::audio
