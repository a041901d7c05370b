#include "npu/kernels/catalogue.h"

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <vector>

#include "npu/kernels/bindings.h"
#include "npu/kernels/shapes.h"

namespace skald::npu {
namespace {

using Arguments = std::vector<KernelArgument>;
using Names = std::vector<std::string_view>;
using Numbers = std::vector<std::int32_t>;

constexpr auto kI8 = Element::kI8;
constexpr auto kI16 = Element::kI16;
constexpr auto kI32 = Element::kI32;
constexpr auto kBf16 = Element::kBf16;
constexpr auto kF32 = Element::kF32;

constexpr auto kIn = Direction::kIn;
constexpr auto kOut = Direction::kOut;
constexpr auto kInOut = Direction::kInOut;

/// Multiply-accumulates a cycle (AM020 chapter 4, table 7).
constexpr int kPeakI8 = 256;
constexpr int kPeakBf16 = 128;
constexpr int kPeakI16 = 64;

/// Frame of a kernel that keeps its values in registers: callee-saved registers only.
constexpr int kLeafStack = 256;

KernelCall call_of(std::span<const KernelBinding> bindings, std::string_view symbol) {
  const auto found = std::find_if(bindings.begin(), bindings.end(),
                                  [symbol](const KernelBinding& binding) { return binding.symbol == symbol; });
  return found == bindings.end() ? nullptr : found->call;
}

/// All rows and what they refer to.
class Catalogue {
 public:
  Catalogue() {
#define SKALD_SHAPE(m, k, n) MatmulShape{m, k, n},
    for (const MatmulShape& shape : {SKALD_MATMUL_I8_SHAPES(SKALD_SHAPE)}) {
      add_matmul(shape, {"i8", "matmul_i8.cc", kI8, kI32, {"blocks 4x8", "blocks 8x8", "blocks 4x8"}, kPeakI8});
    }
    for (const MatmulShape& shape : {SKALD_MATMUL_BF16_SHAPES(SKALD_SHAPE)}) {
      add_matmul(shape, {"bf16", "matmul_bf16.cc", kBf16, kF32, {"blocks 4x8", "blocks 8x4", "blocks 4x4"}, kPeakBf16});
    }
    for (const MatmulShape& shape : {SKALD_MATMUL_I16_SHAPES(SKALD_SHAPE)}) {
      add_matmul(shape, {"i16", "matmul_i16.cc", kI16, kI32, {"blocks 4x4", "blocks 4x4", "blocks 4x4"}, kPeakI16});
    }
#undef SKALD_SHAPE
#define SKALD_SHAPE(m, n) std::pair{m, n},
    for (const auto& [m, n] : {SKALD_FINISH_SHAPES(SKALD_SHAPE)}) {
      add_requantise(m, n);
      add_finish(m, n);
    }
#undef SKALD_SHAPE
    add_published();
  }

  std::span<const KernelRow> rows() const { return rows_; }

 private:
  struct Text {
    std::string_view source;
    std::string_view purpose;
  };

  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  KernelRow& add(std::string symbol, Text text, Arguments arguments, Names names = {}, Numbers usual = {}) {
    KernelRow row;
    row.symbol = keep(std::move(symbol));
    row.source = text.source;
    row.purpose = text.purpose;
    row.arguments = arguments_.emplace_back(std::move(arguments));
    row.numbers = names_.emplace_back(std::move(names));
    row.usual = numbers_.emplace_back(std::move(usual));
    row.stack_bytes = kLeafStack;
    row.run = call_of(device_code::valued::bindings(), row.symbol);
    row.count = call_of(device_code::counted::bindings(), row.symbol);
    return rows_.emplace_back(row);
  }

  static void multiplies(KernelRow& row, const MatmulShape& shape, int peak) {
    row.shape = shape;
    row.macs = std::int64_t{shape.m} * shape.k * shape.n;
    row.peak = peak;
  }

  static std::string size_of(const MatmulShape& shape) {
    return std::to_string(shape.m) + "x" + std::to_string(shape.k) + "x" + std::to_string(shape.n);
  }

  static std::string size_of(int m, int n) { return std::to_string(m) + "x" + std::to_string(n); }

  /// What a family of products has in common.
  struct Family {
    std::string_view name;
    std::string_view source;
    Element factor;
    Element sum;
    std::array<std::string_view, 3> layouts;
    int peak;
  };

  void add_matmul(const MatmulShape& shape, const Family& family) {
    for (const bool first : {false, true}) {
      KernelRow& row =
          add("matmul_" + std::string(family.name) + "_" + size_of(shape) + (first ? "_first" : ""),
              {family.source, first ? "C = A B" : "C += A B"},
              {{"a", family.factor, std::int64_t{shape.m} * shape.k, kIn, family.layouts[0], {}},
               {"b", family.factor, std::int64_t{shape.k} * shape.n, kIn, family.layouts[1], {}},
               {"c", family.sum, std::int64_t{shape.m} * shape.n, first ? kOut : kInOut, family.layouts[2], {}}});
      multiplies(row, shape, family.peak);
    }
  }

  /// Rows of a tile that the kernels after the last step take at a time.
  static constexpr int kSliceRows = 16;

  void add_requantise(int m, int n) {
    const std::int64_t slice = std::int64_t{kSliceRows} * n;
    const KernelArgument sums{"c", kI32, std::int64_t{m} * n, kIn, "blocks 4x8", {}};
    const KernelArgument scales{"parameters", kI8, std::int64_t{n} / 8 * 64, kIn, "groups of 8", {}};
    const KernelArgument out{"y", kI8, slice, kOut, "blocks 4x8", {}};
    add("requantise_i8_" + size_of(m, n), {"requantise_i8.cc", "16 rows of int32 sums + bias, scaled, to int8"},
        {sums, scales, out}, {"slice", "down", "shift"}, {m / kSliceRows - 1, 5, 14});
    add("requantise_add_i8_" + size_of(m, n),
        {"requantise_i8.cc", "16 rows of int32 sums + bias, scaled, + residual, to int8"},
        {sums, scales, {"residual", kI8, slice, kIn, "blocks 4x8", {}}, out},
        {"slice", "down", "shift", "residual_factor"}, {m / kSliceRows - 1, 5, 14, 9000});
  }

  void add_finish(int m, int n) {
    const std::int64_t slice = std::int64_t{kSliceRows} * n;
    const KernelArgument sums{"c", kF32, std::int64_t{m} * n, kIn, "blocks 4x4", {}};
    const KernelArgument bias{"bias", kBf16, std::int64_t{n} * 8, kIn, "groups of 4", {}};
    const KernelArgument out{"y", kBf16, slice, kOut, "blocks 4x4", {}};
    add("finish_bf16_" + size_of(m, n), {"finish_bf16.cc", "16 rows of float32 sums + bias to bfloat16"},
        {sums, bias, out}, {"slice"}, {m / kSliceRows - 1});
    add("finish_add_bf16_" + size_of(m, n), {"finish_bf16.cc", "16 rows of float32 sums + bias + residual to bfloat16"},
        {sums, bias, {"residual", kBf16, slice, kIn, "blocks 4x4", {}}, out}, {"slice"}, {m / kSliceRows - 1});
  }

  void add_scale(std::string symbol, Element element, std::string_view purpose) {
    add(std::move(symbol), {"scale.cc", purpose},
        {{"a", element, 1024, kIn, "rows", {}}, {"c", element, 1024, kOut, "rows", {}}}, {"factor", "count"},
        {3, 1024});
  }

  /// Kernels whose cycles are published.
  void add_published() {
    add_scale("scale_scalar_i32", kI32, "1024 int32 times a number, scalar code");
    add_scale("scale_scalar_i16", kI16, "1024 int16 times a number, scalar code");
    add_scale("scale_i16", kI16, "1024 int16 times a number");
    add_scale("scale_i16_plain", kI16, "1024 int16 times a number, loop without hints");
    add_scale("scale_i32", kI32, "1024 int32 times a number");
    add_scale("scale_i32_plain", kI32, "1024 int32 times a number, loop without hints");
    add("saxpy_bf16", {"saxpy.cc", "z = 3 x + y, bfloat16"},
        {{"x", kBf16, 4096, kIn, "rows", {}},
         {"y", kBf16, 4096, kIn, "rows", {}},
         {"z", kBf16, 4096, kOut, "rows", {}}},
        {"count"}, {4096});
    multiplies(add("matmul_scalar_bf16_64x64x64", {"matmul_scalar.cc", "C = A B, bfloat16, software float"},
                   {{"a", kBf16, 4096, kIn, "rows", {}},
                    {"b", kBf16, 4096, kIn, "rows", {}},
                    {"c", kF32, 4096, kOut, "rows", {}}}),
               {64, 64, 64}, kPeakBf16);
    multiplies(add("stock_i16_64x64x32", {"published.cc", "C += A B, int16, form of the stock kernel"},
                   {{"a", kI16, 4096, kIn, "blocks 4x4", {}},
                    {"b", kI16, 2048, kIn, "blocks 4x4", {}},
                    {"c", kI16, 2048, kInOut, "blocks 4x4", {}}}),
               {64, 64, 32}, kPeakI16);
    multiplies(add("stock_bf16_64x64x64", {"published.cc", "C += A B, bfloat16, form of the stock kernel"},
                   {{"a", kBf16, 4096, kIn, "blocks 4x8", {}},
                    {"b", kBf16, 4096, kIn, "blocks 8x4", {}},
                    {"c", kF32, 4096, kInOut, "blocks 4x4", {}}}),
               {64, 64, 64}, kPeakBf16);
  }

  std::deque<std::string> texts_;
  std::deque<Arguments> arguments_;
  std::deque<Names> names_;
  std::deque<Numbers> numbers_;
  std::vector<KernelRow> rows_;
};

const Catalogue& catalogue() {
  static const Catalogue kCatalogue;
  return kCatalogue;
}

}  // namespace

std::span<const KernelRow> kernel_rows() {
  return catalogue().rows();
}

const KernelRow* find_kernel(std::string_view symbol) {
  const std::span<const KernelRow> rows = kernel_rows();
  const auto found =
      std::find_if(rows.begin(), rows.end(), [symbol](const KernelRow& row) { return row.symbol == symbol; });
  return found == rows.end() ? nullptr : &*found;
}

std::span<const KernelTable> kernel_tables() {
  return {};
}

const KernelTable* find_table(std::string_view name) {
  const std::span<const KernelTable> tables = kernel_tables();
  const auto found =
      std::find_if(tables.begin(), tables.end(), [name](const KernelTable& table) { return table.name == name; });
  return found == tables.end() ? nullptr : &*found;
}

}  // namespace skald::npu
