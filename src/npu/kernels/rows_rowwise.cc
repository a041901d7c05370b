// Kernels whose numbers need a whole row.

#include <utility>

#include "npu/kernels/rows.h"
#include "npu/kernels/rowwise_shapes.h"

namespace skald::npu {
namespace {

using enum Element;
using enum Direction;

constexpr int kSpare = 36;  // columns of the usual row that hold nothing, as 1536 - 1500

}  // namespace

void add_rowwise_rows(Rows& rows) {
#define SKALD_SHAPE(height, width) std::pair{height, width},
  for (const auto& [height, width] : {SKALD_SOFTMAX_SHAPES(SKALD_SHAPE)}) {
    const std::int64_t extent = std::int64_t{height} * width;
    rows.add("softmax_bf16_" + size_text(height, width), {"softmax.cc", "softmax of rows, float32 statistics"},
             {{"x", kBf16, extent, kIn, "rows", {}}, {"y", kBf16, extent, kOut, "rows", {}}}, {"columns"},
             {width - kSpare});
  }
  for (const auto& [height, width] : {SKALD_LAYER_NORM_SHAPES(SKALD_SHAPE)}) {
    const std::int64_t extent = std::int64_t{height} * width;
    rows.add("layer_norm_bf16_" + size_text(height, width),
             {"layer_norm.cc", "LayerNorm of rows, float32 statistics; gamma and beta in one argument"},
             {{"x", kBf16, extent, kIn, "rows", {}},
              {"weights", kBf16, std::int64_t{2} * width, kIn, "gamma, beta", {}},
              {"y", kBf16, extent, kOut, "rows", {}}},
             {"columns"}, {width - kSpare});
  }
#undef SKALD_SHAPE
  rows.add("layer_norm_i8_256",
           {"layer_norm_i8.cc", "LayerNorm of a row of 256 int8; x, gamma and beta in one argument"},
           {{"xgb", kI8, 3 * 256, kIn, "x, gamma, beta", {}}, {"y", kI8, 256, kOut, "rows", {}}}, {"shift"}, {6});
}

}  // namespace skald::npu
