#include "decode/loops.h"

#include <array>

namespace skald::decode {
namespace {

constexpr size_t kMostSeen = 224;    // text_ctx / 2: a window's usual most
constexpr size_t kLeastInLoop = 24;  // tokens of all copies: "no, no, no" is speech

}  // namespace

size_t without_loop(std::span<const int32_t> sampled, int32_t timestamp_begin, int repeats) {
  if (repeats <= 1) return sampled.size();
  std::array<size_t, kMostSeen> places{};  // of the last text tokens, the last one first
  size_t seen = 0;
  for (size_t i = sampled.size(); i > 0 && seen < kMostSeen; --i) {
    if (sampled[i - 1] < timestamp_begin) places[seen++] = i - 1;
  }
  const auto token = [&](size_t from_end) { return sampled[places[from_end]]; };
  for (size_t period = 1; period * static_cast<size_t>(repeats) <= seen; ++period) {
    size_t repeated = 0;  // tokens that are what stands a period before them
    while (repeated + period < seen && token(repeated) == token(repeated + period)) ++repeated;
    const size_t length = repeated + period;
    if (length < period * static_cast<size_t>(repeats) || length < kLeastInLoop) continue;
    const size_t kept = places[repeated] + 1;
    return kept < sampled.size() && sampled[kept] >= timestamp_begin ? kept + 1 : kept;
  }
  return sampled.size();
}

}  // namespace skald::decode
