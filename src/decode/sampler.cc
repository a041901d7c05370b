#include "decode/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace skald::decode {
namespace {

// exp(-40) is 4e-18: all of a vocabulary of 51866 such tokens together weigh 2e-13 of the likeliest one. Leaving them
// out saves most of the exponentials.
constexpr double kNegligible = -40;

bool suppressed(std::span<const uint64_t> mask, size_t token) {
  return ((mask[token / 64] >> (token % 64)) & 1U) != 0;
}

}  // namespace

void Categorical::assign(const Distribution& next, double temperature) {
  const size_t vocab = next.logits.size();
  const auto first = static_cast<size_t>(next.first_allowed);
  weights_.assign(vocab, 0.0F);
  total_ = 0;
  float high = -std::numeric_limits<float>::infinity();
  for (size_t v = first; v < vocab; ++v) {
    if (!suppressed(next.mask, v)) high = std::max(high, next.logits[v]);
  }
  if (!std::isfinite(high)) return;
  for (size_t v = first; v < vocab; ++v) {
    if (suppressed(next.mask, v)) continue;
    const double exponent = (static_cast<double>(next.logits[v]) - high) / temperature;
    if (!(exponent > kNegligible)) continue;
    weights_[v] = static_cast<float>(std::exp(exponent));
    total_ += weights_[v];
  }
}

int32_t Categorical::draw(double uniform) const {
  const double target = uniform * total_;
  double below = 0;
  size_t last = 0;
  for (size_t v = 0; v < weights_.size(); ++v) {
    if (weights_[v] <= 0) continue;
    last = v;
    below += weights_[v];
    if (below > target) break;
  }
  return static_cast<int32_t>(last);
}

}  // namespace skald::decode
