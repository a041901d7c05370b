#include "cpu/kernels/rows.h"

namespace skald::cpu {
namespace {

constexpr Kernels kScalarRow = {.isa = Isa::kScalar,
                                .gemm_f32 = gemm_f32_scalar,
                                .layer_norm_f32 = layer_norm_f32_scalar,
                                .softmax_f32 = softmax_f32_scalar,
                                .attend_f32 = attend_f32_scalar,
                                .top_k_f32 = top_k_f32_scalar};
constexpr Kernels kAvx2Row = {.isa = Isa::kAvx2,
                              .gemm_f32 = gemm_f32_avx2,
                              .layer_norm_f32 = layer_norm_f32_avx2,
                              .softmax_f32 = softmax_f32_avx2,
                              .attend_f32 = attend_f32_avx2,
                              .top_k_f32 = top_k_f32_avx2};
constexpr Kernels kAvx512Row = {.isa = Isa::kAvx512,
                                .gemm_f32 = gemm_f32_avx512,
                                .layer_norm_f32 = layer_norm_f32_avx512,
                                .softmax_f32 = softmax_f32_avx512,
                                .attend_f32 = attend_f32_avx512,
                                .top_k_f32 = top_k_f32_avx512};

}  // namespace

const Kernels& kernels(Isa isa) {
  switch (isa) {
    case Isa::kScalar: return kScalarRow;
    case Isa::kAvx2: return kAvx2Row;
    case Isa::kAvx512: return kAvx512Row;
  }
  return kScalarRow;
}

}  // namespace skald::cpu
