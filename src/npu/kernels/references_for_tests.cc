#include "npu/kernels/references_for_tests.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "npu/kernels/layout.h"

namespace skald::npu::testing {
namespace {

float from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

std::uint16_t to_bf16(float value) {
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16U);  // towards zero
}

/// Element `index` of an argument as a number; exact for every type.
double element(const std::vector<std::byte>& memory, Element type, std::int64_t index) {
  const std::byte* at = memory.data() + index * bytes_of(type);
  switch (type) {
    case Element::kI8: return static_cast<std::int8_t>(*at);
    case Element::kU8: return static_cast<std::uint8_t>(*at);
    case Element::kI16: {
      std::int16_t value = 0;
      std::memcpy(&value, at, sizeof value);
      return value;
    }
    case Element::kI32: {
      std::int32_t value = 0;
      std::memcpy(&value, at, sizeof value);
      return value;
    }
    case Element::kBf16: {
      std::uint16_t bits = 0;
      std::memcpy(&bits, at, sizeof bits);
      return from_bf16(bits);
    }
    case Element::kF32: {
      float value = 0;
      std::memcpy(&value, at, sizeof value);
      return value;
    }
  }
  return 0;
}

class Random {
 public:
  explicit Random(std::uint32_t seed) : state_(seed * 2654435761U + 1) {}
  std::uint32_t next() {
    state_ = state_ * 1664525U + 1013904223U;
    return state_ >> 8U;
  }
  std::int32_t between(std::int32_t low, std::int32_t high) {
    return low + static_cast<std::int32_t>(next() % static_cast<std::uint32_t>(high - low + 1));
  }
  float real() { return static_cast<float>(between(-32768, 32767)) / 16384.0F; }

 private:
  std::uint32_t state_;
};

template <typename T>
void put(std::vector<std::byte>& memory, std::int64_t index, T value) {
  std::memcpy(memory.data() + index * static_cast<std::int64_t>(sizeof value), &value, sizeof value);
}

std::vector<std::byte> random_contents(const KernelArgument& argument, Random& random) {
  std::vector<std::byte> memory(static_cast<std::size_t>(argument.bytes()));
  for (std::int64_t i = 0; i < argument.extent; ++i) {
    switch (argument.element) {
      case Element::kI8:
      case Element::kU8: put(memory, i, static_cast<std::int8_t>(random.between(-128, 127))); break;
      case Element::kI16: put(memory, i, static_cast<std::int16_t>(random.between(-100, 100))); break;
      case Element::kI32: put(memory, i, random.between(-300000, 300000)); break;
      case Element::kBf16: put(memory, i, to_bf16(random.real())); break;
      case Element::kF32: put(memory, i, random.real()); break;
    }
  }
  return memory;
}

void set_parameters(std::vector<std::byte>& memory, Random& random) {
  std::vector<std::int32_t> bias(memory.size() / 8);
  std::vector<std::int16_t> factors(bias.size());
  for (std::size_t i = 0; i < bias.size(); ++i) {
    bias[i] = random.between(-100000, 100000);
    factors[i] = static_cast<std::int16_t>(random.between(0, 300));
  }
  pack_requantise_parameters(bias, factors, memory.data());
}

void set_bias(std::vector<std::byte>& memory, Random& random) {
  std::vector<float> bias(memory.size() / 16);
  for (float& value : bias) {
    value = random.real();
  }
  pack_finish_bias(bias, memory.data());
}

struct Case {
  const KernelRow& row;
  const Memory& before;
  const Memory& after;

  double in(std::size_t argument, std::int64_t index) const {
    return element(before[argument], row.arguments[argument].element, index);
  }
  double out(std::size_t argument, std::int64_t index) const {
    return element(after[argument], row.arguments[argument].element, index);
  }
  std::int32_t number(std::string_view name) const {
    const auto at = std::find(row.numbers.begin(), row.numbers.end(), name) - row.numbers.begin();
    return row.usual[static_cast<std::size_t>(at)];
  }
};

std::string compare(const Case& the, std::size_t argument, std::int64_t index, double expected, double bound) {
  const double found = the.out(argument, index);
  if (std::abs(found - expected) <= bound) {
    return {};
  }
  return std::string(the.row.symbol) + ": " + std::string(the.row.arguments[argument].name) + "[" +
         std::to_string(index) + "] is " + std::to_string(found) + ", expected " + std::to_string(expected) +
         " within " + std::to_string(bound);
}

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

/// v / 2^shift to the nearest, halves to even, within `bits`.
std::int64_t rounded(std::int64_t value, int shift, int bits) {
  const std::int64_t one = std::int64_t{1} << shift;
  std::int64_t quotient = value >> shift;
  const std::int64_t rest = value - quotient * one;
  if (rest * 2 > one || (rest * 2 == one && quotient % 2 != 0)) {
    ++quotient;
  }
  const std::int64_t limit = std::int64_t{1} << (bits - 1);
  return std::clamp(quotient, -limit, limit - 1);
}

std::string check_requantise(const Case& the) {
  const bool adds = the.row.arguments.size() == 4;
  const std::size_t result = adds ? 3 : 2;
  const std::int64_t columns = the.row.arguments[1].extent / 64 * 8;
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
      const auto expected = static_cast<double>(rounded(sum, the.number("shift"), 8));
      if (std::string text = compare(the, result, at, expected, 0); !text.empty()) {
        return text;
      }
    }
  }
  return {};
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
      const double sum = c + bias + residual;
      // Rounding to 8 bits of precision, and two additions that align to the larger term.
      const double bound =
          std::ldexp(std::abs(sum), -8) + std::ldexp(std::abs(c) + std::abs(bias) + std::abs(residual), -21);
      if (std::string text = compare(the, result, at, sum, bound); !text.empty()) {
        return text;
      }
    }
  }
  return {};
}

std::string check_scale(const Case& the) {
  for (std::int64_t i = 0; i < the.row.arguments[1].extent; ++i) {
    if (std::string text = compare(the, 1, i, the.in(0, i) * the.number("factor"), 0); !text.empty()) {
      return text;
    }
  }
  return {};
}

std::string check_saxpy(const Case& the) {
  for (std::int64_t i = 0; i < the.row.arguments[2].extent; ++i) {
    const double expected = 3.0 * the.in(0, i) + the.in(1, i);
    // Rounding towards minus infinity to 8 bits.
    if (std::string text = compare(the, 2, i, expected, std::ldexp(std::abs(expected), -7)); !text.empty()) {
      return text;
    }
  }
  return {};
}

using Check = std::string (*)(const Case&);

Check definition_of(const KernelRow& row) {
  if (row.shape != MatmulShape{}) {
    return check_product;
  }
  if (row.source == "requantise_i8.cc") {
    return check_requantise;
  }
  if (row.source == "finish_bf16.cc") {
    return check_finish;
  }
  if (row.source == "scale.cc") {
    return check_scale;
  }
  return row.source == "saxpy.cc" ? check_saxpy : nullptr;
}

}  // namespace

Memory make_inputs(const KernelRow& row, std::uint32_t seed) {
  Random random(seed);
  Memory memory;
  for (const KernelArgument& argument : row.arguments) {
    memory.push_back(random_contents(argument, random));
    if (argument.name == "parameters") {
      set_parameters(memory.back(), random);
    }
    if (argument.name == "bias") {
      set_bias(memory.back(), random);
    }
    if (row.shape != MatmulShape{} && argument.element == Element::kI16) {
      // Sums of 64 products and what is added to must fit 16 bits: 64 * 16 * 16 + 100.
      for (std::int64_t i = 0; i < argument.extent; ++i) {
        put(memory.back(), i, static_cast<std::int16_t>(random.between(-16, 16)));
      }
    }
  }
  return memory;
}

std::string check_definition(const KernelRow& row, const Memory& before, const Memory& after) {
  const Check check = definition_of(row);
  return check == nullptr ? std::string(row.symbol) + ": no definition" : check({row, before, after});
}

bool is_defined(const KernelRow& row) {
  return definition_of(row) != nullptr;
}

}  // namespace skald::npu::testing
