#include "cpu/ops.h"

#include <algorithm>
#include <cassert>

namespace skald::cpu {
namespace {

// A tile of 84 rows is a whole number of register tiles of every instruction set (14 and 6 rows); one of 512 columns is
// what the kernels keep of the weights in the level-2 cache (kernels/vector/gemm.h).
constexpr int kTileRows = 84;
constexpr int kTilePanels = 512 / kPanel;
constexpr int kLeastTileRows = 42;
constexpr int kLeastTilePanels = 4;  // one register tile of the kernels for few rows
// More tiles than threads, so that the last ones to finish wait little.
constexpr int kTilesPerThread = 6;

int ceil_div(int a, int b) {
  return (a + b - 1) / b;
}

struct Tiling {
  int rows = kTileRows;
  int panels = kTilePanels;
};

/// Tiles that suit the kernels, made smaller where there are too few of them to keep every thread busy.
Tiling choose_tiling(int rows, int panels, int threads) {
  Tiling tile;
  if (threads == 1) return {.rows = rows, .panels = panels};
  const auto tiles = [&] { return ceil_div(rows, tile.rows) * ceil_div(panels, tile.panels); };
  while (tile.panels > kLeastTilePanels && tiles() < threads * kTilesPerThread) tile.panels /= 2;
  if (tiles() < threads * kTilesPerThread) tile.rows = kLeastTileRows;
  return tile;
}

}  // namespace

void Ops::linear(const Linear& layer, ConstRows in, MutableRows out, int rows, Epilogue epilogue) const {
  assert(in.stride > 0 && out.stride >= layer.n);
  if (rows == 0) return;
  const int panels = ceil_div(layer.n, kPanel);
  const Tiling tile = choose_tiling(rows, panels, pool_->threads());
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
