#pragma once
// Products of bfloat16 where the processor has no instruction for them, and conversions, for any Vec. Unnamed
// namespace: see rows.h.

#include "cpu/kernels/vector/groups.h"

namespace skald::cpu {
namespace {

/// A bfloat16 is the upper half of a float32: of the two of a group the second one is there already, and the first is
/// moved up.
template <class V>
struct DotBf16 {
  using Sum = typename V::F;
  static constexpr int kWeightBytes = 4;
  struct Pair {
    typename V::F first;
    typename V::F second;
  };
  static Sum zero() { return V::zero(); }
  static Pair halves(typename V::I groups) {
    return {V::from_bits_i(V::template shift_left<16>(groups)),
            V::from_bits_i(V::and_i(groups, V::all_i(static_cast<int>(0xFFFF0000U))))};
  }
  static Pair load(const uint8_t* w) { return halves(V::load_i(w)); }
  static Pair spread(const uint8_t* a) { return halves(V::all_i(group_at(a))); }
  static Sum add(Sum sum, const Pair& a, const Pair& w) {
    return V::fma(a.second, w.second, V::fma(a.first, w.first, sum));
  }
};

/// To the nearest, halves to even, in the lower half of each lane; as f32_to_bf16 in base/half.h.
template <class V>
inline typename V::I bf16_of(typename V::F x) {
  const auto bits = V::bits(x);
  const auto odd = V::and_i(V::template shift_right<16>(bits), V::all_i(1));
  const auto rounded = V::template shift_right<16>(V::add_i(bits, V::add_i(odd, V::all_i(0x7FFF))));
  const auto quiet = V::or_i(V::template shift_right<16>(bits), V::all_i(0x40));
  return V::select_i(V::is_nan(x), quiet, rounded);
}

template <class V>
inline void round_bf16(const RoundBf16& args) {
  const int whole = (args.k + 1) / 2 * 2;
  for (int row = 0; row < args.m; ++row) {
    const float* x = args.x + row * args.ldx;
    auto* q = reinterpret_cast<int16_t*>(args.q + row * args.ldq);
    for (int i = 0; i < whole; i += V::kLanes) {
      V::store_narrow(q + i, bf16_of<V>(V::load(V::first(args.k - i), x + i)), whole - i);
    }
  }
}

}  // namespace
}  // namespace skald::cpu
