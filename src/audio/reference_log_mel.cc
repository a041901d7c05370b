#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "audio/log_mel.h"
#include "audio/mel_frames.h"

namespace skald::audio {

void reference_log_mel(std::span<const float> samples, int frames, int bands, std::span<float> out) {
  constexpr size_t kSize = kFftSize;
  constexpr double kTurn = 2 * std::numbers::pi / kFftSize;
  std::array<double, kSize> cosine{};
  std::array<double, kSize> sine{};
  const std::array<double, kSize> window = hann_window();
  for (size_t n = 0; n < kSize; ++n) {
    cosine[n] = std::cos(kTurn * static_cast<double>(n));
    sine[n] = std::sin(kTurn * static_cast<double>(n));
  }
  const std::vector<float> filters = mel_filters(bands);
  for (size_t t = 0; t < static_cast<size_t>(frames); ++t) {
    const auto frame = samples.subspan(t * kHop, kSize);
    std::array<double, kBins> power{};
    for (size_t k = 0; k < kBins; ++k) {
      double re = 0;
      double im = 0;
      for (size_t n = 0; n < kSize; ++n) {
        const double x = static_cast<double>(frame[n]) * window[n];
        re += x * cosine[k * n % kSize];
        im -= x * sine[k * n % kSize];
      }
      power[k] = re * re + im * im;
    }
    for (size_t m = 0; m < static_cast<size_t>(bands); ++m) {
      double sum = 0;
      for (size_t k = 0; k < kBins; ++k) sum += static_cast<double>(filters[m * kBins + k]) * power[k];
      out[t * static_cast<size_t>(bands) + m] = static_cast<float>(std::log10(std::max(sum, 1e-10)));
    }
  }
}

}  // namespace skald::audio
