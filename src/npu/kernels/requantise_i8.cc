// What follows the last step of an int8 product: int32 sums -> int8, 4 x 8 blocks; sixteen rows of the tile a call, so
// that results leave in objects for which there is room beside it.
//
//   h = round(c + bias[n], down)            to int16, saturating
//   y = round(h * factor[n] (+ other terms), shift)   to int8, saturating
//
// round(v, s): v / 2^s to the nearest, halves to even. `bias` int32, `factor` int16 per column. The variants add a
// residual (int8, times one factor) before the last rounding, or put y through the table of gelu_i8.cc.

#include "kernel.h"
#include "modes.h"
#include "shapes.h"

namespace {

/// Parameters of eight columns: 8 bias, then 8 factors twice, 64 bytes.
constexpr int kGroupBytes = 64;

inline aie::vector<std::int32_t, 32> bias_of(const std::int8_t* group) {
  const aie::vector<std::int32_t, 8> bias = aie::load_v<8>(reinterpret_cast<const std::int32_t*>(group));
  return aie::concat(bias, bias, bias, bias);
}

inline aie::vector<std::int16_t, 32> factors_of(const std::int8_t* group) {
  const aie::vector<std::int16_t, 16> factors = aie::load_v<16>(reinterpret_cast<const std::int16_t*>(group + 32));
  return aie::concat(factors, factors);
}

/// c + bias, times its factor.
inline aie::accum<acc32, 32> scaled(const std::int32_t* c, const aie::vector<std::int32_t, 32>& bias,
                                    const aie::vector<std::int16_t, 32>& factors, int down) {
  aie::accum<acc32, 32> sum(aie::load_v<32>(c));
  sum = aie::add(sum, bias);
  return aie::mul(sum.template to_vector<std::int16_t>(down), factors);
}

/// Sixteen rows of the tile: four blocks down, all of its columns.
template <int kN>
inline void requantise(const std::int32_t* __restrict c, const std::int8_t* __restrict parameters,
                       std::int8_t* __restrict y, int down, int shift) {
  Modes::set();
  SKALD_PIPELINED_LOOP(group, kN / 8, 2) {
    const aie::vector<std::int32_t, 32> bias = bias_of(parameters + group * kGroupBytes);
    const aie::vector<std::int16_t, 32> factors = factors_of(parameters + group * kGroupBytes);
    SKALD_UNROLL
    for (int row = 0; row < 4; ++row) {
      const int at = (row * (kN / 8) + group) * 32;
      aie::store_v(y + at, scaled(c + at, bias, factors, down).template to_vector<std::int8_t>(shift));
    }
  }
  Modes::restore();
}

template <int kN>
inline void requantise_add(const std::int32_t* __restrict c, const std::int8_t* __restrict parameters,
                           const std::int8_t* __restrict residual, std::int8_t* __restrict y, int down, int shift,
                           int residual_factor) {
  Modes::set();
  const aie::vector<std::int16_t, 32> weight =
      aie::broadcast<std::int16_t, 32>(static_cast<std::int16_t>(residual_factor));
  SKALD_PIPELINED_LOOP(group, kN / 8, 2) {
    const aie::vector<std::int32_t, 32> bias = bias_of(parameters + group * kGroupBytes);
    const aie::vector<std::int16_t, 32> factors = factors_of(parameters + group * kGroupBytes);
    SKALD_UNROLL
    for (int row = 0; row < 4; ++row) {
      const int at = (row * (kN / 8) + group) * 32;
      const aie::vector<std::int16_t, 32> other = aie::load_v<32>(residual + at).unpack();
      const aie::accum<acc32, 32> sum = aie::mac(scaled(c + at, bias, factors, down), other, weight);
      aie::store_v(y + at, sum.template to_vector<std::int8_t>(shift));
    }
  }
  Modes::restore();
}

/// One block an iteration: the lookups are what takes time, not the parameters that each block loads again.
template <int kN>
inline void requantise_gelu(const std::int32_t* __restrict c, const std::int8_t* __restrict parameters,
                            const aie::lut<4, std::int8_t>& table, std::int8_t* __restrict y, int down, int shift) {
  aie::parallel_lookup<std::int8_t, aie::lut<4, std::int8_t>> lookup(table, 0, 128);
  Modes::set();
  SKALD_PIPELINED_LOOP(block, kN / 2, 4) {
    const int group = block / 4;
    const int at = (block % 4 * (kN / 8) + group) * 32;
    const std::int8_t* of_group = parameters + group * kGroupBytes;
    const aie::accum<acc32, 32> sum = scaled(c + at, bias_of(of_group), factors_of(of_group), down);
    aie::store_v(y + at, lookup.fetch(sum.template to_vector<std::int8_t>(shift)));
  }
  Modes::restore();
}

}  // namespace

SKALD_KERNELS_BEGIN

#define SKALD_REQUANTISE_I8(m, n)                                                                                     \
  void requantise_i8_##m##x##n(const std::int32_t* c, const std::int8_t* parameters, std::int8_t* y,                  \
                               std::int32_t slice, std::int32_t down, std::int32_t shift) {                           \
    requantise<n>(c + slice * 16 * n, parameters, y, down, shift);                                                    \
  }                                                                                                                   \
  void requantise_add_i8_##m##x##n(const std::int32_t* c, const std::int8_t* parameters, const std::int8_t* residual, \
                                   std::int8_t* y, std::int32_t slice, std::int32_t down, std::int32_t shift,         \
                                   std::int32_t residual_factor) {                                                    \
    requantise_add<n>(c + slice * 16 * n, parameters, residual, y, down, shift, residual_factor);                     \
  }                                                                                                                   \
  void requantise_gelu_i8_##m##x##n(const std::int32_t* c, const std::int8_t* parameters, const std::int8_t* ab,      \
                                    const std::int8_t* cd, std::int8_t* y, std::int32_t slice, std::int32_t down,     \
                                    std::int32_t shift) {                                                             \
    requantise_gelu<n>(c + slice * 16 * n, parameters, aie::lut<4, std::int8_t>(256, ab, cd), y, down, shift);        \
  }

SKALD_FINISH_SHAPES(SKALD_REQUANTISE_I8)

/// As requantise_gelu_i8_64x128, with any function's table behind the parameters: both copies of it.
void requantise_lookup_i8_64x128(const std::int32_t* c, const std::int8_t* parameters, std::int8_t* y,
                                 std::int32_t slice, std::int32_t down, std::int32_t shift) {
  const aie::lut<4, std::int8_t> table(256, parameters + 1024, parameters + 1536);
  requantise_gelu<128>(c + slice * 16 * 128, parameters, table, y, down, shift);
}

SKALD_KERNELS_END
