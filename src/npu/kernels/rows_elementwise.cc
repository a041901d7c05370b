// Kernels whose numbers stand each for itself.

#include "npu/kernels/rows.h"
#include "npu/kernels/rowwise_shapes.h"

namespace skald::npu {
namespace {

using enum Element;
using enum Direction;

constexpr std::int64_t kCount = 2048;

void add_gelu_i8(Rows& rows, std::int64_t count) {
  rows.add("gelu_i8_" + std::to_string(count), {"gelu_i8.cc", "GELU of int8 by table, steps of 1/16"},
           {{"x", kI8, count, kIn, "rows", {}},
            {"table_ab", kI8, kTableI8Bytes, kIn, "rows", "gelu_i8"},
            {"table_cd", kI8, kTableI8Bytes, kIn, "rows", "gelu_i8"},
            {"y", kI8, count, kOut, "rows", {}}});
}

}  // namespace

void add_elementwise_rows(Rows& rows) {
  add_gelu_i8(rows, 512);
  add_gelu_i8(rows, kCount);
  rows.add("gelu_bf16_2048", {"gelu_bf16.cc", "GELU of bfloat16"},
           {{"x", kBf16, kCount, kIn, "rows", {}}, {"y", kBf16, kCount, kOut, "rows", {}}});
  rows.add("add_bf16_2048", {"elementwise.cc", "sum of two arrays of bfloat16"},
           {{"terms", kBf16, 2 * kCount, kIn, "a, b", {}}, {"y", kBf16, kCount, kOut, "rows", {}}});
#define SKALD_WIDTH(width) width,
  for (const std::int64_t width : {SKALD_EMBED_WIDTHS(SKALD_WIDTH)}) {
    rows.add("embed_bf16_" + std::to_string(width),
             {"elementwise.cc", "row of a token's embedding + row of a position's"},
             {{"token", kBf16, width, kIn, "rows", {}},
              {"position", kBf16, width, kIn, "rows", {}},
              {"y", kBf16, width, kOut, "rows", {}}});
  }
#undef SKALD_WIDTH
  rows.add("add_i8_2048", {"elementwise.cc", "sum of two arrays of int8, each times a factor"},
           {{"terms", kI8, 2 * kCount, kIn, "a, b", {}}, {"y", kI8, kCount, kOut, "rows", {}}},
           {"factor_a", "factor_b", "shift"}, {9000, 12000, 14});
  rows.add("requantise_i32_i8_2048", {"elementwise.cc", "int32 times a factor, to int8"},
           {{"x", kI32, kCount, kIn, "rows", {}}, {"y", kI8, kCount, kOut, "rows", {}}}, {"down", "factor", "shift"},
           {5, 250, 14});
  rows.add("quantise_bf16_i8_2048", {"elementwise.cc", "bfloat16 times a factor, to int8"},
           {{"x", kBf16, kCount, kIn, "rows", {}}, {"y", kI8, kCount, kOut, "rows", {}}}, {"up", "factor", "shift"},
           {13, 9000, 20});
  rows.add("dequantise_i8_bf16_2048", {"elementwise.cc", "int8 times a factor, to bfloat16"},
           {{"x", kI8, kCount, kIn, "rows", {}}, {"y", kBf16, kCount, kOut, "rows", {}}}, {"factor", "shift"},
           {9001, 18});
}

}  // namespace skald::npu
