#include <algorithm>
#include <cmath>

#include "audio/log_mel.h"
#include "audio/mel_frames.h"

namespace skald::audio {
namespace {

// Slaney's Auditory Toolbox (1998): linear to 1 kHz, 200/3 Hz a mel; above, 27 mels to the factor 6.4.
constexpr double kHzPerMel = 200.0 / 3.0;
constexpr double kCornerHz = 1000.0;
constexpr double kCornerMel = kCornerHz / kHzPerMel;
const double kLogStep = std::log(6.4) / 27.0;
constexpr double kTopHz = kSampleRate / 2.0;

double hz_to_mel(double hz) {
  return hz < kCornerHz ? hz / kHzPerMel : kCornerMel + std::log(hz / kCornerHz) / kLogStep;
}

double mel_to_hz(double mel) {
  return mel < kCornerMel ? mel * kHzPerMel : kCornerHz * std::exp((mel - kCornerMel) * kLogStep);
}

}  // namespace

/// weight(m, k) = max(0, min((f_k - c_m) / (c_m+1 - c_m), (c_m+2 - f_k) / (c_m+2 - c_m+1))) 2 / (c_m+2 - c_m),
/// c the corners at equal mel distances, f_k = 40 k Hz. Rounded to float before and after the area factor, as the
/// reference's table was.
std::vector<float> mel_filters(int bands) {
  const auto corner = [&](int i) { return mel_to_hz(hz_to_mel(kTopHz) * i / (bands + 1)); };
  std::vector<float> filters(static_cast<size_t>(bands) * kBins);
  for (int m = 0; m < bands; ++m) {
    const double left = corner(m);
    const double centre = corner(m + 1);
    const double right = corner(m + 2);
    const double area = 2.0 / (right - left);
    for (size_t k = 0; k < kBins; ++k) {
      const double hz = static_cast<double>(k) * kSampleRate / kFftSize;
      const double height = std::min((hz - left) / (centre - left), (right - hz) / (right - centre));
      const auto rounded = static_cast<float>(std::max(0.0, height));
      filters[static_cast<size_t>(m) * kBins + k] = static_cast<float>(static_cast<double>(rounded) * area);
    }
  }
  return filters;
}

}  // namespace skald::audio
