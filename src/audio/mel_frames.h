#pragma once
// The log-mel of frames by vectors of doubles, a frame a lane, in one row for each instruction set.
//
// Double, because the log-mel reaches 8 decades of power below the loudest: there a float transform's rounding
// (2^-24 of the peak amplitude, against 1e-4 of it) is already 1e-3 of the value.

#include <cstddef>

namespace skald::audio {

inline constexpr int kFftSize = 400;  // samples; audio.py N_FFT
inline constexpr int kHop = 160;      // samples, 10 ms; audio.py HOP_LENGTH
inline constexpr size_t kBins = kFftSize / 2 + 1;

struct Twiddle {
  double re;
  double im;
};

/// The non-zero stretch of one filter.
struct MelBand {
  size_t begin;   ///< first bin
  size_t count;   ///< bins
  size_t weight;  ///< index of the first weight
};

/// What does not change from frame to frame. Twiddles: e^(-2 pi i ij / (rest * radix)) of the passes of radix 5, 5, 4
/// and 2, (radix - 1, rest) each, the last with rest 1; `unpack` e^(-2 pi i k / 400).
struct MelTables {
  double window[kFftSize];
  Twiddle first[160];
  Twiddle second[32];
  Twiddle third[6];
  Twiddle fourth[1];
  Twiddle unpack[101];
  const MelBand* bands;
  size_t band_count;
  const double* weights;
};

/// out (frames, bands): log10(max(mel power, 1e-10)) of frame i, samples[160 i .. 160 i + 400), through
/// |sum_n w[n] x[n] e^(-2 pi i k n / 400)|^2, k in [0, 201). Every row gives the same bits.
using MelFrames = void (*)(const MelTables& tables, const float* samples, size_t frames, float* out);

void mel_frames_plain(const MelTables& tables, const float* samples, size_t frames, float* out);
void mel_frames_avx2(const MelTables& tables, const float* samples, size_t frames, float* out);
void mel_frames_avx512(const MelTables& tables, const float* samples, size_t frames, float* out);

}  // namespace skald::audio
