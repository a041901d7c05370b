// Products in the form of MLIR-AIE's stock kernel, for comparison with published cycles alone: two by two native
// results at a time, loops over rows, columns and depth, the innermost pipelined.

#include "kernel.h"

namespace {

template <typename Mmul, typename In, typename Sum, int kM, int kK, int kN>
inline void multiply_stock(const In* __restrict a, const In* __restrict b, Sum* __restrict c) {
  constexpr int kDepth = kK / static_cast<int>(Mmul::K);
  constexpr int kColumns = kN / static_cast<int>(Mmul::N);
  constexpr int kA = static_cast<int>(Mmul::size_A);
  constexpr int kB = static_cast<int>(Mmul::size_B);
  constexpr int kC = static_cast<int>(Mmul::size_C);
  SKALD_LOOP(row, kM / static_cast<int>(Mmul::M) / 2) {
    SKALD_LOOP(column, kColumns / 2) {
      Sum* c0 = c + (2 * row * kColumns + 2 * column) * kC;
      Sum* c1 = c0 + kColumns * kC;
      const In* a0 = a + 2 * row * kDepth * kA;
      const In* a1 = a0 + kDepth * kA;
      const In* b0 = b + 2 * column * kB;
      Mmul c00(aie::load_v<kC>(c0));
      Mmul c01(aie::load_v<kC>(c0 + kC));
      Mmul c10(aie::load_v<kC>(c1));
      Mmul c11(aie::load_v<kC>(c1 + kC));
      SKALD_PIPELINED_LOOP(k, kDepth, 4) {
        const aie::vector<In, kA> up = aie::load_v<kA>(a0 + k * kA);
        const aie::vector<In, kB> left = aie::load_v<kB>(b0 + k * kColumns * kB);
        const aie::vector<In, kA> down = aie::load_v<kA>(a1 + k * kA);
        const aie::vector<In, kB> right = aie::load_v<kB>(b0 + k * kColumns * kB + kB);
        c00.mac(up, left);
        c01.mac(up, right);
        c10.mac(down, left);
        c11.mac(down, right);
      }
      aie::store_v(c0, c00.template to_vector<Sum>());
      aie::store_v(c0 + kC, c01.template to_vector<Sum>());
      aie::store_v(c1, c10.template to_vector<Sum>());
      aie::store_v(c1 + kC, c11.template to_vector<Sum>());
    }
  }
}

}  // namespace

SKALD_KERNELS_BEGIN

void stock_i16_64x64x32(const std::int16_t* a, const std::int16_t* b, std::int16_t* c) {
  multiply_stock<aie::mmul<4, 4, 4, int16, int16, acc64>, std::int16_t, std::int16_t, 64, 64, 32>(a, b, c);
}

void stock_bf16_64x64x64(const bfloat16* a, const bfloat16* b, float* c) {
  multiply_stock<aie::mmul<4, 8, 4, bfloat16, bfloat16, accfloat>, bfloat16, float, 64, 64, 64>(a, b, c);
}

SKALD_KERNELS_END
