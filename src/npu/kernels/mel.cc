// Log-mel of 16 frames of int16 PCM: frame f is the 400 samples from 160 f on; out ((log10(max(mel, 1e-10)) + 4) / 4.
//
// A Hann-windowed DFT as two small products in integers, exact to a few thousandths of a sample's last bit, as bands
// may lie 8 decades of power below the loudest one. With n = 8 a + b and k = k1 + 50 k2:
//
//   Y[k1][b]       = sum over a of x[8 a + b] e^(-2 pi i a k1 / 50)      int16 x (int16 + int8 / 2^8) -> int32
//   X[k1 + 50 k2]  = sum over b of Y[k1][b] e^(-2 pi i b k / 400)        int32 x (int16 + int16 / 2^15) -> int32
//
// for k1 from -1 to 26, as the window comes last: 4 X - 2 (X before + X after), of neighbouring k1 at the same k2. Bins
// above 200 mirror those below. A frame's samples are a matrix of rows of 8 as they lie in memory, whose blocks the
// native product takes unmoved; the frames of a call overlap in memory.
//
// Power in float32 of bins rounded to bfloat16 (2^-8 of power at most), filters as bfloat16 products over the 8-bin
// tiles that 4 bands reach, then the logarithm by the exponent and a polynomial, in int16.

#include "kernel.h"
#include "mel_sizes.h"
#include "modes.h"

namespace {

using MmulWave = aie::mmul<4, 4, 8, int16, int16, acc64>;
using MmulWaveRest = aie::mmul<4, 4, 8, int8, int16, acc32>;
using MmulTurn = aie::mmul<4, 4, 8, int32, int16, acc64>;
using MmulBands = aie::mmul<4, 8, 4, bfloat16, bfloat16, accfloat>;

constexpr int kSteps = kMelRows / 4;
constexpr int kPart = 32;         // numbers of Y or X of 4 frames at one k1: real or imaginary parts
constexpr int kWave = 2 * kPart;  // both

// Fractional bits: factors 14, of the rests 8 and 15 more; Y 10 (2^21 + 10 at most), X 5 (2^24 + 5), so 4 X - ... 7.
constexpr int kWaveRestShift = 8;
constexpr int kWaveShift = 4;
constexpr int kTurnRestShift = 19;  // four bits less than it has room for
constexpr int kTurnRestUp = 4;
constexpr int kTurnShift = 19;

/// Where a part's half of 4 columns begins among the four waves of a group.
constexpr int half_at(int wave, int part, int half) {
  return wave * kWave + part * kPart + half * (kPart / 2);
}

/// Sums with their rests, as int32: 4 waves x 8 columns of one frame. `y`: 4 x 4 blocks of (frame, column).
inline void store_waves(const MmulWave& sums, const MmulWaveRest& rests, std::int32_t* y, int part, int frame) {
  const aie::accum<acc64, 32> whole = aie::add(sums.to_accum(), rests.to_vector<std::int32_t>(kWaveRestShift));
  const aie::vector<std::int32_t, 32> rounded = whole.to_vector<std::int32_t>(kWaveShift);
  SKALD_UNROLL
  for (int i = 0; i < 8; ++i) {
    aie::store_v(y + half_at(i / 2, part, i % 2) + 4 * frame, rounded.extract<4>(static_cast<unsigned>(i)));
  }
}

/// Y of four waves of four frames.
inline void waves(const std::int16_t* __restrict pcm, const std::int16_t* __restrict high,
                  const std::int8_t* __restrict low, std::int32_t* __restrict y) {
  SKALD_LOOP(frame, 4) {
    const std::int16_t* rows = pcm + frame * kMelHop;
    MmulWave real(aie::zeros<acc64, 32>());
    MmulWave imaginary(aie::zeros<acc64, 32>());
    MmulWaveRest real_rest(aie::zeros<acc32, 32>());
    MmulWaveRest imaginary_rest(aie::zeros<acc32, 32>());
    SKALD_PIPELINED_LOOP(step, kSteps, kSteps) {
      const aie::vector<std::int16_t, 32> x = aie::load_v<32>(rows + 32 * step);
      real.mac(aie::load_v<16>(high + 32 * step), x);
      imaginary.mac(aie::load_v<16>(high + 32 * step + 16), x);
      real_rest.mac(aie::load_v<16>(low + 32 * step), x);
      imaginary_rest.mac(aie::load_v<16>(low + 32 * step + 16), x);
    }
    store_waves(real, real_rest, y, 0, frame);
    store_waves(imaginary, imaginary_rest, y, 1, frame);
  }
}

/// first * cosines + second * sines, 4 frames x 4 columns each.
struct Halves {
  aie::vector<std::int32_t, 16> lower;
  aie::vector<std::int32_t, 16> upper;
};

inline void turn(MmulTurn& sum, const Halves& first, const Halves& second, const std::int16_t* factors) {
  sum.mac(first.lower, aie::load_v<32>(factors));
  sum.mac(first.upper, aie::load_v<32>(factors + 32));
  sum.mac(second.lower, aie::load_v<32>(factors + 64));
  sum.mac(second.upper, aie::load_v<32>(factors + 96));
}

inline aie::vector<std::int32_t, 32> turned(const Halves& first, const Halves& second, const std::int16_t* factors) {
  MmulTurn rest;
  turn(rest, first, second, factors + 128);
  MmulTurn sum(rest.to_vector<std::int32_t>(kTurnRestShift), kTurnRestUp);
  turn(sum, first, second, factors);
  return sum.to_vector<std::int32_t>(kTurnShift);
}

/// X of four waves of four frames: 4 x 8 (frame, k2), real then imaginary. Its 64 multiplications an iteration fill
/// most of the straight code; what four iterations could overlap is not worth a prologue.
inline void turns(const std::int32_t* __restrict y, const std::int16_t* __restrict factors,
                  std::int32_t* __restrict x) {
  SKALD_LOOP(wave, 4) {
    const Halves real{aie::load_v<16>(y + half_at(wave, 0, 0)), aie::load_v<16>(y + half_at(wave, 0, 1))};
    const Halves imaginary{aie::load_v<16>(y + half_at(wave, 1, 0)), aie::load_v<16>(y + half_at(wave, 1, 1))};
    const Halves negative{aie::neg(real.lower), aie::neg(real.upper)};
    const std::int16_t* at = factors + wave * 256;
    aie::store_v(x + wave * kWave, turned(real, imaginary, at));
    aie::store_v(x + wave * kWave + kPart, turned(imaginary, negative, at));
  }
}

/// The window, of one part of the bins of a wave, as bfloat16.
inline aie::vector<bfloat16, 32> windowed(const std::int32_t* x) {
  const aie::vector<std::int32_t, 32> middle = aie::load_v<32>(x + kWave);
  const aie::vector<std::int32_t, 32> sides = aie::add(aie::load_v<32>(x), aie::load_v<32>(x + 2 * kWave));
  return aie::to_float<bfloat16>(aie::sub(aie::add(middle, middle), sides));
}

/// Power of all bins of four frames: (bin, frame).
inline void powers(const std::int32_t* __restrict x, float* __restrict power) {
  aie::store_v(power + 4 * 200, aie::zeros<float, 32>());
  SKALD_PIPELINED_LOOP(wave, 26, 26) {
    const aie::vector<bfloat16, 32> real = windowed(x + wave * kWave);
    const aie::vector<bfloat16, 32> imaginary = windowed(x + wave * kWave + kPart);
    const aie::accum<accfloat, 32> sum = aie::mac(aie::mul(real, real), imaginary, imaginary);
    const aie::vector<float, 32> bins = aie::transpose(sum.to_vector<float>(), 4, 8);
    SKALD_UNROLL
    for (int k2 = 0; k2 < 8; ++k2) {
      const int bin = k2 < 4 ? wave + 50 * k2 : 400 - 50 * k2 - wave;
      aie::store_v(power + 4 * bin, bins.extract<4>(static_cast<unsigned>(k2)));
    }
  }
}

/// The same as bfloat16, in 4 x 8 blocks of (frame, bin).
inline void tile(const float* __restrict power, bfloat16* __restrict tiles) {
  SKALD_PIPELINED_LOOP(at, kMelTiles, kMelTiles) {
    const aie::accum<accfloat, 32> bins(aie::load_v<32>(power + 32 * at));
    aie::store_v(tiles + 32 * at, aie::transpose(bins.to_vector<bfloat16>(), 8, 4));
  }
}

// log2(m) = e + f + f (1 - f) (c0 + c1 f), m = 2^e (1 + f): within 0.0009, or 0.00027 of log10.
constexpr int kLog0 = 7094503;  // 0.422865 * 2^24
constexpr int kLog1 = -2609;    // -0.159220 * 2^14
constexpr int kCentre = 32;     // of the exponents, so that int16 with 10 fractional bits reaches 32 on both sides
constexpr int kCentreBits = (127 + kCentre) << 23;
// Of the scale: log10(2) / 4 * 2^18, and what makes it (log10 + 4) / 4, with 28 bits: the sums have 2^44 times the
// power of samples in [-1, 1) (2^15 twice, and 2^7 of the window twice).
constexpr int kScale = 19728;
constexpr int kOffset = 26014084;

/// The logarithm of functions.h gives float32, which reaches int8 only by way of bfloat16; this one, the scale of both
/// outputs in int16. Its factors, in registers.
struct Log {
  aie::vector<std::int32_t, 16> centre = aie::broadcast<std::int32_t, 16>(kCentreBits);
  aie::vector<std::int16_t, 16> fraction = aie::broadcast<std::int16_t, 16>(1023);
  aie::vector<std::int16_t, 16> one = aie::broadcast<std::int16_t, 16>(1024);
  aie::vector<std::int32_t, 16> log0 = aie::broadcast<std::int32_t, 16>(kLog0);
  aie::vector<std::int16_t, 16> log1 = aie::broadcast<std::int16_t, 16>(kLog1);
  aie::vector<std::int32_t, 16> offset = aie::broadcast<std::int32_t, 16>(kOffset);
  aie::vector<std::int16_t, 16> scale = aie::broadcast<std::int16_t, 16>(kScale);
  aie::vector<std::int16_t, 16> least;

  explicit Log(int floor) : least(aie::broadcast<std::int16_t, 16>(static_cast<std::int16_t>(floor))) {}

  /// The scaled log-mel, with 14 fractional bits.
  aie::vector<std::int16_t, 16> operator()(const aie::accum<accfloat, 16>& mel) const {
    const aie::vector<std::int32_t, 16> bits = aie::vector_cast<std::int32_t>(mel.to_vector<float>());
    const aie::accum<acc64, 16> centred(aie::sub(bits, centre));
    const aie::vector<std::int16_t, 16> linear = centred.to_vector<std::int16_t>(13);
    const aie::vector<std::int16_t, 16> f = aie::bit_and(linear, fraction);
    const aie::vector<std::int16_t, 16> bend = aie::mul(f, aie::sub(one, f)).to_vector<std::int16_t>(5);
    const aie::vector<std::int16_t, 16> factor =
        aie::mac(aie::accum<acc32, 16>(log0), f, log1).to_vector<std::int16_t>(10);
    const aie::vector<std::int16_t, 16> curved = aie::add(linear, aie::mul(bend, factor).to_vector<std::int16_t>(19));
    const aie::accum<acc32, 16> scaled = aie::mac(aie::accum<acc32, 16>(offset), curved, scale);
    return aie::max(scaled.to_vector<std::int16_t>(14), least);
  }
};

struct ToBf16 {
  void operator()(bfloat16* y, const aie::vector<std::int16_t, 16>& v) const {
    aie::store_v(y, aie::to_float<bfloat16>(v, 14));
  }
};

struct ToI8 {
  aie::vector<std::int16_t, 16> factor;
  int shift = 0;
  void operator()(std::int8_t* y, const aie::vector<std::int16_t, 16>& v) const {
    aie::store_v(y, aie::mul(v, factor).to_vector<std::int8_t>(shift));
  }
};

/// Log-mel of four frames: 4 x 4 blocks of (frame, band).
template <int kBands, typename Out, typename Store>
inline void bands(const bfloat16* __restrict tiles, const bfloat16* __restrict filters,
                  const std::int32_t* __restrict starts, const Log& log, const Store& store, Out* __restrict y) {
  constexpr int kReach = mel_reach(kBands);
  SKALD_PIPELINED_LOOP(block, kBands / 4, kBands / 4) {
    const bfloat16* from = tiles + 32 * load_index(starts + block);
    MmulBands sum;
    SKALD_UNROLL
    for (int i = 0; i < kReach; ++i) {
      sum.mac(aie::load_v<32>(from + 32 * i), aie::load_v<32>(filters + 32 * (block * kReach + i)));
    }
    store(y + 16 * block, log(sum.to_accum()));
  }
}

struct Tables {
  const std::int16_t* high;
  const std::int8_t* low;
  const std::int16_t* turns;
  const bfloat16* filters;
  const std::int32_t* starts;
};

struct Scratch {
  std::int32_t* y;
  std::int32_t* x;
  float* power;
  bfloat16* tiles;
};

template <int kBands, typename Out, typename Store>
inline void mel(const std::int16_t* pcm, const Tables& tables, const Scratch& scratch, int floor, const Store& store,
                Out* y) {
  Modes::set();
  const Log log(floor);
  SKALD_LOOP(quad, kMelFrames / 4) {
    SKALD_LOOP(group, kMelGroups) {
      waves(pcm + 4 * quad * kMelHop, tables.high + group * 32 * kSteps, tables.low + group * 32 * kSteps, scratch.y);
      turns(scratch.y, tables.turns + group * 1024, scratch.x + group * 4 * kWave);
    }
    powers(scratch.x, scratch.power);
    tile(scratch.power, scratch.tiles);
    bands<kBands>(scratch.tiles, tables.filters, tables.starts, log, store, y + quad * 4 * kBands);
  }
  Modes::restore();
}

}  // namespace

SKALD_KERNELS_BEGIN

#define SKALD_MEL(bands)                                                                                          \
  void mel_bf16_##bands(const std::int16_t* pcm, const std::int16_t* high, const std::int8_t* low,                \
                        const std::int16_t* turns, const bfloat16* filters, const std::int32_t* starts,           \
                        std::int32_t* waves, std::int32_t* spectrum, float* power, bfloat16* tiles, bfloat16* y,  \
                        std::int32_t floor) {                                                                     \
    mel<bands>(pcm, {high, low, turns, filters, starts}, {waves, spectrum, power, tiles}, floor, ToBf16(), y);    \
  }                                                                                                               \
  void mel_i8_##bands(const std::int16_t* pcm, const std::int16_t* high, const std::int8_t* low,                  \
                      const std::int16_t* turns, const bfloat16* filters, const std::int32_t* starts,             \
                      std::int32_t* waves, std::int32_t* spectrum, float* power, bfloat16* tiles, std::int8_t* y, \
                      std::int32_t floor, std::int32_t factor, std::int32_t shift) {                              \
    const ToI8 to_i8{aie::broadcast<std::int16_t, 16>(static_cast<std::int16_t>(factor)), shift};                 \
    mel<bands>(pcm, {high, low, turns, filters, starts}, {waves, spectrum, power, tiles}, floor, to_i8, y);       \
  }

SKALD_MEL(80)
SKALD_MEL(128)

SKALD_KERNELS_END
