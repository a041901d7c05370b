// Matrix product in AVX2: 6 rows by 1 panel of two registers, 12 of the 16 registers accumulating.

#include "cpu/kernels/vector/gemm.h"
#include "cpu/kernels/avx2/vec.h"

namespace skald::cpu {
namespace {

struct Sizes {
  static constexpr int kRows = 6;
  static constexpr int kPanels = 1;
  static constexpr int kThinRows = 3;
  static constexpr int kThinPanels = 2;
  static constexpr int kBlockK = 256;
  static constexpr int kBlockN = 256;
};

}  // namespace

void gemm_f32_avx2(const GemmF32& g) noexcept {
  Gemm<Vec, Sizes>::run(g);
}

}  // namespace skald::cpu
