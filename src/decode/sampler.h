#pragma once
// One draw from softmax(logits / temperature) over the tokens the filters left.

#include <cstdint>
#include <vector>

#include "decode/rules.h"

namespace skald::decode {

/// Categorical distribution over the vocabulary; reference: torch Categorical(logits=logits / temperature).
class Categorical {
 public:
  /// p(v) = exp(logit(v) / temperature) / sum. Pre: next.logits is there, temperature > 0. `next` may go afterwards.
  void assign(const Distribution& next, double temperature);
  /// Whether anything can be drawn.
  bool possible() const { return total_ > 0; }
  /// Inverse of the cumulative distribution at `uniform` in [0, 1). Pre: possible().
  int32_t draw(double uniform) const;

 private:
  std::vector<float> weights_;  // exp((logit - max) / temperature); kept from call to call
  double total_ = 0;
};

}  // namespace skald::decode
