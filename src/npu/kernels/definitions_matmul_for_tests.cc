// Products.

#include <cmath>

#include "npu/kernels/definitions_for_tests.h"
#include "npu/kernels/layout.h"

namespace skald::npu::testing {

/// C = A B or C += A B, in the layouts that the row names.
std::string check_product(const Case& the) {
  const auto& [m, k, n] = the.row.shape;
  const BlockOrder order_a = block_order(the.row.arguments[0].layout);
  const BlockOrder order_b = block_order(the.row.arguments[1].layout);
  const BlockOrder order_c = block_order(the.row.arguments[2].layout);
  const bool adds = the.row.arguments[2].direction == Direction::kInOut;
  const bool real = the.row.arguments[2].element == Element::kF32;
  for (int row = 0; row < m; ++row) {
    for (int column = 0; column < n; ++column) {
      const std::int64_t at = block_index(order_c, n, row, column);
      double sum = adds ? the.in(2, at) : 0.0;
      double size = std::abs(sum);
      for (int i = 0; i < k; ++i) {
        const double term = the.in(0, block_index(order_a, k, row, i)) * the.in(1, block_index(order_b, n, i, column));
        sum += term;
        size += std::abs(term);
      }
      // A native step aligns eight products and the sum to the largest of them and drops what lies below 23 fraction
      // bits: nine errors of at most 2^-22 of a number no larger than `size`. Scalar code: two roundings of 2^-24 a
      // step, eight times as many steps, fewer than that.
      const double bound = real ? (k + 7.0) / 8.0 * 9.0 * std::ldexp(size, -22) : 0.0;
      if (std::string text = compare(the, 2, at, sum, bound); !text.empty()) {
        return text;
      }
    }
  }
  return {};
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
