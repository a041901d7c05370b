#pragma once
// Matrix product for any Vec: register tiles, and the loops that keep what they read in the caches. Unnamed namespace:
// each ISA's object file has its own copy, see rows.h.

#include "cpu/kernels/vector/tiles.h"

namespace skald::cpu {
namespace {

/// What is added to the products.
enum class Start : uint8_t {
  kBias,      ///< the bias, or nothing without one
  kResidual,  ///< C and the bias
  kPartial,   ///< C, which holds the sum over the k before
};

/// One call of a tile: C(rows, columns) = A(rows, k) * W(columns, k) + start.
struct TileArgs {
  const float* a = nullptr;
  int64_t lda = 0;
  const float* w = nullptr;
  int64_t panel_stride = 0;  ///< from one panel to the next
  const float* bias = nullptr;
  float* c = nullptr;
  int64_t ldc = 0;
  int k = 0;
  int columns = 0;  ///< used columns of the panels of this call
  Start start = Start::kBias;
};

/// Rows x Panels: A is broadcast element by element, W read a register at a time; Lda fixes t.lda at compile time (0:
/// it is not known), so that one pointer reaches all rows.
template <class V, int Rows, int Panels, int Lda>
void tile(const TileArgs& t) {
  constexpr int kPerPanel = kPanel / V::kLanes;
  constexpr int kVectors = Panels * kPerPanel;
  const int64_t lda = Lda != 0 ? Lda : t.lda;
  typename V::F acc[Rows][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) acc[r][v] = V::zero();
#pragma GCC unroll 16
    for (int p = 0; p < Panels; ++p) prefetch(t.c + r * t.ldc + p * kPanel);  // C is needed after the loop
  }
  const float* a = t.a;
  const float* w = t.w;
  for (int k = 0; k < t.k; ++k, ++a, w += kPanel) {
    typename V::F b[kVectors];
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) b[v] = V::load(w + v / kPerPanel * t.panel_stride + v % kPerPanel * V::kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      const auto x = V::all(a[r * lda]);
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) acc[r][v] = V::fma(x, b[v], acc[r][v]);
    }
  }
#pragma GCC unroll 16
  for (int v = 0; v < kVectors; ++v) {
    const auto mask = V::first(t.columns - v * V::kLanes);
    const bool biased = t.start != Start::kPartial && t.bias != nullptr;
    const auto bias = biased ? V::load(mask, t.bias + v * V::kLanes) : V::zero();
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      float* c = t.c + r * t.ldc + v * V::kLanes;
      auto sum = V::add(acc[r][v], bias);
      if (t.start != Start::kBias) sum = V::add(sum, V::load(mask, c));
      V::store(mask, c, sum);
    }
  }
}

template <class V, int Lda>
struct Tile {
  using Args = TileArgs;
  template <int Rows, int Panels>
  static constexpr auto kFunction = tile<V, Rows, Panels, Lda>;
};

/// Sizes, chosen per ISA:
///   kRows, kPanels          the tile
///   kThinRows, kThinPanels  up to so many rows are memory bound: no blocks, no copy of A
///   kBlockK, kBlockN        a block of W of this size stays in the level-2 cache
template <class V, class Sizes>
struct Gemm {
  static constexpr int kBlockLda = Sizes::kBlockK + kPanel;  // not a power of two: rows fall into different cache sets
  static constexpr Tiles<Tile<V, kBlockLda>, Sizes::kRows, Sizes::kPanels> kTiles{};
  static constexpr Tiles<Tile<V, 0>, Sizes::kThinRows, Sizes::kThinPanels> kThinTiles{};

  static TileArgs args_of(const GemmF32& g, int m0, int n0, int k0, int columns) {
    TileArgs t;
    t.a = g.a + m0 * g.lda + k0;
    t.lda = g.lda;
    t.w = g.w + static_cast<int64_t>(n0) * g.k + static_cast<int64_t>(k0) * kPanel;
    t.panel_stride = static_cast<int64_t>(g.k) * kPanel;
    t.bias = g.bias == nullptr ? nullptr : g.bias + n0;
    t.c = g.c + m0 * g.ldc + n0;
    t.ldc = g.ldc;
    t.columns = columns;
    if (k0 > 0) {
      t.start = Start::kPartial;
    } else if (g.epilogue == Epilogue::kResidual) {
      t.start = Start::kResidual;
    }
    return t;
  }

  /// Few rows: W is read once, in the order it lies in memory. The blocks of k only keep the order of every sum that of
  /// block(): a row's result must not depend on how many others there are.
  static void thin(const GemmF32& g) {
    constexpr int kColumns = Sizes::kThinPanels * kPanel;
    for (int n0 = 0; n0 < g.n; n0 += kColumns) {
      const int columns = least(g.n - n0, kColumns);
      for (int k0 = 0; k0 == 0 || k0 < g.k; k0 += Sizes::kBlockK) {
        TileArgs t = args_of(g, 0, n0, k0, columns);
        t.k = least(g.k - k0, Sizes::kBlockK);
        kThinTiles.run(g.m, t);
      }
      if (g.epilogue == Epilogue::kGelu) gelu_rows<V, gelu_of<V>>(g.c + n0, g.ldc, g.m, columns);
    }
  }

  static void copy_row(const float* from, int k, float* to) {
    for (int i = 0; i < k; i += V::kLanes) V::store(to + i, V::load(V::first(k - i), from + i));
  }

  static void prefetch_row(const float* from, int k) {
    for (int i = 0; i < k; i += kPanel) prefetch(from + i);
  }

  /// One block of W against all rows. The rows of a tile are first copied together: their own stride is often a large
  /// power of two, which would put them all in the same few sets of the level-1 cache.
  static void block(const GemmF32& g, int n0, int columns, int k0, int k) {
    constexpr int kColumns = Sizes::kPanels * kPanel;
    // Rows of the next tile to fetch beside each tile of columns, so that all are near by when the block is full width.
    constexpr int kRowsAhead = (Sizes::kRows * kColumns + Sizes::kBlockN - 1) / Sizes::kBlockN;
    alignas(64) float copies[Sizes::kRows * kBlockLda];
    for (int m0 = 0; m0 < g.m; m0 += Sizes::kRows) {
      const int rows = least(g.m - m0, Sizes::kRows);
      for (int r = 0; r < rows; ++r) copy_row(g.a + (m0 + r) * g.lda + k0, k, copies + r * kBlockLda);
      int next = m0 + Sizes::kRows;
      const int next_end = least(g.m, next + Sizes::kRows);
      for (int n = n0; n < n0 + columns; n += kColumns) {
        for (int i = 0; i < kRowsAhead && next < next_end; ++i, ++next) prefetch_row(g.a + next * g.lda + k0, k);
        TileArgs t = args_of(g, m0, n, k0, least(n0 + columns - n, kColumns));
        t.a = copies;
        t.k = k;
        kTiles.run(rows, t);
      }
      if (g.epilogue == Epilogue::kGelu && k0 + k == g.k)
        gelu_rows<V, gelu_of<V>>(g.c + m0 * g.ldc + n0, g.ldc, rows, columns);
    }
  }

  static void run(const GemmF32& g) {
    if (g.m <= 0) return;
    if (g.m <= Sizes::kThinRows) return thin(g);
    for (int n0 = 0; n0 < g.n; n0 += Sizes::kBlockN) {
      for (int k0 = 0; k0 == 0 || k0 < g.k; k0 += Sizes::kBlockK) {
        block(g, n0, least(g.n - n0, Sizes::kBlockN), k0, least(g.k - k0, Sizes::kBlockK));
      }
    }
  }
};

}  // namespace
}  // namespace skald::cpu
