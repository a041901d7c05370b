#include "decode/fallback.h"

#include <cmath>

namespace skald::decode {

std::vector<double> temperature_ladder(double first, std::optional<double> step) {
  if (!step) return {first};
  constexpr double kStop = 1.0 + 1e-6;  // transcribe.py, cli()
  const double count = std::ceil((kStop - first) / *step);
  if (!(count >= 1)) return {first};
  const double delta = (first + *step) - first;  // numpy takes the difference of the first two values
  std::vector<double> ladder(static_cast<size_t>(count));
  for (size_t i = 0; i < ladder.size(); ++i) ladder[i] = first + static_cast<double>(i) * delta;
  return ladder;
}

bool needs_fallback(const Settings& settings, const WindowResult& result) {
  const bool repetitive =
      settings.compression_ratio_threshold && result.compression_ratio > *settings.compression_ratio_threshold;
  const bool unlikely = settings.logprob_threshold && result.avg_logprob < *settings.logprob_threshold;
  const bool silent = settings.no_speech_threshold && result.no_speech_prob > *settings.no_speech_threshold;
  return !(silent && unlikely) && (repetitive || unlikely);
}

}  // namespace skald::decode
