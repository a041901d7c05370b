#pragma once
// The best k of a row of logits and its log-sum-exp, for any Vec. Unnamed namespace: see rows.h.

#include "cpu/kernels/vector/math.h"

namespace skald::cpu {
namespace {

// Exponentials added up in float32 before the sum goes on in double: 50,000 equal ones, which mini.en's untrained rows
// give, would otherwise be rounded the same way every time. A multiple of every Vec's lanes.
constexpr int kSumBlock = 1024;

/// The best so far, best first.
struct Best {
  int32_t* ids = nullptr;
  float* values = nullptr;
  int k = 0;

  float threshold() const { return values[k - 1]; }
  /// Equal values keep their order: a later one does not pass.
  void insert(float value, int32_t id) const {
    if (!(value > threshold())) return;
    int place = k - 1;
    for (; place > 0 && value > values[place - 1]; --place) {
      values[place] = values[place - 1];
      ids[place] = ids[place - 1];
    }
    values[place] = value;
    ids[place] = id;
  }
};

/// Bits of the unmasked among x[i .. i + lanes) that exist.
template <class V>
inline uint32_t present(const uint64_t* mask, int i, int n) {
  const uint32_t in_range = n - i >= V::kLanes ? (1U << V::kLanes) - 1U : (1U << static_cast<unsigned>(n - i)) - 1U;
  if (mask == nullptr) return in_range;
  return ~static_cast<uint32_t>(mask[i / 64] >> (static_cast<unsigned>(i) % 64U)) & in_range;
}

template <class V>
inline float top_k(const float* x, const uint64_t* mask, int n, int first_id, const Best& best) {
  const auto lowest = V::all(-__builtin_inff());
  for (int j = 0; j < best.k; ++j) {
    best.ids[j] = -1;
    best.values[j] = -__builtin_inff();
  }
  auto max = lowest;
  auto threshold = lowest;
  for (int i = 0; i < n; i += V::kLanes) {
    const uint32_t bits = present<V>(mask, i, n);
    if (bits == 0) continue;
    const auto lanes = V::from_bits(bits);
    const auto v = V::select(lanes, V::load(lanes, x + i), lowest);
    max = V::max(v, max);
    uint32_t better = V::greater(v, threshold);
    if (best.k == 0 || better == 0) continue;
    for (; better != 0; better &= better - 1U) {
      const int at = i + __builtin_ctz(better);
      best.insert(x[at], first_id + at);
    }
    threshold = V::all(best.threshold());
  }
  const float largest = V::largest(max);
  const auto shift = V::all(largest);
  double total = 0;
  for (int begin = 0; begin < n; begin += kSumBlock) {
    const int end = n - begin < kSumBlock ? n : begin + kSumBlock;
    auto sum = V::zero();
    for (int i = begin; i < end; i += V::kLanes) {
      const uint32_t bits = present<V>(mask, i, n);
      if (bits == 0) continue;
      const auto v = V::load(V::from_bits(bits), x + i);
      const auto counted = V::from_bits(bits & V::not_equal(v, lowest));  // -infinity less itself is NaN
      sum = V::add(sum, V::select(counted, exp_of<V>(V::sub(v, shift)), V::zero()));
    }
    total += static_cast<double>(V::sum(sum));
  }
  return total == 0 ? -__builtin_inff() : largest + static_cast<float>(__builtin_log(total));
}

}  // namespace
}  // namespace skald::cpu
