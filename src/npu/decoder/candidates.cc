#include "npu/decoder/candidates.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace skald::npu {

float best_of(std::span<const float> logits, std::span<const uint64_t> mask, TokenRange range,
              std::span<model::Candidate> top) {
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  std::vector<model::Candidate> open;
  open.reserve(static_cast<size_t>(range.end - range.begin));
  for (int32_t token = range.begin; token < range.end; ++token) {
    const auto bit = static_cast<unsigned>(token);
    if (!mask.empty() && (mask[bit / 64] >> (bit % 64) & 1U) != 0) continue;
    open.push_back({.token = token, .logit = logits[bit]});
  }
  std::ranges::fill(top, model::Candidate{.token = 0, .logit = kNone});
  if (open.empty()) return kNone;
  const auto better = [](const model::Candidate& a, const model::Candidate& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
  };
  std::ranges::partial_sort_copy(open, top, better);
  const float highest = std::ranges::max_element(open, {}, &model::Candidate::logit)->logit;
  double sum = 0;
  for (const model::Candidate& one : open) sum += std::exp(static_cast<double>(one.logit) - highest);
  return highest + static_cast<float>(std::log(sum));
}

}  // namespace skald::npu
