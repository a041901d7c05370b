#pragma once
// Functions that the core has no instruction for (AM020 appendix A: no exp, tanh, reciprocal or square root), on
// vectors. Largest errors are those of functions_test.cc, over every bfloat16 of the range.
//
// All want rounding mode conv_even and no saturation.

#include "kernel.h"

namespace {

/// 2^t of 32 float32 sums that start from `start`, as bfloat16. -63.9 <= t < 64; below, it is 2^-63 to 2^-62.
///
/// A sum t + 192 has unit 2^-16 (1.5 * 2^7, 23 fraction bits), so its bits hold the whole part of t in their upper half
/// and the fraction in the lower one. The fraction f goes through a cubic of s = f - 1/2 in int16, whose coefficients
/// are the Chebyshev fit of 2^(s + 1/2) - 1 on [-1/2, 1/2] (error 1.1e-4); the sum of exponent and mantissa as integers
/// carries by itself. Relative error 2^-8 + 1.5e-4: rounding to
/// bfloat16, the cubic and truncated sums.
class Exp2 {
 public:
  const aie::accum<accfloat, 32> start{aie::broadcast<float, 32>(192.0F)};

  aie::vector<bfloat16, 32> operator()(const aie::accum<accfloat, 32>& sum) const {
    const aie::vector<std::int16_t, 64> halves = sum.template to_vector<float>().template cast_to<std::int16_t>();
    const aie::vector<std::int16_t, 32> whole = aie::max(aie::filter_odd(halves), lowest_);
    const aie::vector<std::int16_t, 32> s = aie::bit_xor(aie::filter_even(halves), sign_);
    const aie::vector<std::int16_t, 32> second = aie::mac(second_, s, third_).template to_vector<std::int16_t>(16);
    const aie::vector<std::int16_t, 32> first = aie::mac(first_, s, second).template to_vector<std::int16_t>(16);
    const aie::vector<std::int16_t, 32> mantissa = aie::mac(zeroth_, s, first).template to_vector<std::int16_t>(23);
    const aie::accum<acc32, 32> exponent = aie::mac(offset_, whole, unit_);
    return aie::mac(exponent, mantissa, one_).template to_vector<std::int16_t>().template cast_to<bfloat16>();
  }

 private:
  static aie::accum<acc32, 32> all(std::int32_t value) {
    return aie::accum<acc32, 32>(aie::broadcast<std::int32_t, 32>(value));
  }

  aie::vector<std::int16_t, 32> lowest_ = aie::broadcast<std::int16_t, 32>(0x4340 - 63);  // upper half of 192 - 63
  aie::vector<std::int16_t, 32> sign_ = aie::broadcast<std::int16_t, 32>(-32768);
  aie::vector<std::int16_t, 32> third_ = aie::broadcast<std::int16_t, 32>(1294);  // of 2^14
  aie::accum<acc32, 32> second_ = all(368448109);                                 // of 2^30, as the next two
  aie::accum<acc32, 32> first_ = all(1052528304);
  aie::accum<acc32, 32> zeroth_ = all(444643866);
  aie::vector<std::int16_t, 32> unit_ = aie::broadcast<std::int16_t, 32>(128);  // of bfloat16's exponent
  aie::vector<std::int16_t, 32> one_ = aie::broadcast<std::int16_t, 32>(1);
  aie::accum<acc32, 32> offset_ = all((127 - 0x4340) * 128);
};

/// log2(e) as the sum of two bfloat16.
constexpr float kLog2eHigh = 1.4453125F;
constexpr float kLog2eLow = -0.00261745911F;

/// e^x of 32 bfloat16. -44 <= x <= 44; below, it is 1e-19.
class Exp {
 public:
  aie::vector<bfloat16, 32> operator()(const aie::vector<bfloat16, 32>& x) const {
    return exp2_(aie::mac(aie::mac(start_, x, high_), x, low_));
  }

 private:
  Exp2 exp2_;
  aie::accum<accfloat, 32> start_ = exp2_.start;
  aie::vector<bfloat16, 32> high_ = aie::broadcast<bfloat16, 32>(kLog2eHigh);
  aie::vector<bfloat16, 32> low_ = aie::broadcast<bfloat16, 32>(kLog2eLow);
};

/// A float32 as the sum of two bfloat16, to 2^-17 of it.
template <unsigned kLanes>
struct TwoParts {
  explicit TwoParts(const aie::accum<accfloat, kLanes>& value)
      : high(value.template to_vector<bfloat16>()),
        low(aie::sub(value, aie::accum<accfloat, kLanes>(high)).template to_vector<bfloat16>()) {}

  aie::vector<bfloat16, kLanes> high;
  aie::vector<bfloat16, kLanes> low;
};

/// a b of float32 numbers, to 2^-16 of it.
inline aie::accum<accfloat, 16> product(const TwoParts<16>& a, const TwoParts<16>& b) {
  return aie::mac(aie::mac(aie::mul(a.high, b.high), a.high, b.low), a.low, b.high);
}

/// 1 / a of positive float32: a guess from the bits (12 %), then three of Newton's steps y += y (1 - a y) from y
/// rounded to bfloat16. Relative error 4e-5. 2^-125 <= a < 2^125.
inline aie::accum<accfloat, 16> reciprocal(const aie::vector<float, 16>& a) {
  const TwoParts parts{aie::accum<accfloat, 16>(a)};
  const aie::accum<accfloat, 16> one(aie::broadcast<float, 16>(1.0F));
  const aie::vector<std::int32_t, 16> guess =
      aie::sub(aie::broadcast<std::int32_t, 16>(0x7EF311C7), a.template cast_to<std::int32_t>());
  aie::accum<accfloat, 16> y(guess.template cast_to<float>());
  SKALD_UNROLL
  for (int step = 0; step < 3; ++step) {
    const aie::vector<bfloat16, 16> rounded = y.template to_vector<bfloat16>();
    const aie::vector<bfloat16, 16> error =
        aie::msc(aie::msc(one, parts.high, rounded), parts.low, rounded).template to_vector<bfloat16>();
    y = aie::mac(aie::accum<accfloat, 16>(rounded), rounded, error);
  }
  return y;
}

/// 1 / sqrt(a) of positive float32: a guess from the bits (3.5 %), then two of Newton's steps y += y (1 - a y^2) / 2
/// from y rounded to bfloat16. Relative error 6e-5. 2^-120 <= a < 2^125.
inline aie::accum<accfloat, 16> inverse_sqrt(const aie::vector<float, 16>& a) {
  const TwoParts parts{aie::accum<accfloat, 16>(a)};
  const aie::accum<accfloat, 16> half(aie::broadcast<float, 16>(0.5F));
  const aie::vector<std::int32_t, 16> guess =
      aie::sub(aie::broadcast<std::int32_t, 16>(0x5F3759DF), aie::downshift(a.template cast_to<std::int32_t>(), 1));
  aie::accum<accfloat, 16> y(guess.template cast_to<float>());
  SKALD_UNROLL
  for (int step = 0; step < 2; ++step) {
    const aie::vector<bfloat16, 16> rounded = y.template to_vector<bfloat16>();
    const aie::vector<bfloat16, 16> halved = aie::mul(rounded, bfloat16(0.5F)).template to_vector<bfloat16>();
    const TwoParts product{aie::mac(aie::mul(parts.high, rounded), parts.low, rounded)};
    const aie::vector<bfloat16, 16> error =
        aie::msc(aie::msc(half, product.high, halved), product.low, halved).template to_vector<bfloat16>();
    y = aie::mac(aie::accum<accfloat, 16>(rounded), rounded, error);
  }
  return y;
}

/// log2(a) of positive normal float32: exponent and mantissa f as one number, plus a cubic of f for log2(1 + f) - f.
/// Absolute error 1.4e-3.
inline aie::accum<accfloat, 16> log2(const aie::vector<float, 16>& a) {
  const aie::vector<std::int32_t, 16> bits = a.template cast_to<std::int32_t>();
  const aie::vector<std::int32_t, 16> one = aie::broadcast<std::int32_t, 16>(0x3F800000);
  const aie::vector<float, 16> linear = aie::to_float(aie::sub(bits, one), 23);
  // 1 + f, as a float; what is left of it, f.
  const aie::vector<std::int32_t, 16> mantissa =
      aie::bit_or(aie::bit_and(bits, aie::broadcast<std::int32_t, 16>(0x7FFFFF)), one);
  const aie::vector<bfloat16, 16> f = aie::sub(aie::accum<accfloat, 16>(mantissa.template cast_to<float>()),
                                               aie::accum<accfloat, 16>(one.template cast_to<float>()))
                                          .template to_vector<bfloat16>();
  // f (1 - f) (c0 + c1 f): 0 at both ends.
  const aie::vector<bfloat16, 16> slope =
      aie::mac(aie::accum<accfloat, 16>(aie::broadcast<float, 16>(0.423F)), f, bfloat16(-0.16F))
          .template to_vector<bfloat16>();
  const aie::vector<bfloat16, 16> arch = aie::msc(aie::accum<accfloat, 16>(f), f, f).template to_vector<bfloat16>();
  return aie::mac(aie::accum<accfloat, 16>(linear), slope, arch);
}

/// Of "tanh": segments of 1/8 from -4 to 4.
constexpr int kTanhEntries = 64;
constexpr int kTanhStepBits = -3;

/// tanh(x) of 16 bfloat16, linear between the entries of the table. Absolute error 1.6e-3 before rounding.
class Tanh {
 public:
  Tanh(const float* ab, const float* cd)
      : approximation_(aie::lut<4, float, bfloat16>(kTanhEntries, ab, cd), kTanhStepBits, kTanhEntries / 2) {}

  aie::accum<accfloat, 16> operator()(const aie::vector<bfloat16, 16>& x) { return approximation_.compute(x); }

 private:
  aie::linear_approx<bfloat16, aie::lut<4, float, bfloat16>> approximation_;
};

}  // namespace
