// Products.

#include <cmath>
#include <functional>

#include "npu/kernels/definitions_for_tests.h"
#include "npu/kernels/layout.h"

namespace skald::npu::testing {

namespace {

using Index = std::function<double(int row, int column)>;

/// C = A B or C += A B; C is argument `result`, `order` its blocks, `size` m, k, n.
std::string check_sums(const Case& the, std::size_t result, BlockOrder order, const MatmulShape& size, const Index& a,
                       const Index& b) {
  const auto& [m, k, n] = size;
  const bool adds = the.row.arguments[result].direction == Direction::kInOut;
  const bool real = the.row.arguments[result].element == Element::kF32;
  const int columns = n == 64 ? the.queries() : n;  // that are computed
  for (int row = 0; row < m; ++row) {
    for (int column = 0; column < n; ++column) {
      const std::int64_t at = block_index(order, n, row, column);
      double sum = adds ? the.in(result, at) : 0.0;
      double total = std::abs(sum);
      for (int i = 0; i < k && column < columns; ++i) {
        const double term = a(row, i) * b(i, column);
        sum += term;
        total += std::abs(term);
      }
      // A native step aligns eight products and the sum to the largest of them and drops what lies below 23 fraction
      // bits: nine errors of at most 2^-22 of a number no larger than `total`. Scalar code: two roundings of 2^-24 a
      // step, eight times as many steps, fewer than that.
      const double bound = real ? (k + 7.0) / 8.0 * 9.0 * std::ldexp(total, -22) : 0.0;
      if (std::string text = compare(the, result, at, sum, bound); !text.empty()) return text;
    }
  }
  return {};
}

}  // namespace

/// In the layouts that the row names; C is the last argument.
std::string check_product(const Case& the) {
  const auto factor = [&the](std::size_t argument, int width) -> Index {
    const BlockOrder order = block_order(the.row.arguments[argument].layout);
    return [&the, argument, order, width](int row, int column) {
      return the.in(argument, block_index(order, width, row, column));
    };
  };
  const std::size_t result = the.row.arguments.size() - 1;
  return check_sums(the, result, block_order(the.row.arguments[result].layout), the.row.shape,
                    factor(0, the.row.shape.k), factor(1, the.row.shape.n));
}

/// Attention's two products (resident.cc) have factors of their own layouts.
std::string check_resident(const Case& the) {
  if (the.row.shape != MatmulShape{}) return check_product(the);
  constexpr int kSide = 64;
  if (the.row.symbol.starts_with("product_keys")) {
    return check_sums(
        the, 3, {4, 4}, {32, kSide / 2, kSide},
        [&the](int row, int column) { return the.in(0, block_index({4, 8}, kSide, row, column)); },
        [&the](int row, int column) { return the.in(1, block_index({8, 4}, kSide, row, column)); });
  }
  const auto bf16 = [&the](std::int64_t at) { return element(the.before[0], Element::kBf16, at); };
  return check_sums(
      the, 2, {4, 4}, {kSide, 32, kSide},
      [&](int row, int column) {
        return bf16(row / 16 * 1024 + 512 + (row % 16 / 4 * 4 + column / 8) * 32 + row % 4 * 8 + column % 8);
      },
      [&](int row, int column) { return bf16(row / 8 * 1024 + column / 4 * 32 + row % 8 * 4 + column % 4); });
}

/// Of 8 KiB of scores, both halves of which hold bfloat16.
void prepare_resident(const KernelRow& row, Random& random, Memory& memory) {
  if (!row.symbol.starts_with("product_values")) return;
  for (std::int64_t at = 0; at < row.arguments[0].bytes() / 2; ++at) put(memory[0], at, to_bf16(random.real()));
}

/// Sums of 64 products and what is added to must fit 16 bits: 64 * 16 * 16 + 100.
void prepare_product(const KernelRow& row, Random& random, Memory& memory) {
  for (std::size_t i = 0; i < row.arguments.size(); ++i) {
    if (row.arguments[i].element != Element::kI16) continue;
    for (std::int64_t at = 0; at < row.arguments[i].extent; ++at) {
      put(memory[i], at, static_cast<std::int16_t>(random.between(-16, 16)));
    }
  }
}

/// Weight i of a group of 128 is half of byte i % 64, as a signed number.
std::string check_unpack_i4(const Case& the) {
  for (std::int64_t i = 0; i < the.row.arguments[1].extent; ++i) {
    const int byte = static_cast<int>(the.in(0, i / 128 * 64 + i % 64));
    const int half = (i % 128 < 64 ? byte : byte >> 4) & 15;
    if (std::string text = compare(the, 1, i, half < 8 ? half : half - 16, 0); !text.empty()) return text;
  }
  return {};
}

}  // namespace skald::npu::testing
