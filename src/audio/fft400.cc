#include "audio/fft400.h"

#include <cmath>
#include <numbers>

#include "audio/log_mel.h"

namespace skald::audio {
namespace {

constexpr size_t kHalf = 200;  // complex points

constexpr ComplexPair operator+(ComplexPair x, ComplexPair y) {
  return {x.re + y.re, x.im + y.im};
}
constexpr ComplexPair operator-(ComplexPair x, ComplexPair y) {
  return {x.re - y.re, x.im - y.im};
}
constexpr ComplexPair operator*(ComplexPair x, double s) {
  return {x.re * s, x.im * s};
}
constexpr ComplexPair times_minus_i(ComplexPair x) {
  return {x.im, -x.re};
}

/// x[0..R) becomes its discrete Fourier transform.
template <size_t kRadix>
void butterfly(ComplexPair* x);

template <>
void butterfly<2>(ComplexPair* x) {
  const ComplexPair difference = x[0] - x[1];
  x[0] = x[0] + x[1];
  x[1] = difference;
}

template <>
void butterfly<4>(ComplexPair* x) {
  const ComplexPair even_sum = x[0] + x[2];
  const ComplexPair even_difference = x[0] - x[2];
  const ComplexPair odd_sum = x[1] + x[3];
  const ComplexPair odd_difference = times_minus_i(x[1] - x[3]);
  x[0] = even_sum + odd_sum;
  x[1] = even_difference + odd_difference;
  x[2] = even_sum - odd_sum;
  x[3] = even_difference - odd_difference;
}

template <>
void butterfly<5>(ComplexPair* x) {
  constexpr double kCos1 = 0.30901699437494742410;   // cos(2 pi / 5)
  constexpr double kCos2 = -0.80901699437494742410;  // cos(4 pi / 5)
  constexpr double kSin1 = 0.95105651629515357212;   // sin(2 pi / 5)
  constexpr double kSin2 = 0.58778525229247312917;   // sin(4 pi / 5)
  const ComplexPair sum1 = x[1] + x[4];
  const ComplexPair sum2 = x[2] + x[3];
  const ComplexPair difference1 = times_minus_i(x[1] - x[4]);
  const ComplexPair difference2 = times_minus_i(x[2] - x[3]);
  const ComplexPair real1 = x[0] + sum1 * kCos1 + sum2 * kCos2;
  const ComplexPair real2 = x[0] + sum1 * kCos2 + sum2 * kCos1;
  const ComplexPair imaginary1 = difference1 * kSin1 + difference2 * kSin2;
  const ComplexPair imaginary2 = difference1 * kSin2 - difference2 * kSin1;
  x[0] = x[0] + sum1 + sum2;
  x[1] = real1 + imaginary1;
  x[2] = real2 + imaginary2;
  x[3] = real2 - imaginary2;
  x[4] = real1 - imaginary1;
}

template <class Table>
void fill_twiddles(Table& table, size_t radix, size_t rest) {
  for (size_t j = 1; j < radix; ++j) {
    for (size_t i = 0; i < rest; ++i) {
      const double angle = -2 * std::numbers::pi * static_cast<double>(i * j) / static_cast<double>(radix * rest);
      table[(j - 1) * rest + i] = {std::cos(angle), std::sin(angle)};
    }
  }
}

}  // namespace

std::array<double, 400> hann_window() {
  std::array<double, 400> window{};
  for (size_t n = 0; n < window.size(); ++n) {
    const float phase = static_cast<float>(n) * static_cast<float>(2 * std::numbers::pi / kFftSize);
    const auto cosine = static_cast<float>(std::cos(static_cast<double>(phase)));
    window[n] = static_cast<double>(cosine * -0.5F + 0.5F);
  }
  return window;
}

Fft400::Fft400() {
  fill_twiddles(first_, 5, 40);
  fill_twiddles(second_, 5, 8);
  fill_twiddles(third_, 4, 2);
  fill_twiddles(fourth_, 2, 1);
  for (size_t k = 0; k < unpack_.size(); ++k) {
    const double angle = -2 * std::numbers::pi * static_cast<double>(k) / kFftSize;
    unpack_[k] = {std::cos(angle), std::sin(angle)};
  }
}

/// One pass of the self-sorting (Stockham) decimation in frequency: `done` is the product of the radices before.
template <size_t kRadix>
void Fft400::pass(size_t done, const Twiddle* twiddles, const ComplexPair* in, ComplexPair* out) const {
  const size_t rest = kHalf / (done * kRadix);
  for (size_t k = 0; k < done; ++k) {
    for (size_t i = 0; i < rest; ++i) {
      ComplexPair x[kRadix];
      for (size_t q = 0; q < kRadix; ++q) x[q] = in[i + rest * (q + kRadix * k)];
      butterfly<kRadix>(x);
      out[i + rest * k] = x[0];
      for (size_t j = 1; j < kRadix; ++j) {
        const Twiddle w = twiddles[(j - 1) * rest + i];
        out[i + rest * (k + done * j)] = {x[j].re * w.re - x[j].im * w.im, x[j].re * w.im + x[j].im * w.re};
      }
    }
  }
}

void Fft400::power(const float* first, const float* second, FftScratch& scratch, Pair* out) const {
  // The 400 real samples as 200 complex ones: z[n] = x[2n] + i x[2n + 1].
  ComplexPair* z = scratch.a.data();
  for (size_t n = 0; n < kHalf; ++n) {
    const size_t even = 2 * n;
    const size_t odd = even + 1;
    z[n].re = Pair{static_cast<double>(first[even]), static_cast<double>(second[even])} * window_[even];
    z[n].im = Pair{static_cast<double>(first[odd]), static_cast<double>(second[odd])} * window_[odd];
  }
  ComplexPair* other = scratch.b.data();
  pass<5>(1, first_.data(), z, other);
  pass<5>(5, second_.data(), other, z);
  pass<4>(25, third_.data(), z, other);
  pass<2>(100, fourth_.data(), other, z);

  // X[k] = E + w O and X[200 - k] = conj(E - w O), with E = (Z[k] + conj Z[200-k]) / 2 the transform of the even
  // samples, O = (Z[k] - conj Z[200-k]) / 2i that of the odd ones, w = e^(-2 pi i k / 400).
  const Pair dc = z[0].re + z[0].im;
  const Pair nyquist = z[0].re - z[0].im;
  out[0] = dc * dc;
  out[kHalf] = nyquist * nyquist;
  for (size_t k = 1; k <= kHalf / 2; ++k) {
    const ComplexPair x = z[k];
    const ComplexPair y = z[kHalf - k];
    const ComplexPair even{(x.re + y.re) * 0.5, (x.im - y.im) * 0.5};
    const ComplexPair odd{(x.im + y.im) * 0.5, (y.re - x.re) * 0.5};
    const Twiddle w = unpack_[k];
    const ComplexPair turned{odd.re * w.re - odd.im * w.im, odd.re * w.im + odd.im * w.re};
    const ComplexPair low = even + turned;
    const ComplexPair high = even - turned;
    out[k] = low.re * low.re + low.im * low.im;
    out[kHalf - k] = high.re * high.re + high.im * high.im;
  }
}

}  // namespace skald::audio
