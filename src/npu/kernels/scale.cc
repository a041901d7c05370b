// Vectors times a number: the kernels of MLIR-AIE's programming guide (section 4b and 4c), whose cycles are published.

#include "kernel.h"

namespace {

template <typename T>
inline void scale_scalar(const T* a, T* c, std::int32_t factor, int count) {
  const Int32 by = factor;
  SKALD_LOOP(i, count) {
    store_scalar(c + i, load_scalar<Int32>(a + i) * by);
  }
}

}  // namespace

SKALD_KERNELS_BEGIN

void scale_scalar_i32(const std::int32_t* a, std::int32_t* c, std::int32_t factor, std::int32_t count) {
  scale_scalar(a, c, factor, count);
}

void scale_scalar_i16(const std::int16_t* a, std::int16_t* c, std::int32_t factor, std::int32_t count) {
  scale_scalar(a, c, factor, count);
}

void scale_i16(const std::int16_t* __restrict a, std::int16_t* __restrict c, std::int32_t factor, std::int32_t count) {
  const auto by = static_cast<std::int16_t>(factor);
  SKALD_PIPELINED_LOOP(i, count / 32, 16) {
    const aie::accum<acc32, 32> product = aie::mul(aie::load_v<32>(a + 32 * i), by);
    aie::store_v(c + 32 * i, product.template to_vector<std::int16_t>(0));
  }
}

void scale_i16_plain(const std::int16_t* __restrict a, std::int16_t* __restrict c, std::int32_t factor,
                     std::int32_t count) {
  const auto by = static_cast<std::int16_t>(factor);
  SKALD_LOOP(i, count / 32) {
    const aie::accum<acc32, 32> product = aie::mul(aie::load_v<32>(a + 32 * i), by);
    aie::store_v(c + 32 * i, product.template to_vector<std::int16_t>(0));
  }
}

void scale_i32(const std::int32_t* __restrict a, std::int32_t* __restrict c, std::int32_t factor, std::int32_t count) {
  SKALD_PIPELINED_LOOP(i, count / 16, 16) {
    const aie::accum<acc64, 16> product = aie::mul(aie::load_v<16>(a + 16 * i), factor);
    aie::store_v(c + 16 * i, product.template to_vector<std::int32_t>(0));
  }
}

void scale_i32_plain(const std::int32_t* __restrict a, std::int32_t* __restrict c, std::int32_t factor,
                     std::int32_t count) {
  SKALD_LOOP(i, count / 16) {
    const aie::accum<acc64, 16> product = aie::mul(aie::load_v<16>(a + 16 * i), factor);
    aie::store_v(c + 16 * i, product.template to_vector<std::int32_t>(0));
  }
}

SKALD_KERNELS_END
