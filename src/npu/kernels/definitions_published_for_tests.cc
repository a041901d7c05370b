// Kernels whose cycles are published.

#include <cmath>

#include "npu/kernels/definitions_for_tests.h"

namespace skald::npu::testing {

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

}  // namespace skald::npu::testing
