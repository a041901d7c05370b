#pragma once
// Power spectrum of 400 real samples, two frames at a time: every number is a pair of doubles, one for each frame, so
// that plain code fills the 128-bit registers every x86-64 has.
//
// Double, because the log-mel reaches 8 decades of power below the loudest: there a float transform's rounding
// (2^-24 of the peak amplitude, against 1e-4 of it) is already 1e-3 of the value.

#include <array>
#include <cstddef>

namespace skald::audio {

using Pair = double __attribute__((vector_size(16)));

struct ComplexPair {
  Pair re;
  Pair im;
};

inline constexpr size_t kBins = 201;  // 400 / 2 + 1

/// The periodic Hann window, 0.5 - 0.5 cos(2 pi n / 400), with phase, cosine and result each rounded to float as in the
/// reference (torch.hann_window). The rounding is 2.4e-7 at most, but 8 decades of power below a loud tone that is 3e-5
/// of a scaled log-mel value.
std::array<double, 400> hann_window();

/// Memory for one transform, reused by the caller.
struct FftScratch {
  std::array<ComplexPair, 200> a;
  std::array<ComplexPair, 200> b;
};

class Fft400 {
 public:
  Fft400();

  /// out[k] = |sum_n w[n] x[n] e^(-2 pi i k n / 400)|^2, k in [0, 201), w the periodic Hann window, x the 400 samples
  /// at `first` for lane 0 and those at `second` for lane 1.
  void power(const float* first, const float* second, FftScratch& scratch, Pair* out) const;

 private:
  struct Twiddle {
    double re;
    double im;
  };
  template <size_t kRadix>
  void pass(size_t done, const Twiddle* twiddles, const ComplexPair* in, ComplexPair* out) const;

  std::array<double, 400> window_ = hann_window();
  // e^(-2 pi i ij / (rest * radix)) of the passes of radix 5, 5, 4 and 2, (radix - 1, rest) each; the last has rest 1.
  std::array<Twiddle, 160> first_{};
  std::array<Twiddle, 32> second_{};
  std::array<Twiddle, 6> third_{};
  std::array<Twiddle, 1> fourth_{};
  std::array<Twiddle, 101> unpack_{};  // e^(-2 pi i k / 400)
};

}  // namespace skald::audio
