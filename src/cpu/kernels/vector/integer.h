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

template <class V, class Q>
inline void quantise(const Quantise<Q>& args) {
  constexpr int kZero = sizeof(Q) == 1 ? kZeroPoint : 0;
  const int whole = (args.k + kGroup<Q> - 1) / kGroup<Q> * kGroup<Q>;
  for (int row = 0; row < args.m; ++row) {
    const float* x = args.x + row * args.ldx;
    Q* q = args.q + row * args.ldq;
    const float largest = largest_of<V>(x, args.k);
    args.scale[row] = largest / static_cast<float>(args.level);
    const float factor = inverse_step(largest, args.level);
    const auto inverse = V::all(factor);
    const auto zero = V::all_i(kZero);
    for (int i = 0; i < whole; i += V::kLanes) {
      const auto value = factor > 0 ? V::load(V::first(args.k - i), x + i) : V::zero();
      V::store_narrow(q + i, V::add_i(V::to_i32(V::mul(value, inverse)), zero), whole - i);
    }
  }
}

/// A panel of rows, turned: two of a row's numbers are a word, and a group has one word of each row.
template <class V, class W>
inline void pack_rows(const Pack<W>& args) {
  constexpr int kChunk = 64;  // of a row at a time: the width of a head
  const int words = (args.width + 1) / 2;
  for (int row0 = 0; row0 < args.rows; row0 += kPanel) {
    W* to = args.out + static_cast<int64_t>(row0) * 2 * words;
    float inverse[kPanel];
    const float* x[kPanel];
    for (int r = 0; r < kPanel; ++r) {
      const bool there = row0 + r < args.rows;
      x[r] = args.x + (there ? row0 + r : row0) * args.stride;
      const float largest = there ? largest_of<V>(x[r], args.width) : 0.0F;
      args.scale[row0 + r] = largest / static_cast<float>(args.level);
      inverse[r] = inverse_step(largest, args.level);
    }
    for (int column = 0; column < args.width; column += kChunk) {
      const int count = args.width - column < kChunk ? args.width - column : kChunk;
      const int count_words = (count + 1) / 2;
      alignas(64) W q[kPanel][kChunk] = {};
      for (int r = 0; r < kPanel; ++r) {
        for (int i = 0; i < 2 * count_words; i += V::kLanes) {
          const auto value = inverse[r] > 0 ? V::load(V::first(count - i), x[r] + column + i) : V::zero();
          V::store_narrow(q[r] + i, V::to_i32(V::mul(value, V::all(inverse[r]))), 2 * count_words - i);
        }
      }
      for (int word = 0; word < count_words; ++word, to += 2 * kPanel) {
        for (int r = 0; r < kPanel; ++r) __builtin_memcpy(to + 2 * r, q[r] + 2 * word, 2 * sizeof(W));
      }
    }
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

/// Panels of columns: two rows side by side are a group.
template <class V, class W>
inline void pack_columns(const Pack<W>& args) {
  const int groups = (args.rows + 1) / 2;
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
    W* to = args.out + 2 * (static_cast<int64_t>(column / kPanel) * kPanel * groups + column % kPanel);
    for (int g = 0; g < groups; ++g, to += 2 * kPanel) {
      const auto low = V::mul(V::load(wanted, x + 2 * g * args.stride), steps.inverse);
      const auto high =
          2 * g + 1 < args.rows ? V::mul(V::load(wanted, x + (2 * g + 1) * args.stride), steps.inverse) : V::zero();
      V::store_pairs(to, V::to_i32(low), V::to_i32(high));
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
