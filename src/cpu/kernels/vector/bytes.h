#pragma once
// Softmax in bytes, block by block, for any Vec. Unnamed namespace: see rows.h.

#include "cpu/kernels/vector/integer.h"

namespace skald::cpu {
namespace {

/// 2^x; NaN stays NaN.
template <class V>
inline typename V::F exp2_of(typename V::F x) {
  x = V::max(V::all(kExp2Low), x);  // the second operand is what a NaN gives
  const auto n = V::round(x);
  const auto r = V::sub(x, n);
  auto p = V::fma(V::all(kExp2K3), r, V::all(kExp2K2));
  p = V::fma(p, r, V::all(kExp2K1));
  p = V::fma(p, r, V::all(kExp2K0));
  return V::scale_by_power(p, n);
}

template <class V>
inline float largest_number(const float* x, int n) {
  const auto lowest = V::all(-__builtin_inff());
  auto max = lowest;
  int i = 0;
  for (; i + V::kLanes <= n; i += V::kLanes) max = V::max(V::load(x + i), max);
  const auto mask = V::first(n - i);
  return V::largest(V::max(V::select(mask, V::load(mask, x + i), lowest), max));
}

// What is added to a number of less than 2^22 to round it to a whole one; its lowest byte is then that number and
// kZeroPoint.
constexpr float kToByte = 0x1.8p23F + kZeroPoint;

/// What rounding has taken so far from the weights of each chain, and their sum before it.
template <class V>
struct Rounding {
  static constexpr int kChains = kSoftmaxChains / V::kLanes;
  typename V::F lost[kChains];
  typename V::F sum = V::zero();

  Rounding() {
    for (auto& chain : lost) chain = V::zero();
  }
  void add(int chain, typename V::F p, uint8_t* q, int count) {
    sum = V::add(sum, p);
    const auto wanted = V::fma(p, V::all(static_cast<float>(kSoftmaxLevel)), lost[chain]);
    const auto rounded = V::add(wanted, V::all(kToByte));
    lost[chain] = V::sub(wanted, V::sub(rounded, V::all(kToByte)));
    V::store_narrow(q, V::bits(rounded), count);
  }
};

/// The block's weights in bytes; returns the sum of 2^(x - largest).
template <class V>
inline float weights_in_bytes(const float* x, int n, float largest, uint8_t* q) {
  const int whole = (n + kGroup<uint8_t> - 1) / kGroup<uint8_t> * kGroup<uint8_t>;
  const auto offset = V::all(largest);
  Rounding<V> rounding;
  int i = 0;
  for (; i + kSoftmaxChains <= n; i += kSoftmaxChains) {
#pragma GCC unroll 4
    for (int chain = 0; chain < Rounding<V>::kChains; ++chain) {
      const int at = i + chain * V::kLanes;
      rounding.add(chain, exp2_of<V>(V::sub(V::load(x + at), offset)), q + at, V::kLanes);
    }
  }
  for (int chain = 0; i < whole; ++chain, i += V::kLanes) {
    const auto mask = V::first(n - i);
    const auto p = exp2_of<V>(V::sub(V::load(mask, x + i), offset));
    rounding.add(chain, V::select(mask, p, V::zero()), q + i, whole - i);
  }
  return V::sum(rounding.sum);
}

template <class V>
inline void softmax_block(const SoftmaxBlock& args) {
  for (int row = 0; row < args.m; ++row) {
    const float* x = args.x + row * args.ldx;
    const float largest = largest_number<V>(x, args.n);
    const float before = args.max[row];
    if (largest > before) {
      const auto shrink = exp2_of<V>(V::all(before - largest));
      float* out = args.out + row * args.ldo;
      for (int i = 0; i < args.width; i += V::kLanes) {
        const auto mask = V::first(args.width - i);
        V::store(mask, out + i, V::mul(V::load(mask, out + i), shrink));
      }
      args.sum[row] = V::lowest_lane(V::mul(V::all(args.sum[row]), shrink));
      args.max[row] = largest;
    }
    const float factor = V::lowest_lane(exp2_of<V>(V::all(largest - args.max[row])));
    args.step[row] = factor / kSoftmaxLevel;
    args.sum[row] += factor * weights_in_bytes<V>(x, args.n, largest, args.q + row * args.ldq);
  }
}

}  // namespace
}  // namespace skald::cpu
