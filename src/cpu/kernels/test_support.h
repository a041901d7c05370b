#pragma once
// What the kernel tests share: the rows to test, random inputs, and unit roundoff.

#include <cmath>
#include <cstdint>
#include <vector>

#include "base/cpu_features.h"
#include "base/random.h"
#include "cpu/kernels/kernels.h"

namespace skald::cpu::testing {

inline constexpr double kU = 0x1p-24;           // unit roundoff of float32
inline constexpr float kSentinel = 12345.678F;  // where a kernel must not write

/// The families this processor runs.
inline std::vector<Isa> covered() {
  std::vector<Isa> isas;
  for (const Isa isa : kIsas) {
    if (runs(isa)) isas.push_back(isa);
  }
  return isas;
}

/// Uniform in [-1, 1).
inline std::vector<float> random_floats(size_t count, uint64_t key) {
  KeyedRandom random(key, count, 0);
  std::vector<float> x(count);
  for (float& v : x) v = static_cast<float>(2 * random.uniform() - 1);
  return x;
}

inline size_t at(int64_t i) {
  return static_cast<size_t>(i);
}

}  // namespace skald::cpu::testing
