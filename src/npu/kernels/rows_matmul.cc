// Products.

#include <array>
#include <utility>

#include "npu/kernels/rows.h"
#include "npu/kernels/shapes.h"

namespace skald::npu {
namespace {

using enum Element;
using enum Direction;

/// What a family of products has in common.
struct Family {
  std::string_view name;
  std::string_view source;
  Element factor;
  Element sum;
  std::array<std::string_view, 3> layouts;
  int peak;
};

void add_product(Rows& rows, const MatmulShape& shape, const Family& family) {
  for (const bool first : {false, true}) {
    KernelRow& row =
        rows.add("matmul_" + std::string(family.name) + "_" + size_text(shape) + (first ? "_first" : ""),
                 {family.source, first ? "C = A B" : "C += A B"},
                 {{"a", family.factor, std::int64_t{shape.m} * shape.k, kIn, family.layouts[0], {}},
                  {"b", family.factor, std::int64_t{shape.k} * shape.n, kIn, family.layouts[1], {}},
                  {"c", family.sum, std::int64_t{shape.m} * shape.n, first ? kOut : kInOut, family.layouts[2], {}}});
    Rows::multiplies(row, shape, family.peak);
  }
}

}  // namespace

void add_matmul_rows(Rows& rows) {
#define SKALD_SHAPE(m, k, n) MatmulShape{m, k, n},
  for (const MatmulShape& shape : {SKALD_MATMUL_I8_SHAPES(SKALD_SHAPE)}) {
    add_product(rows, shape, {"i8", "matmul_i8.cc", kI8, kI32, {"blocks 4x8", "blocks 8x8", "blocks 4x8"}, kPeakI8});
  }
  for (const MatmulShape& shape : {SKALD_MATMUL_BF16_SHAPES(SKALD_SHAPE)}) {
    add_product(rows, shape,
                {"bf16", "matmul_bf16.cc", kBf16, kF32, {"blocks 4x8", "blocks 8x4", "blocks 4x4"}, kPeakBf16});
  }
  for (const MatmulShape& shape : {SKALD_MATMUL_I16_SHAPES(SKALD_SHAPE)}) {
    add_product(rows, shape,
                {"i16", "matmul_i16.cc", kI16, kI32, {"blocks 4x4", "blocks 4x4", "blocks 4x4"}, kPeakI16});
  }
#undef SKALD_SHAPE
#define SKALD_PANEL(k, n) std::pair{k, n},
  for (const auto& [k, n] : {SKALD_UNPACK_I4_SHAPES(SKALD_PANEL)}) {
    const std::int64_t weights = std::int64_t{k} * n;
    rows.add("unpack_i4_" + size_text(k, n), {"unpack_i4.cc", "weights of four bits to int8"},
             {{"packed", kI8, weights / 2, kIn, "pairs of 64", {}}, {"weights", kI8, weights, kOut, "blocks 8x8", {}}});
  }
#undef SKALD_PANEL
}

}  // namespace skald::npu
