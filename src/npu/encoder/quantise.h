#pragma once
// A linear layer's weights as int8, and the numbers that bring its sums back.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "npu/plan/encoder.h"

namespace skald::npu {

/// y = W x + b: W (n, k).
struct Linear {
  int64_t n = 0;
  int64_t k = 0;
  std::vector<float> weights;
  std::vector<float> bias;
};

/// Int8 weights, one step for each output, and what brings sums back to numbers.
struct Quantised {
  std::vector<int8_t> weights;  ///< (n, k)
  std::vector<double> steps;    ///< (n)
  std::vector<int32_t> bias;    ///< in units of the sums
  std::vector<int16_t> factors;
  plan::EncoderShifts shifts;
};

/// `in`: the step of what is multiplied; `out`: of the result; 1: the number itself.
Quantised quantise(const Linear& linear, double in, double out);

/// Entry i: GELU of step `in` times i - 128, in steps of `out`.
std::array<std::byte, 256> gelu_table(double in, double out);

}  // namespace skald::npu
