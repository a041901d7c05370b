#pragma once
// Attention in bytes for any Vec: what its products need besides gemm_i8. Unnamed namespace: see rows.h.

#include "cpu/kernels/vector/integer.h"

namespace skald::cpu {
namespace {

inline constexpr int kFour = kGroup<int8_t>;

/// A panel of rows, turned: four of a row's numbers are a word, and a group has one word of each row.
template <class V>
inline void pack_rows_bytes(const PackBytes& args) {
  constexpr int kChunk = 64;  // of a row at a time: the width of a head
  const int groups = (args.width + kFour - 1) / kFour;
  for (int row0 = 0; row0 < args.rows; row0 += kPanel) {
    int8_t* panel = args.out + static_cast<int64_t>(row0) * kFour * groups;
    for (int r = 0; r < kPanel; ++r) {
      const int row = row0 + r;
      const float* x = args.x + (row < args.rows ? row : row0) * args.stride;
      const float largest = row < args.rows ? largest_of<V>(x, args.width) : 0.0F;
      const float factor = inverse_step(largest, kMostI8);
      args.scale[row] = largest / kMostI8;
      auto total = V::zero_i();
      int8_t* to = panel + r * kFour;
      for (int column = 0; column < args.width; column += kChunk) {
        const int count = least(args.width - column, kChunk);
        alignas(64) int8_t q[kChunk + V::kLanes] = {};
        for (int i = 0; i < count; i += V::kLanes) {
          const auto mask = V::first(factor > 0 ? count - i : 0);
          const auto whole = V::to_i32(V::mul(V::load(mask, x + column + i), V::all(factor)));
          total = V::add_i(total, whole);
          V::store_narrow(q + i, whole, V::kLanes);
        }
        for (int i = 0; i < count; i += kFour, to += kPanel * kFour) __builtin_memcpy(to, q + i, kFour);
      }
      args.offset[row] = -kZeroPoint * static_cast<int>(V::sum(V::to_f32(total)));
    }
  }
}

/// Panels of columns: four rows side by side are a group.
template <class V>
inline void pack_columns_bytes(const PackBytes& args) {
  const int groups = (args.rows + kFour - 1) / kFour;
  for (int column = 0; column < (args.width + kPanel - 1) / kPanel * kPanel; column += V::kLanes) {
    const auto mask = V::first(args.width - column);
    const float* x = args.x + column;
    auto largest = V::zero_i();
    for (int row = 0; row < args.rows; ++row) {
      largest = V::max_i(largest, V::bits(V::abs(V::load(mask, x + row * args.stride))));
    }
    const Steps<V> steps = steps_of<V>(V::from_bits_i(largest), kMostI8);
    V::store(args.scale + column, steps.size);
    const auto wanted = V::both(mask, steps.usable);
    const auto byte = [&](int row) {
      const auto value = row < args.rows ? V::load(wanted, x + row * args.stride) : V::zero();
      return V::to_i32(V::mul(value, steps.inverse));
    };
    auto total = V::zero_i();
    int8_t* to = args.out + kFour * (static_cast<int64_t>(column / kPanel) * kPanel * groups + column % kPanel);
    for (int g = 0; g < groups; ++g, to += kFour * kPanel) {
      const auto a = byte(kFour * g);
      const auto b = byte(kFour * g + 1);
      const auto c = byte(kFour * g + 2);
      const auto d = byte(kFour * g + 3);
      total = V::add_i(total, V::add_i(V::add_i(a, b), V::add_i(c, d)));
      const auto low = V::all_i(0xFF);
      const auto first = V::or_i(V::and_i(a, low), V::template shift_left<8>(V::and_i(b, low)));
      const auto second = V::or_i(V::template shift_left<16>(V::and_i(c, low)), V::template shift_left<24>(d));
      V::store_i(to, V::or_i(first, second));
    }
    V::store_i(args.offset + column, V::template shift_left<7>(V::sub_i(V::zero_i(), total)));
  }
}
static_assert(kZeroPoint == 1 << 7);

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
  const int whole = (n + kFour - 1) / kFour * kFour;
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
