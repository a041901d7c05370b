#pragma once
// What matrix products over register tiles share, for any Vec and any element. Unnamed namespace: see rows.h.

#include <immintrin.h>

#include "cpu/kernels/vector/math.h"

namespace skald::cpu {
namespace {

inline void prefetch(const void* p) {
  _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0);
}

inline int least(int a, int b) {
  return a < b ? a : b;
}

/// Tiles by rows and panels, filled by the compiler: Tile::kFunction<rows, panels>, called with a Tile::Args.
template <class Tile, int Rows, int Panels>
struct Tiles {
  using Args = typename Tile::Args;
  void (*at[Rows][Panels])(const Args&) = {};

  constexpr Tiles() { fill<Rows, Panels>(); }
  template <int R, int P>
  constexpr void fill() {
    at[R - 1][P - 1] = Tile::template kFunction<R, P>;
    if constexpr (P > 1) {
      fill<R, P - 1>();
    } else if constexpr (R > 1) {
      fill<R - 1, Panels>();
    }
  }
  void run(int rows, const Args& t) const { at[rows - 1][(t.columns - 1) / kPanel](t); }
};

/// Gelu in place, over rows that have just been stored.
template <class V, auto Gelu>
inline void gelu_rows(float* c, int64_t ldc, int rows, int columns) {
  for (int r = 0; r < rows; ++r, c += ldc) {
    for (int i = 0; i < columns; i += V::kLanes) {
      const auto mask = V::first(columns - i);
      V::store(mask, c + i, Gelu(V::load(mask, c + i)));
    }
  }
}

}  // namespace
}  // namespace skald::cpu
