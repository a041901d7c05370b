#pragma once
// exp and gelu on a register, for any Vec. Data and error bounds: approximations.h.

#include "cpu/kernels/approximations.h"
#include "cpu/kernels/rows.h"

namespace skald::cpu {
namespace {

/// Within 2 ulp for kExpLow <= x <= 88, 0 below; NaN stays NaN.
template <class V>
inline typename V::F exp_of(typename V::F x) {
  const auto argument = x;
  x = V::max(V::all(kExpLow), x);  // the second operand is what a NaN gives
  const auto n = V::round(V::mul(x, V::all(kLog2E)));
  auto r = V::negated_fma(n, V::all(kLn2High), x);
  r = V::negated_fma(n, V::all(kLn2Low), r);
  auto p = V::fma(V::all(kExp4), r, V::all(kExp3));
  p = V::fma(p, r, V::all(kExp2));
  p = V::fma(p, r, V::all(kExp1));
  p = V::fma(p, r, V::all(kExp0));
  p = V::fma(p, V::mul(r, r), r);
  return V::zero_where_less(argument, V::all(kExpLow), V::scale_by_power(V::add(p, V::all(1.0F)), n));
}

/// x * Phi(x), Phi being the normal distribution function.
template <class V>
inline typename V::F gelu_of(typename V::F x) {
  const auto t = V::min(V::all(kGeluHigh), V::abs(x));
  auto num = V::fma(V::all(kGeluN4), t, V::all(kGeluN3));
  num = V::fma(num, t, V::all(kGeluN2));
  num = V::fma(num, t, V::all(kGeluN1));
  num = V::fma(num, t, V::all(kGeluN0));
  auto den = V::fma(V::all(kGeluD5), t, V::all(kGeluD4));
  den = V::fma(den, t, V::all(kGeluD3));
  den = V::fma(den, t, V::all(kGeluD2));
  den = V::fma(den, t, V::all(kGeluD1));
  den = V::fma(den, t, V::all(1.0F));
  const auto gauss = exp_of<V>(V::mul(V::mul(t, t), V::all(-0.5F)));
  return V::sub(V::max(V::zero(), x), V::mul(V::mul(t, gauss), V::div(num, den)));
}

/// The same, within 3e-5; NaN stays NaN.
template <class V>
inline typename V::F rough_gelu_of(typename V::F x) {
  constexpr int kCount = sizeof kRoughGelu / sizeof *kRoughGelu;
  const auto c = V::max(V::all(-kHalfWidth), V::min(V::all(kHalfWidth), x));
  const auto s = V::fma(V::mul(c, c), V::all(2 / (kHalfWidth * kHalfWidth)), V::all(-1.0F));
  auto p = V::all(kRoughGelu[kCount - 1]);
#pragma GCC unroll 16
  for (int i = kCount - 2; i >= 0; --i) p = V::fma(p, s, V::all(kRoughGelu[i]));
  return V::mul(x, V::fma(c, p, V::all(0.5F)));
}

}  // namespace
}  // namespace skald::cpu
