#pragma once
// Conversions to integers for any Vec. Unnamed namespace: see rows.h.

#include "cpu/kernels/vector/norm.h"
#include "cpu/kernels/vector/tiles.h"

namespace skald::cpu {
namespace {

/// The largest |x|; a NaN or an infinity comes out as what is not finite: their bits are above all others'.
template <class V>
inline float largest_of(const float* x, int n) {
  auto largest = V::zero_i();
  for (int i = 0; i < n; i += V::kLanes) largest = V::max_i(largest, V::bits(V::abs(V::load(V::first(n - i), x + i))));
  return V::largest_i(largest);
}

/// What a row of that largest number is multiplied by; 0: nothing of it is kept, it is zero (or so small that the
/// quotient overflows) or has what is no number.
inline float inverse_step(float largest, int level) {
  constexpr float kMost = 3.402823466e38F;
  const float inverse = static_cast<float>(level) / largest;
  return largest > 0 && largest <= kMost && inverse <= kMost ? inverse : 0.0F;
}

/// What a zero is stored as.
template <class Q>
constexpr int kStoredZero = sizeof(Q) == 1 ? kZeroPoint : 0;

template <class V, class Q>
inline void quantise(const Quantise<Q>& args) {
  const int whole = (args.k + kGroup<Q> - 1) / kGroup<Q> * kGroup<Q>;
  for (int row = 0; row < args.m; ++row) {
    const float* x = args.x + row * args.ldx;
    Q* q = args.q + row * args.ldq;
    const float largest = largest_of<V>(x, args.k);
    args.scale[row] = largest / static_cast<float>(args.level);
    const float factor = inverse_step(largest, args.level);
    const auto inverse = V::all(factor);
    const auto zero = V::all_i(kStoredZero<Q>);
    for (int i = 0; i < whole; i += V::kLanes) {
      const auto value = factor > 0 ? V::load(V::first(args.k - i), x + i) : V::zero();
      V::store_narrow(q + i, V::add_i(V::to_i32(V::mul(value, inverse)), zero), whole - i);
    }
  }
}

/// A panel of rows, turned: a group's numbers of a row are a word, and a group has one word of each row.
template <class V, class W, class A>
inline void pack_rows(const Pack<W, A>& args) {
  constexpr int kElements = kGroup<A>;
  constexpr int kChunk = 64;  // of a row at a time: the width of a head
  const int64_t groups = (args.width + kElements - 1) / kElements;
  for (int row = 0; row < (args.rows + kPanel - 1) / kPanel * kPanel; ++row) {
    const bool there = row < args.rows;
    const float* x = args.x + (there ? row : 0) * args.stride;
    const float largest = there ? largest_of<V>(x, args.width) : 0.0F;
    const float factor = inverse_step(largest, args.level);
    args.scale[row] = largest / static_cast<float>(args.level);
    auto total = V::zero_i();
    W* to = args.out + row / kPanel * kPanel * kElements * groups + row % kPanel * kElements;
    for (int column = 0; column < args.width; column += kChunk) {
      const int count = least(args.width - column, kChunk);
      alignas(64) W q[kChunk + V::kLanes] = {};
      for (int i = 0; i < count; i += V::kLanes) {
        const auto mask = V::first(factor > 0 ? count - i : 0);
        const auto whole = V::to_i32(V::mul(V::load(mask, x + column + i), V::all(factor)));
        total = V::add_i(total, whole);
        V::store_narrow(q + i, whole, V::kLanes);
      }
      for (int i = 0; i < count; i += kElements, to += kPanel * kElements)
        __builtin_memcpy(to, q + i, kElements * sizeof(W));
    }
    if constexpr (kStoredZero<A> != 0) args.offset[row] = -kStoredZero<A> * static_cast<int>(V::sum(V::to_f32(total)));
  }
}

/// The steps of columns whose largest magnitudes are given.
template <class V>
struct Steps {
  typename V::F size;
  typename V::F inverse;
  typename V::Mask usable;
};
template <class V>
inline Steps<V> steps_of(typename V::F largest, int most) {
  const auto level = V::all(static_cast<float>(most));
  // Of a column that is zero, or has what is no number, nothing is kept.
  const auto usable = V::both(V::greater_mask(largest, V::zero()), V::greater_mask(V::all(__builtin_inff()), largest));
  return {V::div(largest, level), V::select(usable, V::div(level, largest), V::zero()), usable};
}

/// The low bytes of four numbers as words of them.
template <class V>
inline typename V::I four_bytes(typename V::I a, typename V::I b, typename V::I c, typename V::I d) {
  const auto low = V::all_i(0xFF);
  const auto first = V::or_i(V::and_i(a, low), V::template shift_left<8>(V::and_i(b, low)));
  return V::or_i(first, V::or_i(V::template shift_left<16>(V::and_i(c, low)), V::template shift_left<24>(d)));
}

/// Panels of columns: a group is that many rows side by side.
template <class V, class W, class A>
inline void pack_columns(const Pack<W, A>& args) {
  constexpr int kElements = kGroup<A>;
  const int64_t groups = (args.rows + kElements - 1) / kElements;
  for (int column = 0; column < (args.width + kPanel - 1) / kPanel * kPanel; column += V::kLanes) {
    const auto mask = V::first(args.width - column);
    const float* x = args.x + column;
    auto largest = V::zero_i();
    for (int row = 0; row < args.rows; ++row) {
      largest = V::max_i(largest, V::bits(V::abs(V::load(mask, x + row * args.stride))));
    }
    const Steps<V> steps = steps_of<V>(V::from_bits_i(largest), args.level);
    V::store(args.scale + column, steps.size);
    const auto wanted = V::both(mask, steps.usable);
    const auto number = [&](int64_t row) {
      const auto value = row < args.rows ? V::load(wanted, x + row * args.stride) : V::zero();
      return V::to_i32(V::mul(value, steps.inverse));
    };
    auto total = V::zero_i();
    W* to = args.out + kElements * (column / kPanel * kPanel * groups + column % kPanel);
    for (int64_t row = 0; row < args.rows; row += kElements, to += kElements * kPanel) {
      const auto a = number(row);
      const auto b = number(row + 1);
      if constexpr (kElements == 2) {
        V::store_pairs(to, a, b);
      } else {
        const auto c = number(row + 2);
        const auto d = number(row + 3);
        total = V::add_i(total, V::add_i(V::add_i(a, b), V::add_i(c, d)));
        V::store_i(to, four_bytes<V>(a, b, c, d));
      }
    }
    if constexpr (kStoredZero<A> != 0) {
      static_assert(kStoredZero<A> == 1 << 7);
      V::store_i(args.offset + column, V::template shift_left<7>(V::sub_i(V::zero_i(), total)));
    }
  }
}

template <class V>
inline void softmax_i16(const SoftmaxI16& args) {
  const int whole = (args.n + 1) / 2 * 2;
  for (int row = 0; row < args.m; ++row) {
    float* x = args.x + row * args.ldx;
    int16_t* q = args.q + row * args.ldq;
    const auto factor = V::all(1.0F / (exponentials<V>(x, args.n, 1.0F) * kSoftmaxScale));
    const auto most = V::all(32767.0F);
    for (int i = 0; i < whole; i += V::kLanes) {
      const auto p = V::mul(V::load(V::first(args.n - i), x + i), factor);
      V::store_narrow(q + i, V::to_i32(V::min(p, most)), whole - i);
    }
  }
}

}  // namespace
}  // namespace skald::cpu
