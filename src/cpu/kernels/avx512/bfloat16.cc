// Products of bfloat16 in AVX-512, by the multiply-adds of float32.

#include "cpu/kernels/vector/bfloat16.h"
#include "cpu/kernels/avx512/vec.h"

namespace skald::cpu {
namespace {

struct Sizes {
  static constexpr int kRows = 12;
  static constexpr int kPanels = 2;
  static constexpr int kThinRows = 6;
  static constexpr int kThinPanels = 4;
  static constexpr int64_t kBlockBytes = 512 << 10;  // half of a level-2 cache
};

}  // namespace

void gemm_bf16_avx512(const GemmBf16& g) noexcept {
  GroupGemm<Vec, DotBf16<Vec>, Sizes>::run(g);
}

void round_bf16_avx512(const RoundBf16& args) noexcept {
  round_bf16<Vec>(args);
}

}  // namespace skald::cpu
