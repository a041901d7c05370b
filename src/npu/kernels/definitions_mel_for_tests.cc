// The mel kernel against the definition in double (audio/reference_log_mel.cc).

#include <algorithm>
#include <cmath>
#include <numbers>

#include "audio/log_mel.h"
#include "npu/kernels/definitions_for_tests.h"
#include "npu/kernels/layout.h"
#include "npu/kernels/mel_sizes.h"

namespace skald::npu::testing {
namespace {

/// Of log10, at most: both parts of a bin to bfloat16, 2^-9 each, so 2^-8 of its power; power and weights, 2^-9 each;
/// log10(1 + 2^-7) = 0.0034. The polynomial 0.0003; three int16 steps of half 2^-10 of log2 each: 0.0005. Bins to 0.01
/// of a sample's last bit against 2, where a band has 1e-10 (weights up to 0.042): 0.0044. In all:
constexpr double kLogError = 0.0086;

}  // namespace

std::string check_mel(const Case& the) {
  const KernelArgument& out = the.row.arguments.back();
  const auto bands = static_cast<int>(out.extent / kMelFrames);
  std::vector<float> samples(15 * audio::kHop + audio::kFftSize);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = static_cast<float>(the.in(0, static_cast<std::int64_t>(i)) / 32768);
  }
  std::vector<float> expected(static_cast<std::size_t>(out.extent));
  audio::reference_log_mel(samples, kMelFrames, bands, expected);
  const double step = out.element == Element::kI8 ? the.number("factor") / std::exp2(the.number("shift") - 14) : 1;
  for (int frame = 0; frame < kMelFrames; ++frame) {
    for (int band = 0; band < bands; ++band) {
      const double scaled = (expected[static_cast<std::size_t>(std::int64_t{frame} * bands + band)] + 4) / 4;
      // Half a step of int8; 2^-8 of the number itself as bfloat16.
      const double rounding = out.element == Element::kI8 ? 0.5 : std::abs(scaled) / 256;
      const double wanted = out.element == Element::kI8 ? std::clamp(scaled * step, -128.0, 127.0) : scaled;
      const std::int64_t at = block_index({4, 4}, bands, frame, band);
      std::string wrong = compare(the, the.row.arguments.size() - 1, at, wanted, kLogError / 4 * step + rounding);
      if (!wrong.empty()) return wrong + " (frame " + std::to_string(frame) + ", band " + std::to_string(band) + ")";
    }
  }
  return {};
}

/// Two tones and noise whose loudness falls from full to a sample's last bits, then silence.
void prepare_mel(const KernelRow& /*row*/, Random& random, Memory& memory) {
  const double first = random.between(20, 700) / 1000.0;
  const double second = random.between(700, 3000) / 1000.0;
  for (int i = 0; i < kMelSamples; ++i) {
    const double loudness = i > 2200 ? 0 : 16000 * std::exp(-i / 180.0);
    const double tones = std::sin(first * i) + 0.1 * std::sin(second * i) + 0.01 * random.real();
    put(memory[0], i, static_cast<std::int16_t>(std::lround(loudness * tones)));
  }
}

}  // namespace skald::npu::testing
