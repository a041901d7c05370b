#pragma once
// Whole numbers in whole steps. Not for files that are compiled for one instruction set (cpu/kernels/rows.h).

#include <concepts>
#include <type_traits>

namespace skald {

/// ceil(a / b). Pre: a >= 0, b > 0, a + b fits.
template <std::integral T>
constexpr T ceil_div(T a, std::type_identity_t<T> b) {
  return (a + b - 1) / b;
}

/// The least multiple of `step` that is not below `n`. Pre: those of ceil_div.
template <std::integral T>
constexpr T round_up(T n, std::type_identity_t<T> step) {
  return ceil_div(n, step) * step;
}

}  // namespace skald
