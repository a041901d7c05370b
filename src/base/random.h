#pragma once
// Random numbers that depend only on what they are for, never on thread count or batch neighbours.

#include <cstdint>

namespace skald {

/// Stream of uniform numbers keyed by (seed, window, attempt). SplitMix64: Steele, Lea, Flood, "Fast splittable
/// pseudorandom number generators", OOPSLA 2014.
class KeyedRandom {
 public:
  KeyedRandom(uint64_t seed, uint64_t window, uint64_t attempt) : state_(mix(mix(mix(seed) ^ window) ^ attempt)) {}

  /// Uniform in [0, 1), 53 bits.
  double uniform() {
    state_ += 0x9E3779B97F4A7C15U;
    return static_cast<double>(mix(state_) >> 11U) * 0x1p-53;
  }

 private:
  static constexpr uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31U);
  }
  uint64_t state_;
};

}  // namespace skald
