// Functions: the bounds of functions.h, and half a unit of bfloat16 (2^-9 of the number) for the result.

#include <array>
#include <cmath>

#include "npu/kernels/definitions_for_tests.h"

namespace skald::npu::testing {
namespace {

struct Function {
  std::string_view symbol;
  double (*exact)(double x);
  double relative;  ///< of the result
  double absolute;
  float low;  ///< inputs
  float high;
};

constexpr auto kFunctions = std::to_array<Function>({
    {"exp_bf16_1024", [](double x) { return std::exp(x); }, 0.0004, 0, -40, 40},
    {"log2_bf16_1024", [](double x) { return std::log2(x); }, 0, 0.0020, 1e-3F, 1e6F},
    {"reciprocal_bf16_1024", [](double x) { return 1 / x; }, 0.00004, 0, 1e-3F, 1e6F},
    {"inverse_sqrt_bf16_1024", [](double x) { return 1 / std::sqrt(x); }, 0.00006, 0, 1e-3F, 1e6F},
    {"tanh_bf16_1024", [](double x) { return std::tanh(x); }, 0, 0.0035, -5, 5},
});

const Function& function_of(const KernelRow& row) {
  return *std::ranges::find_if(kFunctions, [&](const Function& one) { return one.symbol == row.symbol; });
}

}  // namespace

std::string check_function(const Case& the) {
  const Function& function = function_of(the.row);
  const std::size_t result = the.row.arguments.size() - 1;
  for (std::int64_t i = 0; i < the.row.arguments[0].extent; ++i) {
    const double exact = function.exact(the.in(0, i));
    const double bound = (function.relative + std::ldexp(1.0, -8)) * std::abs(exact) + function.absolute;
    if (std::string text = compare(the, result, i, exact, bound); !text.empty()) return text;
  }
  return {};
}

/// Evenly over the inputs' range, or over its exponents where that is positive.
void prepare_function(const KernelRow& row, Random& random, Memory& memory) {
  const Function& function = function_of(row);
  for (std::int64_t i = 0; i < row.arguments[0].extent; ++i) {
    const auto share = static_cast<float>(random.between(0, 65535)) / 65535.0F;
    const float x = function.low > 0 ? function.low * std::pow(function.high / function.low, share)
                                     : function.low + share * (function.high - function.low);
    put(memory[0], i, to_bf16(x));
  }
}

}  // namespace skald::npu::testing
