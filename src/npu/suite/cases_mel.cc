// Log-mel: what the host makes of the array's frames, against audio/ in double.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "audio/log_mel.h"
#include "npu/plan/mel.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/cases.h"
#include "npu/suite/suite_values.h"

namespace skald::npu::suite {
namespace {

constexpr int kEdge = audio::kFftSize / 2;
constexpr double kMostMelError = 0.02;  ///< of the scaled log-mel

struct FrontEnd {
  plan::MelProblem problem;
  plan::Spread spread;
};

/// Two voices of gliding harmonics, and hiss that comes and goes: 60 decibels between loud and quiet.
std::vector<int16_t> sound(int64_t count) {
  const std::vector<double> hiss = random_normal(count, 1, 1);
  std::vector<int16_t> samples;
  for (int64_t i = 0; i < count; ++i) {
    const double seconds = static_cast<double>(i) / audio::kSampleRate;
    double value = hiss[static_cast<size_t>(i)] * 30 * (1.1 + std::sin(5 * seconds));
    for (const double voice : {110.0, 190.0}) {
      const double phase = 2 * std::numbers::pi * voice * (seconds + 0.02 * std::sin(3 * seconds));
      for (int harmonic = 1; harmonic < 20; ++harmonic) value += 2500.0 / harmonic * std::sin(harmonic * phase);
    }
    const double loudness = std::pow(10, -1.5 + 1.5 * std::sin(1.7 * seconds));
    samples.push_back(static_cast<int16_t>(std::lround(std::clamp(value * loudness, -32768.0, 32767.0))));
  }
  return samples;
}

std::vector<double> ideal(const plan::MelProblem& problem, const std::vector<int16_t>& recording) {
  std::vector<float> samples(static_cast<size_t>((problem.frames - 1) * audio::kHop + audio::kFftSize));
  for (size_t i = 0; i < samples.size(); ++i) {
    const auto at = static_cast<size_t>(std::abs(static_cast<int64_t>(i) - kEdge));
    if (at < recording.size()) samples[i] = static_cast<float>(recording[at]) / 32768;
  }
  std::vector<float> mel(static_cast<size_t>(problem.frames * problem.bands));
  ThreadPool pool(1);
  audio::LogMel(problem.bands).compute(samples, static_cast<int>(problem.frames), mel, pool);
  const float least = *std::ranges::max_element(mel) - 8;
  std::vector<double> scaled;
  scaled.reserve(mel.size());
  for (const float one : mel) scaled.push_back((std::max(one, least) + 4) / 4);
  return scaled;
}

Result<Planned> planned(const FrontEnd& the) {
  SKALD_TRY(Program program, plan::plan_mel(the.problem, the.spread, std::string(kNpu1.name)));
  Planned planned{.amount = the.problem.frames, .unit = "frames"};
  planned.launches.push_back({.program = std::move(program), .buffers = {0, 1}});
  return planned;
}

Result<Values> values(const FrontEnd& the) {
  const std::vector<int16_t> recording = sound(the.problem.frames * audio::kHop);
  Values values{.buffers = {bytes_of_values(plan::pack_mel_samples(the.problem, the.spread, recording))}};
  values.ideal = ideal(the.problem, recording);
  values.outputs = [the](const std::vector<Bytes>& buffers) {
    const std::vector<float> mel = plan::finish_mel(the.problem, buffers[1]).value();
    return std::vector<double>(mel.begin(), mel.end());
  };
  return values;
}

}  // namespace

void add_mel_cases(Cases& cases) {
  const plan::Spread core{.rows = 1, .columns = 1};
  const plan::Spread column{.rows = 4, .columns = 1};
  const auto add = [&](const FrontEnd& the) {
    cases.push_back({.op = "mel",
                     .name = fmt::format("{} {} bands, {} frames, {} cores", to_string(the.problem.type),
                                         the.problem.bands, the.problem.frames, the.spread.rows * the.spread.columns),
                     .plan = [the] { return planned(the); },
                     .values = [the] { return values(the); },
                     .limits = {.most_error = kMostMelError}});
  };
  for (const int bands : {80, 128}) {
    for (const Element type : {Element::kBf16, Element::kI8}) {
      add({{.frames = 16, .bands = bands, .type = type}, core});
      add({{.frames = 3000, .bands = bands, .type = type}, column});
    }
    add({{.frames = 3000, .bands = bands}, {}});
  }
}

}  // namespace skald::npu::suite
