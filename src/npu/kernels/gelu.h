#pragma once
// GELU of bfloat16: x Phi(x), Phi(v) = (1 + erf(v / sqrt 2)) / 2, as max(x, 0) - u Phi(-u) with u = |x|: no difference
// of near numbers on the side where the result is small.
//
// Phi(-u) = 2^Q(u), Q(u) = -1 + u (c1 + u (r(u) - log2(e) / 2)): what Gauss's bell gives is exact, r is what is left, a
// cubic. c1 = -2 phi(0) log2(e), where phi is the bell; r is a weighted minimax fit up to u = 3.5 (4.1e-4 of Phi),
// beyond which u Phi(-u) is below 0.001.

#include "functions.h"
#include "kernel.h"

namespace {

/// GELU of 32 bfloat16. Wants rounding mode conv_even. Error against exact arithmetic, over every bfloat16
/// (gelu_test.cc): 2^-8 of the result (its rounding) and 4e-4.
class Gelu {
 public:
  aie::vector<bfloat16, 32> operator()(const aie::vector<bfloat16, 32>& x) const {
    const aie::vector<bfloat16, 32> u = aie::min(aie::abs(x), limit_);
    const aie::vector<bfloat16, 32> second = aie::mac(second_, u, third_).template to_vector<bfloat16>();
    const aie::vector<bfloat16, 32> first = aie::mac(first_, u, second).template to_vector<bfloat16>();
    const aie::vector<bfloat16, 32> rest = aie::mac(zeroth_, u, first).template to_vector<bfloat16>();
    const TwoParts slope(aie::msc(aie::msc(aie::mac(linear_, u, rest), u, high_), u, low_));
    const aie::vector<bfloat16, 32> tail = exp2_(aie::mac(aie::mac(start_, u, slope.high), u, slope.low));
    const aie::accum<accfloat, 32> positive(aie::max(x, zero_));
    return aie::msc(positive, u, tail).template to_vector<bfloat16>();
  }

 private:
  static aie::accum<accfloat, 32> all(float value) {
    return aie::accum<accfloat, 32>(aie::broadcast<float, 32>(value));
  }

  Exp2 exp2_;
  aie::vector<bfloat16, 32> zero_ = aie::broadcast<bfloat16, 32>(0.0F);
  aie::vector<bfloat16, 32> limit_ = aie::broadcast<bfloat16, 32>(12.0F);  // Phi(-12) < 2^-63: exp2's least
  aie::vector<bfloat16, 32> third_ = aie::broadcast<bfloat16, 32>(-0.00028045F);
  aie::accum<accfloat, 32> second_ = all(0.00556123F);
  aie::accum<accfloat, 32> first_ = all(-0.04805713F);
  aie::accum<accfloat, 32> zeroth_ = all(0.25863843F);
  aie::accum<accfloat, 32> linear_ = all(-1.15110410F);
  aie::accum<accfloat, 32> start_ = all(192.0F - 1.0F);  // exp2's, and Q(0)
  // log2(e) / 2 in two parts.
  aie::vector<bfloat16, 32> high_ = aie::broadcast<bfloat16, 32>(0.72265625F);
  aie::vector<bfloat16, 32> low_ = aie::broadcast<bfloat16, 32>(-0.001308729555F);
};

}  // namespace
