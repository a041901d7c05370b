#pragma once
// Products with weights of four bits for any Vec, and what they are made of. Unnamed namespace: see rows.h.

#include "cpu/kernels/vector/groups.h"
#include "cpu/kernels/vector/integer.h"

namespace skald::cpu {
namespace {

/// What Dots of blocks share. Halves of bytes, 0 to 15, are the factor without a sign; the 8 that they are too large by
/// is taken back by the block's sum of A.
template <class V>
struct BlockSums : IntegerSums<V> {
  static constexpr int kWeightBytes = kBlock4 / 2;  ///< of W in a block of one column
};

/// How far ahead of W's products its lines are fetched: a quarter of a microsecond at the rate of memory. Unpacking
/// leaves the processor less sight of what comes than products of bytes do, which gain nothing by this.
constexpr int kAhead = 3 << 10;

/// The loop of a block: 8 numbers of k at a time, four in the low and four in the high halves of bytes.
template <class V, class Dot, int Rows, int Panels>
inline void add_block(const GroupTile& t, const uint8_t* a, const uint8_t* w,
                      typename V::I (&sum)[Rows][Panels * (kPanel / V::kLanes)]) {
  constexpr int kPerPanel = kPanel / V::kLanes;
  constexpr int kVectors = Panels * kPerPanel;
  constexpr int kBytes = V::kLanes * kGroupBytes;
  const auto low_half = V::all_i(0x0F0F0F0F);
#pragma GCC unroll 4
  for (int i = 0; i < kBlock4 / 8; ++i) {
#pragma GCC unroll 16
    for (int p = 0; p < Panels; ++p) prefetch(w + p * t.panel_stride + i * kPanel * kGroupBytes + kAhead);
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      const auto both =
          V::load_i(w + v / kPerPanel * t.panel_stride + i * kPanel * kGroupBytes + v % kPerPanel * kBytes);
      const auto low = V::and_i(both, low_half);
      const auto high = V::and_i(V::template shift_right<4>(both), low_half);
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) {
        const uint8_t* group = a + r * t.lda + i * 2 * kGroupBytes;
        sum[r][v] = Dot::add(sum[r][v], low, V::all_i(group_at(group)));
        sum[r][v] = Dot::add(sum[r][v], high, V::all_i(group_at(group + kGroupBytes)));
      }
    }
  }
}

/// Rows x Panels. Dot::first begins a block's sums, Dot::add adds the products of four bytes, Dot::scaled adds a
/// block's sums times its steps.
template <class V, class Dot, int Rows, int Panels>
void block_tile(const GroupTile& t) {
  constexpr int kPerPanel = kPanel / V::kLanes;
  constexpr int kVectors = Panels * kPerPanel;
  typename V::I acc[Rows][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) acc[r][v] = V::zero_i();
  }
  const uint8_t* a = t.a;
  const uint8_t* w = t.w;
  const int8_t* step = t.step;
  const int64_t step_stride = int64_t{t.groups} * kPanel;
  for (int b = 0; b < t.groups; ++b, a += kBlock4, w += kPanel * Dot::kWeightBytes, step += kPanel) {
    typename V::I sum[Rows][kVectors];
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) sum[r][v] = Dot::first(t.block_sum[r * t.groups + b]);
    }
    add_block<V, Dot, Rows, Panels>(t, a, w, sum);
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      // Sums and steps are 16 bits of the 32; the products of the rest are kept at zero.
      const auto here = V::load_numbers(step + v / kPerPanel * step_stride + v % kPerPanel * V::kLanes);
      const auto steps = V::and_i(here, V::all_i(0xFFFF));
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) {
        acc[r][v] = Dot::scaled(acc[r][v], sum[r][v], t.block_sum[r * t.groups + b], steps);
      }
    }
  }
  finish_tile<V, Dot, Rows, Panels>(t, acc);
}

template <class V, class Dot>
struct BlockTile {
  using Args = GroupTile;
  template <int Rows, int Panels>
  static constexpr auto kFunction = block_tile<V, Dot, Rows, Panels>;
};

template <class V>
inline void quantise_blocks(const QuantiseBlocks& args) {
  const int blocks = (args.k + kBlock4 - 1) / kBlock4;
  for (int row = 0; row < args.m; ++row) {
    const float* x = args.x + row * args.ldx;
    int8_t* q = args.q + row * args.ldq;
    const float largest = largest_of<V>(x, args.k);
    args.scale[row] = largest / static_cast<float>(kMostI8);
    const float factor = inverse_step(largest, kMostI8);
    for (int block = 0; block < blocks; ++block) {
      auto total = V::zero_i();
      for (int i = block * kBlock4; i < (block + 1) * kBlock4; i += V::kLanes) {
        const auto mask = V::first(factor > 0 ? args.k - i : 0);
        const auto whole = V::to_i32(V::mul(V::load(mask, x + i), V::all(factor)));
        total = V::add_i(total, whole);
        V::store_narrow(q + i, whole, V::kLanes);
      }
      args.block_sum[row * blocks + block] = kLowestI4 * static_cast<int>(V::sum(V::to_f32(total)));
    }
  }
}

/// The number of largest magnitude, the negative one of two; 0 is one of them.
template <class V>
inline float extreme_of(const float* x, int count) {
  auto high = V::zero();
  auto low = V::zero();
  for (int i = 0; i < count; i += V::kLanes) {
    const auto value = V::load(V::first(count - i), x + i);
    high = V::max(value, high);
    low = V::max(V::sub(V::zero(), value), low);
  }
  const float most = V::largest(high);
  const float least = V::largest(low);
  return most > least ? most : -least;
}

/// A block of a row, q = x * inverse, to where it lies in a panel.
template <class V>
inline void pack_block(const float* x, int count, float inverse, uint8_t* to) {
  alignas(64) uint8_t q[kBlock4];
  for (int i = 0; i < kBlock4; i += V::kLanes) {
    const auto value = V::mul(V::load(V::first(count - i), x + i), V::all(inverse));
    const auto kept =
        V::max(V::min(value, V::all(static_cast<float>(kHighestI4))), V::all(static_cast<float>(kLowestI4)));
    V::store_narrow(q + i, V::sub_i(V::to_i32(kept), V::all_i(kLowestI4)), V::kLanes);
  }
  for (int i = 0; i < kBlock4; i += 8, to += kPanel * kGroupBytes) {
    uint32_t low;
    uint32_t high;
    __builtin_memcpy(&low, q + i, sizeof low);
    __builtin_memcpy(&high, q + i + kGroupBytes, sizeof high);
    low |= high << 4U;
    __builtin_memcpy(to, &low, sizeof low);
  }
}

template <class V>
inline void pack_rows_i4(const PackI4& args) {
  const int64_t blocks = (args.width + kBlock4 - 1) / kBlock4;
  for (int row = 0; row < (args.rows + kPanel - 1) / kPanel * kPanel; ++row) {
    const bool there = row < args.rows;
    const float* x = args.x + (there ? row : 0) * args.stride;
    const float largest = there ? largest_of<V>(x, args.width) : 0.0F;
    args.scale[row] = largest / static_cast<float>(-kLowestI4 * kMostStep);
    const float steps = inverse_step(largest, kMostStep);
    const float whole = inverse_step(largest, -kLowestI4 * kMostStep);
    const bool usable = steps > 0 && whole > 0;
    const int64_t panel = row / kPanel * blocks * kPanel;
    uint8_t* to = args.out + panel * (kBlock4 / 2) + row % kPanel * kGroupBytes;
    int8_t* step = args.step + panel + row % kPanel;
    for (int first = 0; first < args.width; first += kBlock4, to += kPanel * kBlock4 / 2, step += kPanel) {
      const int count = usable ? least(args.width - first, kBlock4) : 0;
      const float exact = V::lowest_lane(V::round(V::all(-extreme_of<V>(x + first, count) * steps)));
      const float here = exact == 0 ? 1.0F : exact;
      *step = static_cast<int8_t>(here);
      pack_block<V>(x + first, count, whole / here, to);
    }
  }
}

}  // namespace
}  // namespace skald::cpu
