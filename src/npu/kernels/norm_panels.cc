// LayerNorm of rows that lie in panels (layout.h): (x - mean) / sqrt(variance + 1e-5), strip by strip, in place, then
// times gamma + beta as it leaves. `panels` of 32 columns, each `strips` high; a native product with ones sums a
// strip's rows, whose four columns then all hold the sum. Statistics are float32, of one pass (two took twice the
// cycles): the variance is right to 2^-16 of the mean square, so rows whose mean is far larger than their deviation
// lose digits. Those of a residual stream are not like that (encoder_test.cc).

#include "functions.h"
#include "kernel.h"
#include "modes.h"

namespace {

using MmulBf16 = aie::mmul<4, 8, 4, bfloat16, bfloat16, accfloat>;

constexpr int kCell = 128;  // numbers of a strip in a panel
constexpr int kBlocks = 4;  // of eight columns

/// Four columns of each of four rows to eight.
template <typename T>
inline aie::vector<T, 32> widened(const aie::vector<T, 16>& v) {
  const auto rows = aie::interleave_zip(v, v, 4);
  return aie::concat(rows.first, rows.second);
}

/// Eight columns, of sixteen, for four rows.
inline aie::vector<bfloat16, 32> lower(const aie::vector<bfloat16, 16>& v) {
  const aie::vector<bfloat16, 16> twice = aie::interleave_zip(v, v, 8).first;
  return aie::concat(twice, twice);
}
inline aie::vector<bfloat16, 32> upper(const aie::vector<bfloat16, 16>& v) {
  const aie::vector<bfloat16, 16> twice = aie::interleave_zip(v, v, 8).second;
  return aie::concat(twice, twice);
}

inline void norm_strip(bfloat16* __restrict x, int panels, int step, const TwoParts<16>& inverse) {
  const aie::vector<bfloat16, 32> ones = aie::broadcast<bfloat16, 32>(1.0F);
  MmulBf16 total(aie::zeros<float, 16>());
  aie::accum<accfloat, 32> squares = aie::zeros<accfloat, 32>();
  SKALD_PIPELINED_LOOP(at, panels * kBlocks, 8) {
    const aie::vector<bfloat16, 32> v = aie::load_v<32>(x + at / kBlocks * step + at % kBlocks * 32);
    total.mac(v, ones);
    squares = aie::mac(squares, v, v);
  }
  const aie::accum<accfloat, 16> mean =
      product(TwoParts(aie::accum<accfloat, 16>(total.template to_vector<float>())), inverse);
  const TwoParts parts(squares);
  MmulBf16 sum(aie::zeros<float, 16>());
  sum.mac(parts.high, ones);
  sum.mac(parts.low, ones);
  const aie::accum<accfloat, 16> square =
      product(TwoParts(aie::accum<accfloat, 16>(sum.template to_vector<float>())), inverse);
  // What rounding leaves of a row of equal numbers may be below 0.
  const aie::vector<float, 16> spread =
      aie::max(aie::sub(square, product(TwoParts(mean), TwoParts(mean))).template to_vector<float>(),
               aie::broadcast<float, 16>(0.0F));
  const aie::accum<accfloat, 16> variance =
      aie::add(aie::accum<accfloat, 16>(spread), aie::accum<accfloat, 16>(aie::broadcast<float, 16>(1e-5F)));
  const TwoParts scale(inverse_sqrt(variance.template to_vector<float>()));
  const aie::accum<accfloat, 32> start(widened(aie::neg(product(TwoParts(mean), scale)).template to_vector<float>()));
  const aie::vector<bfloat16, 32> high = widened(scale.high);
  const aie::vector<bfloat16, 32> low = widened(scale.low);
  SKALD_PIPELINED_LOOP(at, panels * kBlocks, 8) {
    bfloat16* value = x + at / kBlocks * step + at % kBlocks * 32;
    const aie::vector<bfloat16, 32> v = aie::load_v<32>(value);
    aie::store_v(value, aie::mac(aie::mac(start, v, high), v, low).template to_vector<bfloat16>());
  }
}

}  // namespace

SKALD_KERNELS_BEGIN

/// 2048 numbers to their place among the rows.
void take_panels_2048(const bfloat16* __restrict x, bfloat16* __restrict rows, std::int32_t index) {
  SKALD_PIPELINED_LOOP(i, 64, 8) {
    aie::store_v(rows + index * 2048 + i * 32, aie::load_v<32>(x + i * 32));
  }
}

/// `inverse`: the bits of 1 / (32 panels) as a float32.
void norm_panels(bfloat16* __restrict rows, std::int32_t panels, std::int32_t strips, std::int32_t inverse) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  const TwoParts<16> share(
      aie::accum<accfloat, 16>(aie::broadcast<std::int32_t, 16>(inverse).template cast_to<float>()));
  SKALD_LOOP(strip, strips) {
    norm_strip(rows + strip * kCell, panels, strips * kCell, share);
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

/// 1024 numbers, from the `index`-th such on, as they lie. `weights`: gamma, then beta, of 32 `panels` columns each.
void give_panels_bf16(const bfloat16* __restrict rows, const bfloat16* __restrict weights, bfloat16* __restrict y,
                      std::int32_t index, std::int32_t panels, std::int32_t strips) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  SKALD_PIPELINED_LOOP(pair, 16, 4) {  // of blocks of eight columns
    const int cell = index * 8 + pair / 2;
    const bfloat16* gamma = weights + cell / strips * 32 + pair % 2 * 16;
    const aie::vector<bfloat16, 16> g = aie::load_v<16>(gamma);
    const aie::vector<bfloat16, 16> b = aie::load_v<16>(gamma + panels * 32);
    const bfloat16* x = rows + cell * kCell + pair % 2 * 64;
    bfloat16* out = y + pair * 64;
    aie::store_v(
        out, aie::mac(aie::accum<accfloat, 32>(lower(b)), aie::load_v<32>(x), lower(g)).template to_vector<bfloat16>());
    aie::store_v(
        out + 32,
        aie::mac(aie::accum<accfloat, 32>(upper(b)), aie::load_v<32>(x + 32), upper(g)).template to_vector<bfloat16>());
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

/// 2048 numbers, rounded to int8 with saturation, in panels of 64 columns: two of `rows` side by side.
void give_panels_i8(const bfloat16* __restrict rows, const bfloat16* __restrict weights, std::int8_t* __restrict y,
                    std::int32_t index, std::int32_t panels, std::int32_t strips) {
  Modes::set();
  SKALD_PIPELINED_LOOP(pair, 32, 4) {  // of blocks of eight columns
    const int cell = index * 8 + pair / 4;
    const int panel = 2 * (cell / strips) + pair / 2 % 2;
    const bfloat16* gamma = weights + panel * 32 + pair % 2 * 16;
    const aie::vector<bfloat16, 16> g = aie::load_v<16>(gamma);
    const aie::vector<bfloat16, 16> b = aie::load_v<16>(gamma + panels * 32);
    const bfloat16* x = rows + (panel * strips + cell % strips) * kCell + pair % 2 * 64;
    std::int8_t* out = y + pair * 64;
    SKALD_UNROLL
    for (int half = 0; half < 2; ++half) {
      const aie::vector<bfloat16, 32> value = aie::mac(aie::accum<accfloat, 32>(half == 0 ? lower(b) : upper(b)),
                                                       aie::load_v<32>(x + 32 * half), half == 0 ? lower(g) : upper(g))
                                                  .template to_vector<bfloat16>();
      // Eight bits after the point: what a bfloat16 of this size can have and rounding asks for.
      const aie::accum<acc32, 32> fixed(aie::to_fixed(value, 8));
      aie::store_v(out + 32 * half, fixed.template to_vector<std::int8_t>(8));
    }
  }
  Modes::restore();
}

SKALD_KERNELS_END
