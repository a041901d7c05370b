// Kernels whose numbers stand each for itself.

#include <bit>
#include <cmath>
#include <numbers>

#include "base/half.h"
#include "npu/kernels/definitions_for_tests.h"

namespace skald::npu::testing {
namespace {

double add_bf16(const Case& the, std::int64_t i) {
  return bf16_to_f32(f32_to_bf16(static_cast<float>(the.in(0, i) + the.in(0, i + the.row.arguments[1].extent))));
}

double embed(const Case& the, std::int64_t i) {
  return bf16_to_f32(f32_to_bf16(static_cast<float>(the.in(0, i) + the.in(1, i))));
}

double add_i8(const Case& the, std::int64_t i) {
  const auto a = static_cast<std::int64_t>(the.in(0, i));
  const auto b = static_cast<std::int64_t>(the.in(0, i + the.row.arguments[1].extent));
  const std::int64_t sum = a * the.number("factor_a") + b * the.number("factor_b");
  return static_cast<double>(rounded(sum, the.number("shift"), 8));
}

double requantise(const Case& the, std::int64_t i) {
  const std::int64_t down = rounded(static_cast<std::int64_t>(the.in(0, i)), the.number("down"), 16);
  return static_cast<double>(rounded(down * the.number("factor"), the.number("shift"), 8));
}

double quantise(const Case& the, std::int64_t i) {
  const double fixed = std::clamp(std::floor(std::ldexp(the.in(0, i), the.number("up"))), -32768.0, 32767.0);
  return static_cast<double>(rounded(static_cast<std::int64_t>(fixed) * the.number("factor"), the.number("shift"), 8));
}

double dequantise(const Case& the, std::int64_t i) {
  const double exact = std::ldexp(the.in(0, i) * the.number("factor"), -the.number("shift"));
  return bf16_to_f32(f32_to_bf16(static_cast<float>(exact)));  // 8 + 16 bits: float32 holds it
}

struct Elementwise {
  std::string_view family;  ///< what the symbol begins with
  double (*exact)(const Case& the, std::int64_t i);
};

constexpr auto kElementwise = std::to_array<Elementwise>({
    {"add_bf16_", add_bf16},
    {"embed_bf16_", embed},
    {"add_i8_", add_i8},
    {"requantise_i32_i8_", requantise},
    {"quantise_bf16_i8_", quantise},
    {"dequantise_i8_bf16_", dequantise},
});

}  // namespace

double gelu(double x) {
  return 0.5 * x * std::erfc(-x / std::numbers::sqrt2);
}

/// Numbers that differ by less than 2^9 in size, so that the float32 sum of two is exact.
void prepare_elementwise(const KernelRow& row, Random& random, Memory& memory) {
  if (row.arguments[0].element != Element::kBf16) return;
  for (std::size_t argument = 0; argument + 1 < row.arguments.size(); ++argument) {
    for (std::int64_t i = 0; i < row.arguments[argument].extent; ++i) {
      const float x = std::ldexp(1 + std::abs(random.real()) / 2, random.between(-6, 2));
      put(memory[argument], i, to_bf16(random.between(0, 1) == 0 ? x : -x));
    }
  }
}

std::string check_elementwise(const Case& the) {
  const auto* found = std::ranges::find_if(
      kElementwise, [&](const Elementwise& one) { return the.row.symbol.starts_with(one.family); });
  if (found == kElementwise.end()) return std::string(the.row.symbol) + ": no definition";
  const std::size_t out = the.row.arguments.size() - 1;
  for (std::int64_t i = 0; i < the.row.arguments[out].extent; ++i) {
    if (std::string text = compare(the, out, i, found->exact(the, i), 0); !text.empty()) return text;
  }
  return {};
}

/// Every value at each of the four places that look up at once, as far as there is room.
void prepare_gelu_i8(const KernelRow& row, Random& random, Memory& memory) {
  const std::int32_t start = random.between(0, 1) * 128;
  for (std::int64_t i = 0; i < row.arguments[0].extent; ++i) put(memory[0], i, static_cast<std::int8_t>(i / 4 + start));
}

std::string check_gelu_i8(const Case& the) {
  for (std::int64_t i = 0; i < the.row.arguments[3].extent; ++i) {
    const double expected = gelu_i8_entry(static_cast<std::int8_t>(the.in(0, i)));
    if (std::string text = compare(the, 3, i, expected, 0); !text.empty()) return text;
  }
  return {};
}

/// From -8 to 8.
void prepare_gelu_bf16(const KernelRow& row, Random& random, Memory& memory) {
  for (std::int64_t i = 0; i < row.arguments[0].extent; ++i) put(memory[0], i, to_bf16(4 * random.real()));
}

std::string check_gelu_bf16(const Case& the) {
  for (std::int64_t i = 0; i < the.row.arguments[1].extent; ++i) {
    const double exact = gelu(the.in(0, i));
    const double bound = std::ldexp(std::abs(exact), -8) + 4e-4;  // gelu.h
    if (std::string text = compare(the, 1, i, exact, bound); !text.empty()) return text;
  }
  return {};
}

}  // namespace skald::npu::testing
