#include "cpu/ops.h"

#include <algorithm>
#include <cassert>

namespace skald::cpu {
namespace {

// Floats of input rows, and of weights, that one tile should hold: both stay in a second-level cache of 1 MiB (Zen 4;
// Cascade Lake) while the tile is computed.
constexpr int kRowFloats = 64 * 1024;
constexpr int kPanelFloats = 64 * 1024;
// More tiles than threads, so that the last ones to finish wait little.
constexpr int kTilesPerThread = 4;

int ceil_div(int a, int b) {
  return (a + b - 1) / b;
}

struct Tiling {
  int rows = 1;    // per tile
  int panels = 1;  // per tile
};

/// Tiles that fit the cache, made smaller where there are too few of them to keep every thread busy.
Tiling choose_tiling(int rows, int panels, int k, int threads) {
  Tiling tile;
  tile.rows = std::clamp(kRowFloats / k / 12 * 12, 12, rows < 12 ? 12 : rows);
  tile.panels = std::clamp(kPanelFloats / (k * kPanel) / 2 * 2, 2, panels < 2 ? 2 : panels);
  if (threads == 1) return tile;
  const int wanted = threads * kTilesPerThread;
  while (ceil_div(rows, tile.rows) * ceil_div(panels, tile.panels) < wanted) {
    if (tile.panels > 4) {
      tile.panels = (tile.panels / 2 + 1) / 2 * 2;
    } else if (tile.rows > 24) {
      tile.rows = (tile.rows / 2 + 11) / 12 * 12;
    } else {
      break;
    }
  }
  return tile;
}

}  // namespace

void Ops::linear(const Linear& layer, ConstRows in, MutableRows out, int rows, Epilogue epilogue) const {
  assert(in.stride > 0 && out.stride >= layer.n);
  if (rows == 0) return;
  const int panels = ceil_div(layer.n, kPanel);
  const Tiling tile = choose_tiling(rows, panels, layer.k, pool_->threads());
  const int row_tiles = ceil_div(rows, tile.rows);
  const int panel_tiles = ceil_div(panels, tile.panels);
  pool_->parallel_for(int64_t{row_tiles} * panel_tiles, [&](int64_t i, int /*thread*/) {
    const int row = static_cast<int>(i / panel_tiles) * tile.rows;
    const int column = static_cast<int>(i % panel_tiles) * tile.panels * kPanel;
    GemmF32 g;
    g.a = in.data + row * in.stride;
    g.lda = in.stride;
    g.w = layer.w.data() + int64_t{column} * layer.k;
    g.bias = layer.bias.size() == 0 ? nullptr : layer.bias.data() + column;
    g.c = out.data + row * out.stride + column;
    g.ldc = out.stride;
    g.m = std::min(tile.rows, rows - row);
    g.n = std::min(tile.panels * kPanel, layer.n - column);
    g.k = layer.k;
    g.epilogue = epilogue;
    kernels_->gemm_f32(g);
  });
}

void Ops::layer_norm(const LayerNorm& norm, const float* x, float* y, int rows) const {
  constexpr int kRowsPerTile = 16;  // some microseconds of work: more than handing out a tile costs
  const int width = norm.width();
  pool_->parallel_for(ceil_div(rows, kRowsPerTile), [&](int64_t tile, int /*thread*/) {
    const int row = static_cast<int>(tile) * kRowsPerTile;
    const int64_t offset = int64_t{row} * width;
    kernels_->layer_norm_f32(x + offset, norm.gain.data(), norm.bias.data(), y + offset,
                             std::min(kRowsPerTile, rows - row), width);
  });
}

void attend_scores(const Kernels& kernel, const AttendBlock& block) noexcept {
  GemmF32 g;
  g.a = block.q.data;
  g.lda = block.q.stride;
  g.w = block.head.keys;
  g.c = block.scores.data;
  g.ldc = block.scores.stride;
  g.m = block.rows;
  g.n = block.positions;
  g.k = block.head_width;
  kernel.gemm_f32(g);
}

void attend_values(const Kernels& kernel, const AttendBlock& block) noexcept {
  kernel.softmax_f32(block.scores.data, block.rows, block.positions, block.scores.stride, 1.0F);
  GemmF32 g;
  g.a = block.scores.data;
  g.lda = block.scores.stride;
  g.w = block.head.values;
  g.c = block.out.data;
  g.ldc = block.out.stride;
  g.m = block.rows;
  g.n = block.head_width;
  g.k = block.positions;
  kernel.gemm_f32(g);
}

}  // namespace skald::cpu
