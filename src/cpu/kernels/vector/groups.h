#pragma once
// Matrix products for any Vec and any Dot, the instructions that multiply and add up groups of four bytes: four of
// int8, two of int16 or bfloat16. Unnamed namespace: see rows.h.

#include "cpu/kernels/vector/tiles.h"

namespace skald::cpu {
namespace {

/// One call of a tile; pointers and strides in bytes.
struct GroupTile {
  const uint8_t* a = nullptr;
  int64_t lda = 0;
  const uint8_t* w = nullptr;
  int64_t panel_stride = 0;
  const float* a_scale = nullptr;  ///< null: `scale`
  float scale = 1;
  const int32_t* offset = nullptr;
  const float* w_scale = nullptr;
  const int32_t* block_sum = nullptr;  ///< of GemmI8I4, whose blocks are the groups
  const int8_t* step = nullptr;        ///< likewise
  const float* bias = nullptr;
  float* c = nullptr;
  int64_t ldc = 0;
  int groups = 0;
  int columns = 0;  ///< used columns of the panels of this call
  Epilogue epilogue{};
};

/// A group of A as it lies in memory.
inline int group_at(const uint8_t* a) {
  int group;
  __builtin_memcpy(&group, a, sizeof group);
  return group;
}

/// What Dots of integers share: sums that become numbers by scales, and factors as they are.
template <class V>
struct IntegerSums {
  using Sum = typename V::I;
  static constexpr bool kOffset = false;  ///< whether sums lack GemmInteger::offset
  static constexpr int kWeightBytes = 4;  ///< of W in a group
  static Sum zero() { return V::zero_i(); }
  static typename V::I load(const uint8_t* w) { return V::load_i(w); }
  static typename V::I spread(const uint8_t* a) { return V::all_i(group_at(a)); }
};

/// Dot of int16 with W of int8: half the bytes of W to read, one instruction more to widen them; where rows are few,
/// reading is what takes the time.
template <class V, class Dot>
struct WidenedBytes : Dot {
  static constexpr int kWeightBytes = 2;
  static typename V::I load(const uint8_t* w) { return V::load_bytes(w); }
};

/// A register's sums as numbers; row `r`, columns from `column` on.
template <class V, class Dot>
typename V::F product_of(const GroupTile& t, int r, int column, typename Dot::Sum sum) {
  if constexpr (requires { Dot::kOffset; }) {
    const auto offset = Dot::kOffset && t.offset != nullptr ? V::load_i(t.offset + column) : V::zero_i();
    const auto row = V::all(t.a_scale == nullptr ? t.scale : t.a_scale[r]);
    return V::mul(V::mul(row, V::to_f32(V::add_i(sum, offset))), V::load(t.w_scale + column));
  } else {
    return sum;
  }
}

/// C of a tile's sums.
template <class V, class Dot, int Rows, int Panels>
__attribute__((always_inline)) inline void finish_tile(const GroupTile& t,
                                                       typename Dot::Sum (&acc)[Rows][Panels * (kPanel / V::kLanes)]) {
  constexpr int kVectors = Panels * (kPanel / V::kLanes);
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
    const auto bias = t.bias == nullptr ? V::zero() : V::load(mask, t.bias + column);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      float* c = t.c + r * t.ldc + column;
      auto y = V::add(product_of<V, Dot>(t, r, column, acc[r][v]), bias);
      if (t.epilogue == Epilogue::kResidual) y = V::add(V::load(mask, c), y);
      V::store(mask, c, y);
    }
  }
}

/// Rows x Panels. Dot::spread makes of four bytes of A what Dot::add wants; Dot::load reads a register's groups of W,
/// which has Dot::kWeightBytes in a group.
template <class V, class Dot, int Rows, int Panels>
void group_tile(const GroupTile& t) {
  constexpr int kPerPanel = kPanel / V::kLanes;
  constexpr int kVectors = Panels * kPerPanel;
  constexpr int kBytes = V::kLanes * Dot::kWeightBytes;
  typename Dot::Sum acc[Rows][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) acc[r][v] = Dot::zero();
#pragma GCC unroll 16
    for (int p = 0; p < Panels; ++p) prefetch(t.c + r * t.ldc + p * kPanel);  // C is needed after the loop
  }
  const uint8_t* a = t.a;
  const uint8_t* w = t.w;
  for (int g = 0; g < t.groups; ++g, a += kGroupBytes, w += kPanel * Dot::kWeightBytes) {
    decltype(Dot::load(w)) b[kVectors];
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) b[v] = Dot::load(w + v / kPerPanel * t.panel_stride + v % kPerPanel * kBytes);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      const auto x = Dot::spread(a + r * t.lda);
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) acc[r][v] = Dot::add(acc[r][v], x, b[v]);
    }
  }
  finish_tile<V, Dot, Rows, Panels>(t, acc);
}

template <class V, class Dot>
struct DotTile {
  using Args = GroupTile;
  template <int Rows, int Panels>
  static constexpr auto kFunction = group_tile<V, Dot, Rows, Panels>;
};

/// A product as one call of a tile, and parts of it.
template <class Dot>
struct GroupArgs {
  /// What every product has.
  template <class Product>
  static GroupTile common_args(const Product& g, int elements = kGroupBytes / static_cast<int>(sizeof(*Product{}.a))) {
    GroupTile t;
    t.groups = (g.k + elements - 1) / elements;
    t.a = reinterpret_cast<const uint8_t*>(g.a);
    t.lda = g.lda * static_cast<int64_t>(sizeof(*g.a));
    t.w = reinterpret_cast<const uint8_t*>(g.w);
    t.panel_stride = static_cast<int64_t>(t.groups) * kPanel * Dot::kWeightBytes;
    t.bias = g.bias;
    t.c = g.c;
    t.ldc = g.ldc;
    t.epilogue = g.epilogue;
    return t;
  }
  static GroupTile args_of(const GemmBf16& g) { return common_args(g); }
  template <class A, class W>
  static GroupTile args_of(const GemmInteger<A, W>& g) {
    GroupTile t = common_args(g);
    t.a_scale = g.a_scale;
    t.scale = g.scale;
    t.offset = g.offset;
    t.w_scale = g.w_scale;
    return t;
  }
  static GroupTile args_of(const GemmI8I4& g) {
    GroupTile t = common_args(g, kBlock4);
    t.a_scale = g.a_scale;
    t.w_scale = g.w_scale;
    t.block_sum = g.block_sum;
    t.step = g.step;
    return t;
  }

  /// The tile of rows from m and the columns from n on.
  static GroupTile part(const GroupTile& whole, int m, int n, int columns) {
    GroupTile t = whole;
    t.a += m * whole.lda;
    t.w += n / kPanel * whole.panel_stride;
    if (t.a_scale != nullptr) t.a_scale += m;
    if (t.offset != nullptr) t.offset += n;
    if (t.w_scale != nullptr) t.w_scale += n;
    if (t.block_sum != nullptr) t.block_sum += int64_t{m} * whole.groups;
    if (t.step != nullptr) t.step += int64_t{n} * whole.groups;
    if (t.bias != nullptr) t.bias += n;
    t.c += m * whole.ldc + n;
    t.columns = columns;
    return t;
  }
};

/// Sizes, chosen per ISA: kRows, kPanels of the tile; kThinRows, kThinPanels where rows are few and W is read once;
/// kBlockBytes of W that stay in the level-2 cache.
template <class V, class Dot, class Sizes, class Tile = DotTile<V, Dot>>
struct GroupGemm : GroupArgs<Dot> {
  using GroupArgs<Dot>::part;

  static constexpr Tiles<Tile, Sizes::kRows, Sizes::kPanels> kTiles{};
  static constexpr Tiles<Tile, Sizes::kThinRows, Sizes::kThinPanels> kThinTiles{};

  template <class Table>
  static void columns_of(const Table& tiles, const GroupTile& whole, int m, int rows, int n0, int n1, int step) {
    for (int n = n0; n < n1; n += step) {
      const GroupTile t = part(whole, m, n, least(n1 - n, step));
      tiles.run(rows, t);
      if (t.epilogue == Epilogue::kGelu) gelu_rows<V, rough_gelu_of<V>>(t.c, t.ldc, rows, t.columns);
    }
  }

  template <class Product>
  static void run(const Product& g) {
    if (g.m <= 0 || g.n <= 0) return;
    const GroupTile whole = GroupGemm::args_of(g);
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

}  // namespace
}  // namespace skald::cpu
