// The functions of functions.h on their own, of 1024 numbers.

#include "functions.h"

#include "kernel.h"

namespace {

constexpr int kNumbers = 1024;

/// y = f(x) as float32, rounded.
template <typename Function>
inline void of_float(const bfloat16* __restrict x, bfloat16* __restrict y, Function function) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  SKALD_LOOP(i, kNumbers / 16) {
    const aie::accum<accfloat, 16> wide(aie::load_v<16>(x + i * 16));
    aie::store_v(y + i * 16, function(wide.template to_vector<float>()).template to_vector<bfloat16>());
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

}  // namespace

SKALD_KERNELS_BEGIN

void exp_bf16_1024(const bfloat16* __restrict x, bfloat16* __restrict y) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  const Exp exp;
  // Two at a time: each takes longer than its slots are busy.
  SKALD_PIPELINED_LOOP(i, kNumbers / 64, 4) {
    SKALD_UNROLL
    for (int half = 0; half < 2; ++half) {
      const int at = i * 64 + half * 32;
      aie::store_v(y + at, exp(aie::load_v<32>(x + at)));
    }
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

void log2_bf16_1024(const bfloat16* x, bfloat16* y) {
  of_float(x, y, log2);
}

void reciprocal_bf16_1024(const bfloat16* x, bfloat16* y) {
  of_float(x, y, reciprocal);
}

void inverse_sqrt_bf16_1024(const bfloat16* x, bfloat16* y) {
  of_float(x, y, inverse_sqrt);
}

void tanh_bf16_1024(const bfloat16* __restrict x, const float* table_ab, const float* table_cd,
                    bfloat16* __restrict y) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  Tanh tanh(table_ab, table_cd);
  SKALD_PIPELINED_LOOP(i, kNumbers / 16, 4) {
    aie::store_v(y + i * 16, tanh(aie::load_v<16>(x + i * 16)).template to_vector<bfloat16>());
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

SKALD_KERNELS_END
