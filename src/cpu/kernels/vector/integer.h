#pragma once
// Integer products and conversions for any Vec and any Dot, the instructions that multiply groups of four bytes.
// Unnamed namespace: see rows.h.

#include "cpu/kernels/vector/norm.h"
#include "cpu/kernels/vector/tiles.h"

namespace skald::cpu {
namespace {

/// One call of a tile; pointers and strides in bytes.
struct IntegerTile {
  const uint8_t* a = nullptr;
  int64_t lda = 0;
  const uint8_t* w = nullptr;
  int64_t panel_stride = 0;
  const float* a_scale = nullptr;  ///< null: `scale`
  float scale = 1;
  const int32_t* offset = nullptr;
  const float* w_scale = nullptr;
  const float* bias = nullptr;
  float* c = nullptr;
  int64_t ldc = 0;
  int groups = 0;
  int columns = 0;  ///< used columns of the panels of this call
  Epilogue epilogue{};
};

/// Rows x Panels. Dot::spread makes of four bytes of A what Dot::add wants; Dot::load reads a register's groups of W,
/// which has Dot::kWeightBytes in a group.
template <class V, class Dot, int Rows, int Panels>
void integer_tile(const IntegerTile& t) {
  constexpr int kPerPanel = kPanel / V::kLanes;
  constexpr int kVectors = Panels * kPerPanel;
  constexpr int kBytes = V::kLanes * Dot::kWeightBytes;
  typename V::I acc[Rows][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) acc[r][v] = V::zero_i();
#pragma GCC unroll 16
    for (int p = 0; p < Panels; ++p) prefetch(t.c + r * t.ldc + p * kPanel);  // C is needed after the loop
  }
  const uint8_t* a = t.a;
  const uint8_t* w = t.w;
  for (int g = 0; g < t.groups; ++g, a += kGroupBytes, w += kPanel * Dot::kWeightBytes) {
    typename V::I b[kVectors];
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) b[v] = Dot::load(w + v / kPerPanel * t.panel_stride + v % kPerPanel * kBytes);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      const auto x = Dot::spread(a + r * t.lda);
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) acc[r][v] = Dot::add(acc[r][v], x, b[v]);
    }
  }
  // GCC 12 would rather store all sums in every turn of the loop than move them once after it.
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) asm("" : "+v"(acc[r][v]));
  }
#pragma GCC unroll 16
  for (int v = 0; v < kVectors; ++v) {
    const int column = v * V::kLanes;
    const auto mask = V::first(t.columns - column);
    const auto offset = Dot::kOffset && t.offset != nullptr ? V::load_i(t.offset + column) : V::zero_i();
    const auto factor = V::load(t.w_scale + column);
    const auto bias = t.bias == nullptr ? V::zero() : V::load(mask, t.bias + column);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      float* c = t.c + r * t.ldc + column;
      const auto sum = V::to_f32(V::add_i(acc[r][v], offset));
      const auto row = V::all(t.a_scale == nullptr ? t.scale : t.a_scale[r]);
      auto y = V::add(V::mul(V::mul(row, sum), factor), bias);
      if (t.epilogue == Epilogue::kResidual) y = V::add(V::load(mask, c), y);
      V::store(mask, c, y);
    }
  }
}

template <class V, class Dot>
struct DotTile {
  using Args = IntegerTile;
  template <int Rows, int Panels>
  static constexpr auto kFunction = integer_tile<V, Dot, Rows, Panels>;
};

/// Sizes, chosen per ISA: kRows, kPanels of the tile; kThinRows, kThinPanels where rows are few and W is read once;
/// kBlockBytes of W that stay in the level-2 cache.
template <class V, class Dot, class Sizes>
struct IntegerGemm {
  static constexpr Tiles<DotTile<V, Dot>, Sizes::kRows, Sizes::kPanels> kTiles{};
  static constexpr Tiles<DotTile<V, Dot>, Sizes::kThinRows, Sizes::kThinPanels> kThinTiles{};

  template <class A, class W>
  static IntegerTile args_of(const GemmInteger<A, W>& g) {
    IntegerTile t;
    t.groups = (g.k + kGroup<A> - 1) / kGroup<A>;
    t.a = reinterpret_cast<const uint8_t*>(g.a);
    t.lda = g.lda * static_cast<int64_t>(sizeof(A));
    t.w = reinterpret_cast<const uint8_t*>(g.w);
    t.panel_stride = static_cast<int64_t>(t.groups) * kPanel * Dot::kWeightBytes;
    t.a_scale = g.a_scale;
    t.scale = g.scale;
    t.offset = g.offset;
    t.w_scale = g.w_scale;
    t.bias = g.bias;
    t.c = g.c;
    t.ldc = g.ldc;
    t.epilogue = g.epilogue;
    return t;
  }

  /// The tile of `rows` rows from m and the columns from n on.
  static IntegerTile part(const IntegerTile& whole, int m, int n, int columns) {
    IntegerTile t = whole;
    t.a += m * whole.lda;
    t.w += n / kPanel * whole.panel_stride;
    if (t.a_scale != nullptr) t.a_scale += m;
    if (t.offset != nullptr) t.offset += n;
    t.w_scale += n;
    if (t.bias != nullptr) t.bias += n;
    t.c += m * whole.ldc + n;
    t.columns = columns;
    return t;
  }

  template <class Table>
  static void columns_of(const Table& tiles, const IntegerTile& whole, int m, int rows, int n0, int n1, int step) {
    for (int n = n0; n < n1; n += step) {
      const IntegerTile t = part(whole, m, n, least(n1 - n, step));
      tiles.run(rows, t);
      if (t.epilogue == Epilogue::kGelu) gelu_rows<V>(t.c, t.ldc, rows, t.columns);
    }
  }

  template <class A, class W>
  static void run(const GemmInteger<A, W>& g) {
    if (g.m <= 0 || g.n <= 0) return;
    const IntegerTile whole = args_of(g);
    if (g.m <= Sizes::kThinRows) {
      return columns_of(kThinTiles, whole, 0, g.m, 0, g.n, Sizes::kThinPanels * kPanel);
    }
    constexpr int kColumns = Sizes::kPanels * kPanel;
    const int fit = static_cast<int>(Sizes::kBlockBytes / (int64_t{kColumns} * Dot::kWeightBytes * whole.groups));
    const int block = kColumns * (fit < 1 ? 1 : fit);
    for (int n0 = 0; n0 < g.n; n0 += block) {
      for (int m = 0; m < g.m; m += Sizes::kRows) {
        columns_of(kTiles, whole, m, least(g.m - m, Sizes::kRows), n0, least(g.n, n0 + block), kColumns);
      }
    }
  }
};

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
    const auto level = V::all(static_cast<float>(args.level));
    const auto size = V::from_bits_i(largest);
    V::store(args.scale + column, V::div(size, level));
    // Of a column that is zero, or has what is no number, nothing is kept.
    const auto usable = V::both(V::greater_mask(size, V::zero()), V::greater_mask(V::all(__builtin_inff()), size));
    const auto inverse = V::select(usable, V::div(level, size), V::zero());
    W* to = args.out + 2 * (static_cast<int64_t>(column / kPanel) * kPanel * groups + column % kPanel);
    for (int g = 0; g < groups; ++g, to += 2 * kPanel) {
      const auto wanted = V::both(mask, usable);
      const auto low = V::mul(V::load(wanted, x + 2 * g * args.stride), inverse);
      const auto high =
          2 * g + 1 < args.rows ? V::mul(V::load(wanted, x + (2 * g + 1) * args.stride), inverse) : V::zero();
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
