// What follows a product: sums to results, a slice of the tile at a time.

#include "npu/kernels/rows.h"
#include "npu/kernels/shapes.h"

namespace skald::npu {
namespace {

using enum Element;
using enum Direction;

/// Rows of the tile that a call takes.
constexpr int kSliceRows = 16;

void add_requantise(Rows& rows, int m, int n) {
  const std::int64_t slice = std::int64_t{kSliceRows} * n;
  const KernelArgument sums{"c", kI32, std::int64_t{m} * n, kIn, "blocks 4x8", {}};
  const KernelArgument scales{"parameters", kI8, std::int64_t{n} / 8 * 64, kIn, "groups of 8", {}};
  const KernelArgument out{"y", kI8, slice, kOut, "blocks 4x8", {}};
  rows.add("requantise_i8_" + size_text(m, n), {"requantise_i8.cc", "16 rows of int32 sums + bias, scaled, to int8"},
           {sums, scales, out}, {"slice", "down", "shift"}, {m / kSliceRows - 1, 5, 14});
  rows.add("requantise_add_i8_" + size_text(m, n),
           {"requantise_i8.cc", "16 rows of int32 sums + bias, scaled, + residual, to int8"},
           {sums, scales, {"residual", kI8, slice, kIn, "blocks 4x8", {}}, out},
           {"slice", "down", "shift", "residual_factor"}, {m / kSliceRows - 1, 5, 14, 9000});
  const KernelArgument table{"ab", kI8, kTableI8Bytes, kIn, "rows", "gelu_i8"};
  KernelArgument second = table;
  second.name = "cd";
  rows.add("requantise_gelu_i8_" + size_text(m, n),
           {"requantise_i8.cc", "16 rows of int32 sums + bias, scaled, GELU by table, to int8"},
           {sums, scales, table, second, out}, {"slice", "down", "shift"}, {m / kSliceRows - 1, 5, 14});
}

void add_finish(Rows& rows, int m, int n) {
  const std::int64_t slice = std::int64_t{kSliceRows} * n;
  const KernelArgument sums{"c", kF32, std::int64_t{m} * n, kIn, "blocks 4x4", {}};
  const KernelArgument bias{"bias", kBf16, std::int64_t{n} * 8, kIn, "groups of 4", {}};
  const KernelArgument out{"y", kBf16, slice, kOut, "blocks 4x4", {}};
  rows.add("finish_bf16_" + size_text(m, n), {"finish_bf16.cc", "16 rows of float32 sums + bias to bfloat16"},
           {sums, bias, out}, {"slice"}, {m / kSliceRows - 1});
  rows.add("finish_add_bf16_" + size_text(m, n),
           {"finish_bf16.cc", "16 rows of float32 sums + bias + residual to bfloat16"},
           {sums, bias, {"residual", kBf16, slice, kIn, "blocks 4x4", {}}, out}, {"slice"}, {m / kSliceRows - 1});
  rows.add("finish_gelu_bf16_" + size_text(m, n),
           {"finish_bf16.cc", "16 rows of float32 sums + bias, GELU, to bfloat16"}, {sums, bias, out}, {"slice"},
           {m / kSliceRows - 1});
}

}  // namespace

void add_finish_rows(Rows& rows) {
#define SKALD_SHAPE(m, n) std::pair{m, n},
  for (const auto& [m, n] : {SKALD_FINISH_SHAPES(SKALD_SHAPE)}) {
    add_requantise(rows, m, n);
    add_finish(rows, m, n);
  }
#undef SKALD_SHAPE
  rows.add("requantise_lookup_i8_64x128",
           {"requantise_i8.cc", "16 rows of int32 sums + bias, scaled, through a table that comes with them, to int8"},
           {{"c", kI32, 64 * 128, kIn, "blocks 4x8", {}},
            {"parameters", kI8, 128 * 8 + 2 * kTableI8Bytes, kIn, "groups of 8, table", {}},
            {"y", kI8, kSliceRows * 128, kOut, "blocks 4x8", {}}},
           {"slice", "down", "shift"}, {3, 5, 14});
}

}  // namespace skald::npu
