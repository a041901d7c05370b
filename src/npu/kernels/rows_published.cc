// Kernels whose cycles are published.

#include "npu/kernels/rows.h"

namespace skald::npu {
namespace {

using enum Element;
using enum Direction;

void add_scale(Rows& rows, std::string symbol, Element element, std::string_view purpose) {
  rows.add(std::move(symbol), {"scale.cc", purpose},
           {{"a", element, 1024, kIn, "rows", {}}, {"c", element, 1024, kOut, "rows", {}}}, {"factor", "count"},
           {3, 1024});
}

}  // namespace

void add_published_rows(Rows& rows) {
  add_scale(rows, "scale_scalar_i32", kI32, "1024 int32 times a number, scalar code");
  add_scale(rows, "scale_scalar_i16", kI16, "1024 int16 times a number, scalar code");
  add_scale(rows, "scale_i16", kI16, "1024 int16 times a number");
  add_scale(rows, "scale_i16_plain", kI16, "1024 int16 times a number, loop without hints");
  add_scale(rows, "scale_i32", kI32, "1024 int32 times a number");
  add_scale(rows, "scale_i32_plain", kI32, "1024 int32 times a number, loop without hints");
  rows.add(
      "saxpy_bf16", {"saxpy.cc", "z = 3 x + y, bfloat16"},
      {{"x", kBf16, 4096, kIn, "rows", {}}, {"y", kBf16, 4096, kIn, "rows", {}}, {"z", kBf16, 4096, kOut, "rows", {}}},
      {"count"}, {4096});
  Rows::multiplies(rows.add("matmul_scalar_bf16_64x64x64", {"matmul_scalar.cc", "C = A B, bfloat16, software float"},
                            {{"a", kBf16, 4096, kIn, "rows", {}},
                             {"b", kBf16, 4096, kIn, "rows", {}},
                             {"c", kF32, 4096, kOut, "rows", {}}}),
                   {64, 64, 64}, kPeakBf16);
  Rows::multiplies(rows.add("stock_i16_64x64x32", {"published.cc", "C += A B, int16, form of the stock kernel"},
                            {{"a", kI16, 4096, kIn, "blocks 4x4", {}},
                             {"b", kI16, 2048, kIn, "blocks 4x4", {}},
                             {"c", kI16, 2048, kInOut, "blocks 4x4", {}}}),
                   {64, 64, 32}, kPeakI16);
  Rows::multiplies(rows.add("stock_bf16_64x64x64", {"published.cc", "C += A B, bfloat16, form of the stock kernel"},
                            {{"a", kBf16, 4096, kIn, "blocks 4x8", {}},
                             {"b", kBf16, 4096, kIn, "blocks 8x4", {}},
                             {"c", kF32, 4096, kInOut, "blocks 4x4", {}}}),
                   {64, 64, 64}, kPeakBf16);
}

}  // namespace skald::npu
