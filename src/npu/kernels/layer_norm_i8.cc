// LayerNorm of one row of 256 int8, as the old kernel of that width was called: one argument of 768 bytes, x, gamma and
// beta of 256 bytes each, and 256 bytes out.
//
//   y = round((x - mean) / sqrt(variance + 1e-5) * gamma / 2^shift + beta)    saturating
//
// so gamma is in steps of 2^-shift of the result's, and beta in the result's. Sums are exact: those of d = x -
// round(mean) have a mean of at most 1/2, whose square is exact as well.

#include "columns.h"
#include "functions.h"
#include "kernel.h"
#include "modes.h"

namespace {

constexpr int kWidth = 256;
constexpr int kFraction = 8;  // bits of the result before it is rounded

inline aie::vector<std::int32_t, 16> sum_of_lanes(const aie::accum<acc32, 32>& sums) {
  const aie::vector<std::int32_t, 32> lanes = sums.template to_vector<std::int32_t>();
  aie::vector<std::int32_t, 16> sum = aie::add(lanes.template extract<16>(0), lanes.template extract<16>(1));
  SKALD_UNROLL
  for (unsigned half = 8; half > 0; half /= 2) {
    sum = aie::add(sum, aie::shuffle_down_rotate(sum, half));
  }
  return sum;
}

/// Normal numbers of a row: d scale + offset.
struct Normal {
  aie::vector<std::int16_t, 32> middle;  ///< round(mean)
  aie::vector<bfloat16, 32> high;        ///< scale in two parts
  aie::vector<bfloat16, 32> low;
  aie::accum<accfloat, 32> offset;
};

inline Normal normal_of(const std::int8_t* __restrict x) {
  const aie::vector<std::int16_t, 32> one = aie::broadcast<std::int16_t, 32>(1);
  aie::accum<acc32, 32> total = aie::zeros<acc32, 32>();
  SKALD_PIPELINED_LOOP(i, kWidth / 32, 8) {
    total = aie::mac(total, aie::load_v<32>(x + 32 * i).unpack(), one);
  }
  Normal normal;
  const aie::accum<acc32, 16> sum(sum_of_lanes(total));
  const aie::vector<std::int16_t, 16> middle = sum.template to_vector<std::int16_t>(8);
  normal.middle = aie::concat(middle, middle);
  aie::accum<acc32, 32> rest = aie::zeros<acc32, 32>();
  aie::accum<acc32, 32> squares = aie::zeros<acc32, 32>();
  SKALD_PIPELINED_LOOP(i, kWidth / 32, 8) {
    const aie::vector<std::int16_t, 32> d = aie::sub(aie::load_v<32>(x + 32 * i).unpack(), normal.middle);
    rest = aie::mac(rest, d, one);
    squares = aie::mac(squares, d, d);
  }
  const aie::accum<accfloat, 16> mean(aie::to_float(sum_of_lanes(rest), 8));
  const aie::vector<bfloat16, 16> left = mean.template to_vector<bfloat16>();
  const aie::accum<accfloat, 16> square(aie::to_float(sum_of_lanes(squares), 8));
  const aie::accum<accfloat, 16> variance =
      aie::add(aie::msc(square, left, left), aie::accum<accfloat, 16>(aie::broadcast<float, 16>(1e-5F)));
  const TwoParts scale(inverse_sqrt(variance.template to_vector<float>()));
  normal.high = aie::concat(scale.high, scale.high);
  normal.low = aie::concat(scale.low, scale.low);
  normal.offset = twice(aie::neg(aie::mac(aie::mul(left, scale.high), left, scale.low)));
  return normal;
}

}  // namespace

SKALD_KERNELS_BEGIN

void layer_norm_i8_256(const std::int8_t* __restrict xgb, std::int8_t* __restrict y, std::int32_t shift) {
  Modes::set();
  const Normal normal = normal_of(xgb);
  SKALD_PIPELINED_LOOP(i, kWidth / 32, 8) {
    const aie::vector<std::int16_t, 32> d = aie::sub(aie::load_v<32>(xgb + 32 * i).unpack(), normal.middle);
    const aie::vector<bfloat16, 32> number = aie::to_float<bfloat16>(d);
    const aie::vector<bfloat16, 32> n =
        aie::mac(aie::mac(normal.offset, number, normal.high), number, normal.low).template to_vector<bfloat16>();
    const aie::vector<bfloat16, 32> gamma = aie::to_float<bfloat16>(aie::load_v<32>(xgb + kWidth + 32 * i).unpack());
    const aie::accum<accfloat, 32> beta(aie::to_float(aie::load_v<32>(xgb + 2 * kWidth + 32 * i).unpack(), -shift));
    const TwoParts result(aie::mac(beta, n, gamma));
    const aie::accum<acc32, 32> fixed(
        aie::add(aie::to_fixed(result.high, kFraction), aie::to_fixed(result.low, kFraction)));
    aie::store_v(y + 32 * i, fixed.template to_vector<std::int8_t>(shift + kFraction));
  }
  Modes::restore();
}

SKALD_KERNELS_END
