// Matrix product in AVX-512: 14 rows by 2 panels, 28 of the 32 registers accumulating.

#include "cpu/kernels/vector/gemm.h"
#include "cpu/kernels/avx512/vec.h"

namespace skald::cpu {
namespace {

struct Sizes {
  static constexpr int kRows = 14;
  static constexpr int kPanels = 2;
  static constexpr int kThinRows = 6;
  static constexpr int kThinPanels = 4;
  static constexpr int kBlockK = 256;
  static constexpr int kBlockN = 512;
};

}  // namespace

void gemm_f32_avx512(const GemmF32& g) noexcept {
  Gemm<Vec, Sizes>::run(g);
}

}  // namespace skald::cpu
