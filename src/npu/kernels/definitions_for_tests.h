#pragma once
// For the definitions of kernels (definitions_*_for_tests.cc): a family writes a check and, where plain random numbers
// will not do, contents of arguments; references_for_tests.cc lists them by the kernel's source.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "npu/kernels/references_for_tests.h"

namespace skald::npu::testing {

float from_bf16(std::uint16_t bits);
std::uint16_t to_bf16(float value);  ///< towards zero

/// Element `index` of an argument as a number; exact for every type.
double element(const std::vector<std::byte>& memory, Element type, std::int64_t index);

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

/// A call that was made.
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
  /// Of 64: those that are computed.
  int queries() const {
    return std::ranges::find(row.numbers, "groups") != row.numbers.end() ? 4 * number("groups") : 64;
  }
};

/// Empty if element `index` of an argument is within `bound` of `expected`.
std::string compare(const Case& the, std::size_t argument, std::int64_t index, double expected, double bound);

/// v / 2^shift to the nearest, halves to even, within `bits`.
std::int64_t rounded(std::int64_t value, int shift, int bits);

/// Empty, or the first difference of `the.after` from the definition.
using Check = std::string (*)(const Case& the);
/// Gives arguments other contents than random numbers.
using Prepare = void (*)(const KernelRow& row, Random& random, Memory& memory);

// Attention.
std::string check_attention(const Case& the);
void prepare_attention(const KernelRow& row, Random& random, Memory& memory);
std::string check_attention_i8(const Case& the);
void prepare_attention_i8(const KernelRow& row, Random& random, Memory& memory);

// Products, and what follows them.
std::string check_product(const Case& the);
void prepare_product(const KernelRow& row, Random& random, Memory& memory);
std::string check_resident(const Case& the);
void prepare_resident(const KernelRow& row, Random& random, Memory& memory);
std::string check_unpack_i4(const Case& the);
std::string check_requantise(const Case& the);
void prepare_requantise(const KernelRow& row, Random& random, Memory& memory);
std::string check_finish(const Case& the);
void prepare_finish(const KernelRow& row, Random& random, Memory& memory);

// What the encoder's program does with panels.
std::string check_panels(const Case& the);
void prepare_panels(const KernelRow& row, Random& random, Memory& memory);
std::string check_norm_panels(const Case& the);

// Functions.
std::string check_function(const Case& the);
void prepare_function(const KernelRow& row, Random& random, Memory& memory);

// Rows, and single numbers.
double gelu(double x);  ///< x/2 (1 + erf(x / sqrt 2))
std::string check_softmax(const Case& the);
void prepare_softmax(const KernelRow& row, Random& random, Memory& memory);
std::string check_layer_norm(const Case& the);
void prepare_layer_norm(const KernelRow& row, Random& random, Memory& memory);
std::string check_layer_norm_i8(const Case& the);
std::string check_gelu_i8(const Case& the);
void prepare_gelu_i8(const KernelRow& row, Random& random, Memory& memory);
std::string check_gelu_bf16(const Case& the);
void prepare_gelu_bf16(const KernelRow& row, Random& random, Memory& memory);
std::string check_elementwise(const Case& the);
void prepare_elementwise(const KernelRow& row, Random& random, Memory& memory);

// The decoder's choice.
std::string check_topk(const Case& the);
void prepare_topk(const KernelRow& row, Random& random, Memory& memory);

// The front end.
std::string check_mel(const Case& the);
void prepare_mel(const KernelRow& row, Random& random, Memory& memory);

// Kernels whose cycles are published.
std::string check_scale(const Case& the);
std::string check_saxpy(const Case& the);

}  // namespace skald::npu::testing
