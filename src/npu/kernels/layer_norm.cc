// LayerNorm of rows: y = (x - mean) / sqrt(variance + 1e-5) gamma + beta. Statistics are float32, of two passes;
// columns that hold nothing count neither in the mean nor in the variance and become 0, as their gamma and beta are.

#include "columns.h"
#include "functions.h"
#include "kernel.h"
#include "rowwise_shapes.h"

namespace {

/// Sum of the squares of x - mean, in all lanes. A difference has two parts, as a bfloat16 loses 2^-9 of it.
template <int kWidth>
inline aie::vector<float, 16> squares(const bfloat16* __restrict x, const aie::accum<accfloat, 32>& mean,
                                      Columns& columns) {
  const aie::vector<bfloat16, 32> zero = aie::zeros<bfloat16, 32>();
  aie::accum<accfloat, 32> sums = aie::zeros<accfloat, 32>();
  restart(columns);
  SKALD_PIPELINED_LOOP(i, kWidth / 32, 8) {
    const aie::accum<accfloat, 32> from_mean = aie::sub(aie::accum<accfloat, 32>(aie::load_v<32>(x + 32 * i)), mean);
    const TwoParts difference(from_mean);
    const aie::mask<32> held = next_mask(columns);
    const aie::vector<bfloat16, 32> high = aie::select(zero, difference.high, held);
    const aie::vector<bfloat16, 32> low = aie::select(zero, difference.low, held);
    // Without the square of the lower part: 2^-18.
    sums = aie::mac(aie::mac(aie::mac(sums, high, high), high, low), high, low);
  }
  return sum_of_lanes(sums);
}

template <int kWidth>
inline aie::vector<float, 16> total(const bfloat16* __restrict x, Columns& columns) {
  const aie::vector<bfloat16, 32> zero = aie::zeros<bfloat16, 32>();
  const aie::vector<bfloat16, 32> one = aie::broadcast<bfloat16, 32>(1.0F);
  aie::accum<accfloat, 32> sums = aie::zeros<accfloat, 32>();
  restart(columns);
  SKALD_PIPELINED_LOOP(i, kWidth / 32, 8) {
    sums = aie::mac(sums, take(columns, zero, aie::load_v<32>(x + 32 * i)), one);
  }
  return sum_of_lanes(sums);
}

/// `inverse`: of the number of columns.
template <int kWidth>
inline void layer_norm(const bfloat16* __restrict x, const bfloat16* __restrict weights, bfloat16* __restrict y,
                       const TwoParts<16>& inverse, Columns& columns) {
  const aie::accum<accfloat, 16> mean = product(TwoParts(aie::accum<accfloat, 16>(total<kWidth>(x, columns))), inverse);
  const aie::accum<accfloat, 16> sum(squares<kWidth>(x, twice(mean), columns));
  const aie::accum<accfloat, 16> variance =
      aie::add(product(TwoParts(sum), inverse), aie::accum<accfloat, 16>(aie::broadcast<float, 16>(1e-5F)));
  const TwoParts scale(inverse_sqrt(variance.template to_vector<float>()));
  const aie::accum<accfloat, 32> start = twice(aie::neg(product(TwoParts(mean), scale)));
  const aie::vector<bfloat16, 32> high = aie::concat(scale.high, scale.high);
  const aie::vector<bfloat16, 32> low = aie::concat(scale.low, scale.low);
  const aie::vector<bfloat16, 32> zero = aie::zeros<bfloat16, 32>();
  restart(columns);
  SKALD_PIPELINED_LOOP(i, kWidth / 32, 8) {
    const aie::vector<bfloat16, 32> value = take(columns, zero, aie::load_v<32>(x + 32 * i));
    const aie::vector<bfloat16, 32> normal =
        aie::mac(aie::mac(start, value, high), value, low).template to_vector<bfloat16>();
    const aie::accum<accfloat, 32> beta(aie::load_v<32>(weights + kWidth + 32 * i));
    aie::store_v(y + 32 * i, aie::mac(beta, normal, aie::load_v<32>(weights + 32 * i)).template to_vector<bfloat16>());
  }
}

inline TwoParts<16> inverse_of(int count) {
  return TwoParts(reciprocal(aie::to_float(aie::broadcast<std::int32_t, 16>(count))));
}

}  // namespace

SKALD_KERNELS_BEGIN

#define SKALD_LAYER_NORM(rows, width)                                                                                  \
  void layer_norm_bf16_##rows##x##width(const bfloat16* x, const bfloat16* weights, bfloat16* y, std::int32_t count) { \
    aie::set_rounding(aie::rounding_mode::conv_even);                                                                  \
    Columns columns(count);                                                                                            \
    const TwoParts<16> inverse = inverse_of(count);                                                                    \
    SKALD_LOOP(row, rows) {                                                                                            \
      layer_norm<width>(x + row * (width), weights, y + row * (width), inverse, columns);                              \
    }                                                                                                                  \
    aie::set_rounding(aie::rounding_mode::floor);                                                                      \
  }

SKALD_LAYER_NORM_SHAPES(SKALD_LAYER_NORM)

SKALD_KERNELS_END
