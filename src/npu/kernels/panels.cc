// What follows a product of 64 x 128 sums in the encoder's resident program: eight rows of bfloat16 a call, in panels
// of 32 columns (layout.h, "panels"): 2 KiB, four panels of two strips.
//
//   dequantise   int32 sums    y = round(c + bias, down) factor / 2^shift      as requantise_i8.cc up to int8
//   finish       float32 sums  y = c + bias, or GELU of it
//   add          y += terms                                                    a residual, after either of them
//   sums         y = c as it is, four rows of the tile a call                  what a softmax on the host is given
//
// Rows 16 pair + 8 half and following of the tile.

#include "gelu.h"
#include "kernel.h"
#include "modes.h"

namespace {

constexpr int kSumColumns = 128;
constexpr int kStrips = 2;

/// Where four rows and eight columns go: `block` of eight columns.
inline bfloat16* place(bfloat16* y, int strip, int block) {
  return y + ((block / 4 * kStrips + strip) * 4 + block % 4) * 32;
}

/// Four rows of eight columns of sums, bias added.
inline aie::vector<bfloat16, 32> biased(const float* c, const bfloat16* bias, int row, int block) {
  aie::vector<bfloat16, 16> parts[2];
  SKALD_UNROLL
  for (int side = 0; side < 2; ++side) {
    const int group = 2 * block + side;
    const aie::accum<accfloat, 16> sum(aie::load_v<16>(c + (row * (kSumColumns / 4) + group) * 16));
    parts[side] = aie::add(sum, aie::load_v<16>(reinterpret_cast<const float*>(bias) + group * 16))
                      .template to_vector<bfloat16>();
  }
  const auto rows = aie::interleave_zip(parts[0], parts[1], 4);
  return aie::concat(rows.first, rows.second);
}

}  // namespace

SKALD_KERNELS_BEGIN

void dequantise_panels_64x128(const std::int32_t* __restrict c, const std::int8_t* __restrict parameters,
                              bfloat16* __restrict y, std::int32_t pair, std::int32_t half, std::int32_t down,
                              std::int32_t shift) {
  Modes::set();
  const int first = (4 * pair + 2 * half) * (kSumColumns / 8);
  SKALD_PIPELINED_LOOP(at, kStrips * (kSumColumns / 8), 4) {
    const int strip = at / (kSumColumns / 8);
    const int block = at % (kSumColumns / 8);
    const std::int8_t* group = parameters + block * 64;
    const aie::vector<std::int32_t, 8> bias = aie::load_v<8>(reinterpret_cast<const std::int32_t*>(group));
    const aie::vector<std::int16_t, 16> factors = aie::load_v<16>(reinterpret_cast<const std::int16_t*>(group + 32));
    aie::accum<acc32, 32> sum(aie::load_v<32>(c + (first + at) * 32));
    sum = aie::add(sum, aie::concat(bias, bias, bias, bias));
    const aie::accum<acc32, 32> scaled =
        aie::mul(sum.template to_vector<std::int16_t>(down), aie::concat(factors, factors));
    aie::store_v(place(y, strip, block), aie::to_float<bfloat16>(scaled.template to_vector<std::int32_t>(), shift));
  }
  Modes::restore();
}

void finish_panels_64x128(const float* __restrict c, const bfloat16* __restrict bias, bfloat16* __restrict y,
                          std::int32_t pair, std::int32_t half) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  SKALD_PIPELINED_LOOP(at, kStrips * (kSumColumns / 8), 8) {
    const int strip = at / (kSumColumns / 8);
    const int block = at % (kSumColumns / 8);
    aie::store_v(place(y, strip, block), biased(c, bias, 4 * pair + 2 * half + strip, block));
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

void finish_gelu_panels_64x128(const float* __restrict c, const bfloat16* __restrict bias, bfloat16* __restrict y,
                               std::int32_t pair, std::int32_t half) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  const Gelu gelu;
  SKALD_LOOP(block, kSumColumns / 8) {  // both strips: a polynomial waits most of its time
    SKALD_UNROLL
    for (int strip = 0; strip < kStrips; ++strip) {
      aie::store_v(place(y, strip, block), gelu(biased(c, bias, 4 * pair + 2 * half + strip, block)));
    }
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

/// `terms`: two calls' worth.
void add_panels_1024(const bfloat16* __restrict terms, bfloat16* __restrict y, std::int32_t half) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  SKALD_PIPELINED_LOOP(i, 32, 4) {
    const aie::accum<accfloat, 32> other(aie::load_v<32>(terms + half * 1024 + 32 * i));
    aie::store_v(y + 32 * i,
                 aie::add(aie::accum<accfloat, 32>(aie::load_v<32>(y + 32 * i)), other).template to_vector<bfloat16>());
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

void give_sums_64x128(const float* __restrict c, float* __restrict y, std::int32_t strip) {
  const float* from = c + strip * 4 * kSumColumns;
  SKALD_PIPELINED_LOOP(i, 4 * kSumColumns / 16, 8) {
    aie::store_v(y + 16 * i, aie::load_v<16>(from + 16 * i));
  }
}

SKALD_KERNELS_END
