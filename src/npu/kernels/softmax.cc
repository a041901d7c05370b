// Softmax of rows: y = e^(x - m) / sum, m the largest of the row. Statistics are float32: the sum is that of the
// rounded exponentials, which are divided by it. Columns that hold nothing become 0.

#include "columns.h"
#include "functions.h"
#include "kernel.h"
#include "rowwise_shapes.h"

namespace {

/// e^(x - m) of 32 bfloat16 whose largest is m; 0 to 44 below it, else 1e-19.
class Exponentials {
 public:
  explicit Exponentials(const aie::vector<bfloat16, 32>& largest)
      : start_(aie::msc(aie::msc(exp2_.start, largest, high_), largest, low_)) {}

  aie::vector<bfloat16, 32> operator()(const aie::vector<bfloat16, 32>& x) const {
    return exp2_(aie::mac(aie::mac(start_, x, high_), x, low_));
  }

 private:
  Exp2 exp2_;
  aie::vector<bfloat16, 32> high_ = aie::broadcast<bfloat16, 32>(kLog2eHigh);
  aie::vector<bfloat16, 32> low_ = aie::broadcast<bfloat16, 32>(kLog2eLow);
  aie::accum<accfloat, 32> start_;
};

template <int kWidth>
inline aie::vector<bfloat16, 32> largest_of(const bfloat16* __restrict x, Columns& columns) {
  const aie::vector<bfloat16, 32> lowest = aie::broadcast<bfloat16, 32>(-3.3895314e38F);
  aie::vector<bfloat16, 32> largest = lowest;
  restart(columns);
  SKALD_PIPELINED_LOOP(i, kWidth / 32, 4) {
    largest = aie::max(largest, take(columns, lowest, aie::load_v<32>(x + 32 * i)));
  }
  SKALD_UNROLL
  for (unsigned half = 16; half > 0; half /= 2) {
    largest = aie::max(largest, aie::shuffle_down_rotate(largest, half));
  }
  return largest;
}

template <int kWidth>
inline void softmax(const bfloat16* __restrict x, bfloat16* __restrict y, Columns& columns) {
  const Exponentials exponentials(largest_of<kWidth>(x, columns));
  const aie::vector<bfloat16, 32> zero = aie::zeros<bfloat16, 32>();
  const aie::vector<bfloat16, 32> one = aie::broadcast<bfloat16, 32>(1.0F);
  aie::accum<accfloat, 32> sums = aie::zeros<accfloat, 32>();
  restart(columns);
  SKALD_PIPELINED_LOOP(i, kWidth / 32, 4) {
    const aie::vector<bfloat16, 32> p = take(columns, zero, exponentials(aie::load_v<32>(x + 32 * i)));
    sums = aie::mac(sums, p, one);
    aie::store_v(y + 32 * i, p);
  }
  const TwoParts scale(reciprocal(sum_of_lanes(sums)));
  const aie::vector<bfloat16, 32> high = aie::concat(scale.high, scale.high);
  const aie::vector<bfloat16, 32> low = aie::concat(scale.low, scale.low);
  SKALD_PIPELINED_LOOP(i, kWidth / 32, 4) {
    const aie::vector<bfloat16, 32> p = aie::load_v<32>(y + 32 * i);
    aie::store_v(y + 32 * i, aie::mac(aie::mul(p, high), p, low).template to_vector<bfloat16>());
  }
}

}  // namespace

SKALD_KERNELS_BEGIN

#define SKALD_SOFTMAX(rows, width)                                                         \
  void softmax_bf16_##rows##x##width(const bfloat16* x, bfloat16* y, std::int32_t count) { \
    aie::set_rounding(aie::rounding_mode::conv_even);                                      \
    Columns columns(count);                                                                \
    SKALD_LOOP(row, rows) {                                                                \
      softmax<width>(x + row * (width), y + row * (width), columns);                       \
    }                                                                                      \
    aie::set_rounding(aie::rounding_mode::floor);                                          \
  }

SKALD_SOFTMAX_SHAPES(SKALD_SOFTMAX)

SKALD_KERNELS_END
