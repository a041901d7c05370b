#pragma once
// The rows of mel_frames.h, for vectors of kLanes doubles: included by one file for each instruction set.

#include <cstdint>

#include "audio/mel_frames.h"

namespace skald::audio {
namespace {

constexpr size_t kHalf = 200;          // complex points
constexpr double kLeastPower = 1e-10;  // audio.py: clamp(mel_spec, min=1e-10)

// Sizes that depend on a parameter are not taken by every compiler.
template <size_t kLanes>
struct Vectors;
template <>
struct Vectors<2> {
  using Real = double __attribute__((vector_size(16)));
  using Bits = int64_t __attribute__((vector_size(16)));
};
template <>
struct Vectors<4> {
  using Real = double __attribute__((vector_size(32)));
  using Bits = int64_t __attribute__((vector_size(32)));
};
template <>
struct Vectors<8> {
  using Real = double __attribute__((vector_size(64)));
  using Bits = int64_t __attribute__((vector_size(64)));
};

template <size_t kLanes>
struct MelLanes {
  using Real = typename Vectors<kLanes>::Real;
  using Bits = typename Vectors<kLanes>::Bits;

  struct Complex {
    Real re;
    Real im;
    friend Complex operator+(const Complex& x, const Complex& y) { return {x.re + y.re, x.im + y.im}; }
    friend Complex operator-(const Complex& x, const Complex& y) { return {x.re - y.re, x.im - y.im}; }
  };

  struct Scratch {
    Complex a[kHalf];
    Complex b[kHalf];
    Real power[kBins];
  };

  /// x[0..R) becomes its discrete Fourier transform.
  template <size_t kRadix>
  static void butterfly(Complex* x) {
    if constexpr (kRadix == 2) two(x);
    if constexpr (kRadix == 4) four(x);
    if constexpr (kRadix == 5) five(x);
  }

  static void two(Complex* x) {
    const Complex difference = x[0] - x[1];
    x[0] = x[0] + x[1];
    x[1] = difference;
  }

  static void four(Complex* x) {
    const Complex even_sum = x[0] + x[2];
    const Complex even_difference = x[0] - x[2];
    const Complex odd_sum = x[1] + x[3];
    const Complex odd = x[1] - x[3];
    const Complex odd_difference{odd.im, -odd.re};  // times -i
    x[0] = even_sum + odd_sum;
    x[1] = even_difference + odd_difference;
    x[2] = even_sum - odd_sum;
    x[3] = even_difference - odd_difference;
  }

  static void five(Complex* x) {
    constexpr double kCos1 = 0.30901699437494742410;   // cos(2 pi / 5)
    constexpr double kCos2 = -0.80901699437494742410;  // cos(4 pi / 5)
    constexpr double kSin1 = 0.95105651629515357212;   // sin(2 pi / 5)
    constexpr double kSin2 = 0.58778525229247312917;   // sin(4 pi / 5)
    const Complex sum1 = x[1] + x[4];
    const Complex sum2 = x[2] + x[3];
    const Complex d1 = x[1] - x[4];
    const Complex d2 = x[2] - x[3];
    const Complex real1{x[0].re + sum1.re * kCos1 + sum2.re * kCos2, x[0].im + sum1.im * kCos1 + sum2.im * kCos2};
    const Complex real2{x[0].re + sum1.re * kCos2 + sum2.re * kCos1, x[0].im + sum1.im * kCos2 + sum2.im * kCos1};
    const Complex turned1{d1.im * kSin1 + d2.im * kSin2, -d1.re * kSin1 - d2.re * kSin2};
    const Complex turned2{d1.im * kSin2 - d2.im * kSin1, d2.re * kSin1 - d1.re * kSin2};
    x[0] = {x[0].re + sum1.re + sum2.re, x[0].im + sum1.im + sum2.im};
    x[1] = real1 + turned1;
    x[2] = real2 + turned2;
    x[3] = real2 - turned2;
    x[4] = real1 - turned1;
  }

  /// One pass of the self-sorting (Stockham) decimation in frequency: kDone is the product of the radices before.
  template <size_t kRadix, size_t kDone>
  static void pass(const Twiddle* twiddles, const Complex* in, Complex* out) {
    constexpr size_t kRest = kHalf / (kDone * kRadix);
    for (size_t k = 0; k < kDone; ++k) {
      for (size_t i = 0; i < kRest; ++i) {
        Complex x[kRadix];
        for (size_t q = 0; q < kRadix; ++q) x[q] = in[i + kRest * (q + kRadix * k)];
        butterfly<kRadix>(x);
        out[i + kRest * k] = x[0];
        for (size_t j = 1; j < kRadix; ++j) {
          const Twiddle w = twiddles[(j - 1) * kRest + i];
          out[i + kRest * (k + kDone * j)] = {x[j].re * w.re - x[j].im * w.im, x[j].re * w.im + x[j].im * w.re};
        }
      }
    }
  }

  /// The power spectra of one frame a lane: lane l's 400 samples begin at `from[l]`.
  static void power(const MelTables& tables, const float* const* from, Scratch& scratch) {
    // The 400 real samples as 200 complex ones: z[n] = x[2n] + i x[2n + 1].
    Complex* z = scratch.a;
    for (size_t n = 0; n < kHalf; ++n) {
      const size_t even = 2 * n;
      const size_t odd = even + 1;
      for (size_t lane = 0; lane < kLanes; ++lane) {
        z[n].re[lane] = static_cast<double>(from[lane][even]);
        z[n].im[lane] = static_cast<double>(from[lane][odd]);
      }
      z[n].re *= tables.window[even];
      z[n].im *= tables.window[odd];
    }
    pass<5, 1>(tables.first, z, scratch.b);
    pass<5, 5>(tables.second, scratch.b, z);
    pass<4, 25>(tables.third, z, scratch.b);
    pass<2, 100>(tables.fourth, scratch.b, z);
    unpack(tables, z, scratch.power);
  }

  /// X[k] = E + w O and X[200 - k] = conj(E - w O), with E = (Z[k] + conj Z[200-k]) / 2 the transform of the even
  /// samples, O = (Z[k] - conj Z[200-k]) / 2i that of the odd ones, w = e^(-2 pi i k / 400).
  static void unpack(const MelTables& tables, const Complex* z, Real* out) {
    const Real dc = z[0].re + z[0].im;
    const Real nyquist = z[0].re - z[0].im;
    out[0] = dc * dc;
    out[kHalf] = nyquist * nyquist;
    for (size_t k = 1; k <= kHalf / 2; ++k) {
      const Complex x = z[k];
      const Complex y = z[kHalf - k];
      const Complex even{(x.re + y.re) * 0.5, (x.im - y.im) * 0.5};
      const Complex odd{(x.im + y.im) * 0.5, (y.re - x.re) * 0.5};
      const Twiddle w = tables.unpack[k];
      const Complex turned{odd.re * w.re - odd.im * w.im, odd.re * w.im + odd.im * w.re};
      const Complex low = even + turned;
      const Complex high = even - turned;
      out[k] = low.re * low.re + low.im * low.im;
      out[kHalf - k] = high.re * high.re + high.im * high.im;
    }
  }

  /// log10 of finite x >= 1e-10, within 1e-14 of the value: x = 2^e m, m in [sqrt(1/2), sqrt(2)), ln m by the series of
  /// 2 artanh((m - 1) / (m + 1)), whose argument is 0.172 at most.
  static Real log10_of(const Real& x) {
    constexpr int64_t kMantissa = (int64_t{1} << 52) - 1;
    constexpr int64_t kOne = int64_t{1023} << 52;
    constexpr int64_t kMagic = int64_t{0x433} << 52;  // of 2^52: a small integer in its low bits is added to it
    constexpr double kLn10 = 2.30258509299404568402;
    constexpr double kLog2 = 0.30102999566398119521;  // log10(2)
    const Bits bits = __builtin_bit_cast(Bits, x);
    const Bits raised = (bits >> 52) | kMagic;
    const Bits mantissa = (bits & kMantissa) | kOne;
    Real exponent = __builtin_bit_cast(Real, raised) - (0x1p52 + 1023);
    Real m = __builtin_bit_cast(Real, mantissa);
    const Bits big = m > 1.41421356237309504880;  // sqrt(2)
    m = big ? m * 0.5 : m;
    exponent = big ? exponent + 1.0 : exponent;
    const Real s = (m - 1.0) / (m + 1.0);
    const Real s2 = s * s;
    Real series = s2 * (1.0 / 17) + 1.0 / 15;
    series = series * s2 + 1.0 / 13;
    series = series * s2 + 1.0 / 11;
    series = series * s2 + 1.0 / 9;
    series = series * s2 + 1.0 / 7;
    series = series * s2 + 1.0 / 5;
    series = series * s2 + 1.0 / 3;
    series = series * s2 + 1.0;
    return exponent * kLog2 + s * series * (2 / kLn10);
  }

  static void run(const MelTables& tables, const float* samples, size_t frames, float* out) {
    Scratch scratch{};
    for (size_t begin = 0; begin < frames; begin += kLanes) {
      const size_t count = frames - begin < kLanes ? frames - begin : kLanes;
      const float* from[kLanes];  // what is left over is the last one again
      for (size_t lane = 0; lane < kLanes; ++lane) {
        from[lane] = samples + (begin + (lane < count ? lane : count - 1)) * kHop;
      }
      power(tables, from, scratch);
      for (size_t m = 0; m < tables.band_count; ++m) {
        const MelBand band = tables.bands[m];
        Real sum{};
        for (size_t i = 0; i < band.count; ++i) sum += scratch.power[band.begin + i] * tables.weights[band.weight + i];
        const Real logs = log10_of(sum < kLeastPower ? Real{} + kLeastPower : sum);
        for (size_t lane = 0; lane < count; ++lane) {
          out[(begin + lane) * tables.band_count + m] = static_cast<float>(logs[lane]);
        }
      }
    }
  }
};

}  // namespace
}  // namespace skald::audio
