#include "npu/kernels/references_for_tests.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "npu/kernels/definitions_for_tests.h"

namespace skald::npu::testing {
namespace {

std::vector<std::byte> random_contents(const KernelArgument& argument, Random& random) {
  if (!argument.table.empty()) {
    const std::span<const std::byte> table = find_table(argument.table)->contents();
    return {table.begin(), table.end()};
  }
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

struct Definition {
  std::string_view source;
  Check check;
  Prepare prepare = nullptr;
};

constexpr auto kDefinitions = std::to_array<Definition>({
    {"attention_bf16.cc", check_attention, prepare_attention},
    {"attention_i8.cc", check_attention_i8, prepare_attention_i8},
    {"elementwise.cc", check_elementwise, prepare_elementwise},
    {"finish_bf16.cc", check_finish, prepare_finish},
    {"functions.cc", check_function, prepare_function},
    {"gelu_bf16.cc", check_gelu_bf16, prepare_gelu_bf16},
    {"gelu_i8.cc", check_gelu_i8, prepare_gelu_i8},
    {"layer_norm_i8.cc", check_layer_norm_i8},
    {"layer_norm.cc", check_layer_norm, prepare_layer_norm},
    {"matmul_bf16.cc", check_product},
    {"matmul_i16.cc", check_product, prepare_product},
    {"matmul_i8.cc", check_product},
    {"matmul_scalar.cc", check_product},
    {"topk.cc", check_topk, prepare_topk},
    {"mel.cc", check_mel, prepare_mel},
    {"norm_panels.cc", check_norm_panels},
    {"panels.cc", check_panels, prepare_panels},
    {"published.cc", check_product, prepare_product},
    {"requantise_i8.cc", check_requantise, prepare_requantise},
    {"resident.cc", check_resident, prepare_resident},
    {"saxpy.cc", check_saxpy},
    {"scale.cc", check_scale},
    {"softmax.cc", check_softmax, prepare_softmax},
    {"unpack_i4.cc", check_unpack_i4},
});

const Definition* definition_of(const KernelRow& row) {
  const auto* found =
      std::ranges::find_if(kDefinitions, [&](const Definition& one) { return one.source == row.source; });
  return found == kDefinitions.end() ? nullptr : found;
}

}  // namespace

float from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

std::uint16_t to_bf16(float value) {
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16U);  // towards zero
}

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

std::string compare(const Case& the, std::size_t argument, std::int64_t index, double expected, double bound) {
  const double found = the.out(argument, index);
  if (std::abs(found - expected) <= bound) {
    return {};
  }
  return std::string(the.row.symbol) + ": " + std::string(the.row.arguments[argument].name) + "[" +
         std::to_string(index) + "] is " + std::to_string(found) + ", expected " + std::to_string(expected) +
         " within " + std::to_string(bound);
}

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

Memory make_inputs(const KernelRow& row, std::uint32_t seed) {
  Random random(seed);
  Memory memory;
  for (const KernelArgument& argument : row.arguments) memory.push_back(random_contents(argument, random));
  for (std::size_t i = 0; i < memory.size(); ++i) {
    if (row.arguments[i].table.empty()) continue;
    const std::span<const std::byte> contents = find_table(row.arguments[i].table)->contents();
    memory[i].assign(contents.begin(), contents.end());
  }
  const Definition* definition = definition_of(row);
  if (definition != nullptr && definition->prepare != nullptr) definition->prepare(row, random, memory);
  return memory;
}

std::string check_definition(const KernelRow& row, const Memory& before, const Memory& after) {
  const Definition* definition = definition_of(row);
  return definition == nullptr ? std::string(row.symbol) + ": no definition" : definition->check({row, before, after});
}

bool is_defined(const KernelRow& row) {
  return definition_of(row) != nullptr;
}

}  // namespace skald::npu::testing
