// What follows a product.

#include <algorithm>
#include <cmath>

#include "npu/kernels/definitions_for_tests.h"
#include "npu/kernels/layout.h"

namespace skald::npu::testing {

void prepare_requantise(const KernelRow& row, Random& random, Memory& memory) {
  const bool comes_with_table = row.symbol.contains("lookup");
  std::vector<std::int32_t> bias(comes_with_table ? 128 : memory[1].size() / 8);
  std::vector<std::int16_t> factors(bias.size());
  for (std::size_t i = 0; i < bias.size(); ++i) {
    bias[i] = random.between(-100000, 100000);
    factors[i] = static_cast<std::int16_t>(random.between(0, 300));
  }
  pack_requantise_parameters(bias, factors, memory[1].data());
  if (!comes_with_table) return;
  const auto table = find_table("gelu_i8")->contents();
  for (std::byte* copy : {memory[1].data() + 1024, memory[1].data() + 1536}) std::ranges::copy(table, copy);
}

std::string check_requantise(const Case& the) {
  const bool adds = the.row.arguments.size() == 4;
  const bool comes_with_table = the.row.symbol.contains("lookup");
  const bool tables = the.row.arguments.size() == 5 || comes_with_table;
  const std::size_t result = the.row.arguments.size() - 1;
  const std::int64_t columns = comes_with_table ? 128 : the.row.arguments[1].extent / 64 * 8;
  const std::int64_t rows = the.row.arguments[result].extent / columns;
  const BlockOrder order = block_order("blocks 4x8");
  const std::int64_t first = the.number("slice") * rows;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = 0; column < columns; ++column) {
      const std::byte* group = the.before[1].data() + column / 8 * 64;
      std::int32_t bias = 0;
      std::int16_t factor = 0;
      std::memcpy(&bias, group + column % 8 * 4, sizeof bias);
      std::memcpy(&factor, group + 32 + column % 8 * 2, sizeof factor);
      const auto c = static_cast<std::int64_t>(the.in(0, block_index(order, columns, first + row, column)));
      const std::int64_t at = block_index(order, columns, row, column);
      std::int64_t sum = rounded(c + bias, the.number("down"), 16) * factor;
      sum += adds ? static_cast<std::int64_t>(the.in(2, at)) * the.number("residual_factor") : 0;
      const auto scaled = static_cast<std::int8_t>(rounded(sum, the.number("shift"), 8));
      const double expected = tables ? gelu_i8_entry(scaled) : scaled;
      if (std::string text = compare(the, result, at, expected, 0); !text.empty()) {
        return text;
      }
    }
  }
  return {};
}

void prepare_finish(const KernelRow& /*row*/, Random& random, Memory& memory) {
  std::vector<float> bias(memory[1].size() / 16);
  for (float& value : bias) {
    value = random.real();
  }
  pack_finish_bias(bias, memory[1].data());
}

std::string check_finish(const Case& the) {
  const bool adds = the.row.arguments.size() == 4;
  const std::size_t result = adds ? 3 : 2;
  const std::int64_t columns = the.row.arguments[1].bytes() / 16;
  const std::int64_t rows = the.row.arguments[result].extent / columns;
  const BlockOrder order = block_order("blocks 4x4");
  const std::int64_t first = the.number("slice") * rows;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = 0; column < columns; ++column) {
      const std::int64_t at = block_index(order, columns, row, column);
      const std::int64_t from = block_index(order, columns, first + row, column);
      const double c = the.in(0, from);
      // The block's place in the bias: 16 numbers a group of four columns, in the order of the block.
      float bias = 0;
      std::memcpy(&bias, the.before[1].data() + (column / 4 * 16 + row % 4 * 4 + column % 4) * 4, sizeof bias);
      const double residual = adds ? the.in(2, at) : 0.0;
      double sum = c + bias + residual;
      // Rounding to 8 bits of precision, and two additions that align to the larger term.
      double bound = std::ldexp(std::abs(sum), -8) + std::ldexp(std::abs(c) + std::abs(bias) + std::abs(residual), -21);
      if (the.row.symbol.starts_with("finish_gelu")) {
        // GELU's slope is below 1.13; its own error, gelu.h.
        sum = gelu(sum);
        bound = 1.13 * bound + std::ldexp(std::abs(sum) + bound, -8) + 4e-4;
      }
      if (std::string text = compare(the, result, at, sum, bound); !text.empty()) {
        return text;
      }
    }
  }
  return {};
}

}  // namespace skald::npu::testing
