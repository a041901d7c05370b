#pragma once
// Names of the implementations behind the table; kernels.h has their contracts. Files of one ISA include this header
// and intrinsics only: an inline function or template of the standard library compiled with ISA flags could be the copy
// the linker keeps for everybody.

#include "cpu/kernels/kernels.h"

namespace skald::cpu {

/// torch.nn.LayerNorm's default, which every Whisper checkpoint was trained with.
inline constexpr float kLayerNormEpsilon = 1e-5F;

void gemm_f32_scalar(const GemmF32& g) noexcept;
void layer_norm_f32_scalar(const float* x, const float* gain, const float* bias, float* y, int rows,
                           int width) noexcept;
void softmax_f32_scalar(float* x, int rows, int n, int64_t stride, float scale) noexcept;
void attend_f32_scalar(const AttendF32& a) noexcept;
float top_k_f32_scalar(const float* x, const uint64_t* mask, int first_id, int n, int k, int32_t* ids,
                       float* values) noexcept;

void gemm_f32_avx2(const GemmF32& g) noexcept;
void layer_norm_f32_avx2(const float* x, const float* gain, const float* bias, float* y, int rows, int width) noexcept;
void softmax_f32_avx2(float* x, int rows, int n, int64_t stride, float scale) noexcept;
void attend_f32_avx2(const AttendF32& a) noexcept;
float top_k_f32_avx2(const float* x, const uint64_t* mask, int first_id, int n, int k, int32_t* ids,
                     float* values) noexcept;

void gemm_f32_avx512(const GemmF32& g) noexcept;
void layer_norm_f32_avx512(const float* x, const float* gain, const float* bias, float* y, int rows,
                           int width) noexcept;
void softmax_f32_avx512(float* x, int rows, int n, int64_t stride, float scale) noexcept;
void attend_f32_avx512(const AttendF32& a) noexcept;
float top_k_f32_avx512(const float* x, const uint64_t* mask, int first_id, int n, int k, int32_t* ids,
                       float* values) noexcept;

}  // namespace skald::cpu
