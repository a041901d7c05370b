#include "cpu/ops.h"

#include <algorithm>
#include <cassert>
#include <type_traits>
#include <utility>

#include "base/rounding.h"

namespace skald::cpu {
namespace {

// A tile of about 84 rows is a whole number of register tiles (AVX2's 6 rows divide those of AVX-512's 14); one of 512
// columns is what the kernels keep of the weights in the level-2 cache (kernels/vector/gemm.h).
constexpr int kTileRows = 84;
constexpr int kTilePanels = 512 / kPanel;
constexpr int kLeastTilePanels = 4;  // one register tile of the kernels for few rows
// More tiles than threads, so that the last ones to finish wait little.
constexpr int kTilesPerThread = 6;

// Rows of a layer norm or a conversion that a thread takes at once: some microseconds of work, more than handing them
// out costs.
constexpr int kRowsPerTile = 16;

struct Tiling {
  int rows = 0;
  int panels = 0;
};

/// Tiles that suit the kernels, made smaller where there are too few of them to keep every thread busy.
Tiling choose_tiling(int rows, int panels, int kernel_rows, int threads) {
  if (threads == 1) return {.rows = rows, .panels = panels};
  Tiling tile{.rows = round_up(kTileRows, kernel_rows), .panels = kTilePanels};
  const auto tiles = [&] { return ceil_div(rows, tile.rows) * ceil_div(panels, tile.panels); };
  while (tile.panels > kLeastTilePanels && tiles() < threads * kTilesPerThread) tile.panels /= 2;
  if (tiles() < threads * kTilesPerThread) tile.rows = round_up(kTileRows / 2, kernel_rows);
  return tile;
}

/// Of a row of `width` numbers, in whole groups.
int64_t row_bytes(FactorType type, int width) {
  switch (type) {
    case FactorType::kFloat32: return int64_t{width} * 4;
    case FactorType::kBfloat16:
    case FactorType::kInt16: return round_up(int64_t{width} * 2, kGroupBytes);
    case FactorType::kInt8: return round_up(int64_t{width}, kGroupBytes);
    case FactorType::kInt4: return round_up(int64_t{width}, kBlock4);
  }
  return 0;
}

}  // namespace

void Ops::reserve(size_t rows, int normed, int widest) {
  const auto width = static_cast<size_t>(normed);
  if (compute_ == ComputeType::kFloat32) return grow(normed_, rows * width);
  grow(normed_, static_cast<size_t>(pool_->threads()) * kRowsPerTile * width);
  const int64_t bytes = std::max(row_bytes(FactorType::kInt16, widest), row_bytes(FactorType::kInt4, widest));
  grow(converted_, rows * static_cast<size_t>(bytes));
  if (compute_ == ComputeType::kInt4) grow(block_sum_, rows * static_cast<size_t>(ceil_div(widest, kBlock4)));
  grow(row_scale_, rows);
}

void Ops::linear(const Linear& layer, ConstRows in, MutableRows out, int rows, Epilogue epilogue) {
  assert(in.stride > 0 && out.stride >= layer.n);
  if (layer.type == FactorType::kFloat32) return multiply_f32(layer, in, out, rows, epilogue);
  pool_->parallel_for(ceil_div(rows, kRowsPerTile), [&](int64_t tile, int /*thread*/) {
    const int64_t row = tile * kRowsPerTile;
    const int count = static_cast<int>(std::min<int64_t>(kRowsPerTile, rows - row));
    convert(layer, {in.data + row * in.stride, in.stride}, row, count);
  });
  multiply_converted(layer, out, rows, epilogue);
}

void Ops::linear_of_norm(const LayerNorm& norm, const Linear& layer, const float* x, MutableRows out, int rows,
                         Epilogue epilogue) {
  const int width = norm.width();
  if (layer.type == FactorType::kFloat32) {
    layer_norm(norm, x, normed_.data(), rows);
    return multiply_f32(layer, {normed_.data(), width}, out, rows, epilogue);
  }
  pool_->parallel_for(ceil_div(rows, kRowsPerTile), [&](int64_t tile, int thread) {
    const int64_t row = tile * kRowsPerTile;
    const int count = static_cast<int>(std::min<int64_t>(kRowsPerTile, rows - row));
    float* normed = normed_.data() + int64_t{thread} * kRowsPerTile * width;
    kernels_->layer_norm_f32(x + row * width, norm.gain.data(), norm.bias.data(), normed, count, width);
    convert(layer, {normed, width}, row, count);
  });
  multiply_converted(layer, out, rows, epilogue);
}

/// Rows of a product's input into the converted rows from `first` on, in the type of the weights. One thread.
void Ops::convert(const Linear& layer, ConstRows in, int64_t first, int rows) {
  const int64_t bytes = row_bytes(layer.type, layer.k);
  assert(std::cmp_less_equal((first + rows) * bytes, converted_.size()));
  assert(layer.type == FactorType::kBfloat16 || std::cmp_less_equal(first + rows, row_scale_.size()));
  std::byte* const to = converted_.data() + first * bytes;
  const auto quantised = [&](auto element, int level) {
    using Q = decltype(element);
    return Quantise<Q>{.x = in.data,
                       .ldx = in.stride,
                       .q = reinterpret_cast<Q*>(to),
                       .ldq = bytes / static_cast<int64_t>(sizeof(Q)),
                       .scale = row_scale_.data() + first,
                       .m = rows,
                       .k = layer.k,
                       .level = level};
  };
  switch (layer.type) {
    case FactorType::kFloat32: return;
    case FactorType::kBfloat16:
      return kernels_->round_bf16({.x = in.data,
                                   .ldx = in.stride,
                                   .q = reinterpret_cast<Bfloat16*>(to),
                                   .ldq = round_up(layer.k, kGroup<Bfloat16>),
                                   .m = rows,
                                   .k = layer.k});
    case FactorType::kInt16: return kernels_->quantise_i16(quantised(int16_t{}, most_level(layer.k)));
    case FactorType::kInt8: return kernels_->quantise_i8(quantised(uint8_t{}, kMostI8));
    case FactorType::kInt4:
      return kernels_->quantise_blocks({.x = in.data,
                                        .ldx = in.stride,
                                        .q = reinterpret_cast<int8_t*>(to),
                                        .ldq = bytes,
                                        .block_sum = block_sum_.data() + first * ceil_div(layer.k, kBlock4),
                                        .scale = row_scale_.data() + first,
                                        .m = rows,
                                        .k = layer.k});
  }
}

/// Calls part(row, rows, column, columns) for tiles of a product, on all threads.
template <class Part>
void Ops::for_each_tile(const Linear& layer, int rows, const Part& part) const {
  if (rows == 0) return;
  const int panels = ceil_div(layer.n, kPanel);
  const Tiling tile = choose_tiling(rows, panels, kernels_->tile_rows, pool_->threads());
  const int tile_rows = tile.rows;
  const int tile_columns = tile.panels * kPanel;
  const int panel_tiles = ceil_div(panels, tile.panels);
  pool_->parallel_for(int64_t{ceil_div(rows, tile_rows)} * panel_tiles, [&](int64_t i, int /*thread*/) {
    const int row = static_cast<int>(i / panel_tiles) * tile_rows;
    const int column = static_cast<int>(i % panel_tiles) * tile_columns;
    part(row, std::min(tile_rows, rows - row), column, std::min(tile_columns, layer.n - column));
  });
}

/// By a kernel, of the rows and the weights that `whole` begins with.
template <class Product>
void Ops::multiply(const Linear& layer, const Product& whole, void (*Kernels::*kernel)(const Product&) noexcept,
                   MutableRows out, int rows, Epilogue epilogue) const {
  const int64_t blocks = ceil_div(layer.k, kBlock4);
  // Elements of W in a column.
  constexpr bool kBlocks = requires { whole.step; };
  const int64_t depth =
      kBlocks ? blocks * (kBlock4 / 2) : round_up(layer.k, kGroup<std::remove_cvref_t<decltype(*whole.a)>>);
  for_each_tile(layer, rows, [&](int64_t row, int m, int64_t column, int n) {
    Product part = whole;
    part.a += row * whole.lda;
    part.w += column * depth;
    if constexpr (requires { part.w_scale; }) {
      part.a_scale = row_scale_.data() + row;
      part.w_scale = layer.scale.data() + column;
    }
    if constexpr (requires { part.offset; }) {
      part.offset = layer.offset.size() == 0 ? nullptr : layer.offset.data() + column;
    }
    if constexpr (kBlocks) {
      part.block_sum = block_sum_.data() + row * blocks;
      part.step = layer.step.data() + column * blocks;
    }
    part.bias = layer.bias.size() == 0 ? nullptr : layer.bias.data() + column;
    part.c = out.data + row * out.stride + column;
    part.ldc = out.stride;
    part.m = m;
    part.n = n;
    part.k = layer.k;
    part.epilogue = epilogue;
    (kernels_->*kernel)(part);
  });
}

void Ops::multiply_f32(const Linear& layer, ConstRows in, MutableRows out, int rows, Epilogue epilogue) const {
  const GemmF32 whole{.a = in.data, .lda = in.stride, .w = layer.w.data()};
  multiply(layer, whole, &Kernels::gemm_f32, out, rows, epilogue);
}

/// Of the rows that convert() has left.
void Ops::multiply_converted(const Linear& layer, MutableRows out, int rows, Epilogue epilogue) const {
  const auto run = [&](auto whole, const auto* w, auto kernel) {
    using A = std::remove_cvref_t<decltype(*whole.a)>;
    whole.a = reinterpret_cast<const A*>(converted_.data());
    whole.lda = row_bytes(layer.type, layer.k) / static_cast<int64_t>(sizeof(A));
    whole.w = w;
    multiply(layer, whole, kernel, out, rows, epilogue);
  };
  switch (layer.type) {
    case FactorType::kFloat32: return;
    case FactorType::kBfloat16: return run(GemmBf16{}, layer.w_bf16.data(), &Kernels::gemm_bf16);
    case FactorType::kInt16: return run(GemmI16{}, layer.w16.data(), &Kernels::gemm_i16);
    case FactorType::kInt8: return run(GemmI8{}, layer.w8.data(), &Kernels::gemm_i8);
    case FactorType::kInt4: return run(GemmI8I4{}, layer.w4.data(), &Kernels::gemm_i8i4);
  }
}

void Ops::layer_norm(const LayerNorm& norm, const float* x, float* y, int rows) const {
  const int width = norm.width();
  pool_->parallel_for(ceil_div(rows, kRowsPerTile), [&](int64_t tile, int /*thread*/) {
    const int row = static_cast<int>(tile) * kRowsPerTile;
    const int64_t offset = int64_t{row} * width;
    kernels_->layer_norm_f32(x + offset, norm.gain.data(), norm.bias.data(), y + offset,
                             std::min(kRowsPerTile, rows - row), width);
  });
}

}  // namespace skald::cpu
