#pragma once
// Rows that are wider than what they hold: which of 32 columns count.

#include "kernel.h"

namespace {

/// Goes along a row, 32 columns at a time.
struct Columns {
  explicit Columns(int count) : held(aie::broadcast<std::int16_t, 32>(static_cast<std::int16_t>(count))) {
    // 0, 1, 2, ... bit by bit.
    constexpr unsigned kBits[] = {0xAAAAAAAA, 0xCCCCCCCC, 0xF0F0F0F0, 0xFF00FF00, 0xFFFF0000};
    const aie::vector<std::int16_t, 32> none = aie::zeros<std::int16_t, 32>();
    SKALD_UNROLL
    for (int bit = 0; bit < 5; ++bit) {
      const aie::vector<std::int16_t, 32> worth = aie::broadcast<std::int16_t, 32>(static_cast<std::int16_t>(1 << bit));
      first = aie::add(bit == 0 ? none : first, aie::select(none, worth, aie::mask<32>::from_uint32(kBits[bit])));
    }
    at = first;
  }

  aie::vector<std::int16_t, 32> held;  ///< how many
  aie::vector<std::int16_t, 32> step = aie::broadcast<std::int16_t, 32>(32);
  aie::vector<std::int16_t, 32> first;
  aie::vector<std::int16_t, 32> at;
};

inline void restart(Columns& columns) {
  columns.at = columns.first;
}

/// Which of 32 columns hold something; then for the next 32.
inline aie::mask<32> next_mask(Columns& columns) {
  const aie::mask<32> mask = aie::lt(columns.at, columns.held);
  columns.at = aie::add(columns.at, columns.step);
  return mask;
}

/// `x` where columns hold something, else `other`; then the next 32.
inline aie::vector<bfloat16, 32> take(Columns& columns, const aie::vector<bfloat16, 32>& other,
                                      const aie::vector<bfloat16, 32>& x) {
  return aie::select(other, x, next_mask(columns));
}

/// The sum of all lanes, in all of them.
inline aie::vector<float, 16> sum_of_lanes(const aie::accum<accfloat, 32>& sums) {
  aie::vector<float, 16> sum =
      aie::add(sums.template extract<16>(0), sums.template extract<16>(1)).template to_vector<float>();
  SKALD_UNROLL
  for (unsigned half = 8; half > 0; half /= 2) {
    sum = aie::add(sum, aie::shuffle_down_rotate(sum, half));
  }
  return sum;
}

/// The same in both halves.
inline aie::accum<accfloat, 32> twice(const aie::accum<accfloat, 16>& half) {
  return aie::concat(half, half);
}

}  // namespace
