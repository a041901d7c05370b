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

/// The encoder's (resident.cc).
void add_resident(Rows& rows) {
  constexpr std::int64_t kKeys = 32;
  constexpr std::int64_t kSide = 64;  // queries, dimensions
  const auto zeros = [](Element type) { return KernelArgument{"zeros", type, 32, kIn, "rows", "zeros"}; };
  const auto add = [&](std::string symbol, std::string_view purpose, Rows::Arguments arguments,
                       Rows::Names names = {"first"}, Rows::Numbers usual = {0}) -> KernelRow& {
    return rows.add(std::move(symbol), {"resident.cc", purpose}, std::move(arguments), std::move(names),
                    std::move(usual));
  };
  Rows::multiplies(add("product_i8_64x64x128", "C += A B, or C = A B",
                       {{"a", kI8, 64 * 64, kIn, "blocks 4x8", {}},
                        {"b", kI8, 64 * 128, kIn, "blocks 8x8", {}},
                        zeros(kI32),
                        {"c", kI32, 64 * 128, kInOut, "blocks 4x8", {}}}),
                   {64, 64, 128}, kPeakI8);
  Rows::multiplies(add("product_bf16_64x32x128", "C += A B, or C = A B",
                       {{"a", kBf16, 64 * 32, kIn, "blocks 4x8", {}},
                        {"b", kBf16, 32 * 128, kIn, "blocks 8x4", {}},
                        zeros(kF32),
                        {"c", kF32, 64 * 128, kInOut, "blocks 4x4", {}}}),
                   {64, 32, 128}, kPeakBf16);
  constexpr std::int32_t kGroups = 12;  // of four queries, of 16
  const auto multiplies = [](KernelRow& row, std::int64_t macs) {
    row.macs = macs / kSide * 4 * kGroups;
    row.macs_by = static_cast<int>(row.numbers.size()) - 1;
    row.peak = kPeakBf16;
  };
  // From a half of the depth on: the last row ends with the other half.
  multiplies(add("product_keys_bf16_32", "scores += keys times queries, over half of the depth",
                 {{"keys", kBf16, kKeys * kSide - 4 * 32, kIn, "blocks 4x8", {}},
                  {"queries", kBf16, kSide / 2 * kSide, kIn, "blocks 8x4", {}},
                  zeros(kF32),
                  {"scores", kF32, kKeys * kSide, kInOut, "blocks 4x4", {}}},
                 {"first", "groups"}, {0, kGroups}),
             kKeys * kSide * kSide / 2);
  multiplies(add("product_values_bf16_32", "O += V^T P, values turned",
                 {{"scores", kF32, kKeys * kSide, kIn, "blocks 4x4", {}},
                  zeros(kF32),
                  {"o", kF32, kSide * kSide, kInOut, "blocks 4x4", {}}},
                 {"groups"}, {kGroups}),
             kKeys * kSide * kSide);
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
  add_resident(rows);
}

}  // namespace skald::npu
