#pragma once
// Names of the implementations behind the table; kernels.h has their contracts. Files of one ISA include this header
// and intrinsics only: an inline function or template of the standard library compiled with ISA flags could be the copy
// the linker keeps for everybody.

#include "cpu/kernels/kernels.h"

namespace skald::cpu {

/// torch.nn.LayerNorm's default, which every Whisper checkpoint was trained with.
inline constexpr float kLayerNormEpsilon = 1e-5F;

/// What the scalar row does with a product; kernels.h, Epilogue.
float finish_scalar(float acc, float bias, float old, Epilogue epilogue);

/// The larger of a magnitude and |x|; a NaN stays.
float largest_scalar(float largest, float x);

/// level / largest: what numbers of that largest magnitude are multiplied by. 0: nothing of them is kept, since they
/// are zero (or so small that the quotient overflows) or have what is no number.
float inverse_step_scalar(float largest, int level);

void gemm_f32_scalar(const GemmF32& g) noexcept;
void layer_norm_f32_scalar(const float* x, const float* gain, const float* bias, float* y, int rows,
                           int width) noexcept;
void softmax_f32_scalar(float* x, int rows, int n, int64_t stride, float scale) noexcept;
void attend_f32_scalar(const AttendF32& a) noexcept;
float top_k_f32_scalar(const float* x, const uint64_t* mask, int first_id, int n, int k, int32_t* ids,
                       float* values) noexcept;

void gemm_i8_scalar(const GemmI8& g) noexcept;
void gemm_i16_scalar(const GemmI16& g) noexcept;
void gemm_i16i8_scalar(const GemmI16I8& g) noexcept;
void quantise_i8_scalar(const QuantiseI8& args) noexcept;
void quantise_i16_scalar(const QuantiseI16& args) noexcept;
void pack_rows_i16_scalar(const PackI16& args) noexcept;
void pack_columns_i16_scalar(const PackI16& args) noexcept;
void pack_rows_i8_scalar(const PackI8& args) noexcept;
void pack_columns_i8_scalar(const PackI8& args) noexcept;
void softmax_i16_scalar(const SoftmaxI16& args) noexcept;
void pack_rows_bytes_scalar(const PackBytes& args) noexcept;
void pack_columns_bytes_scalar(const PackBytes& args) noexcept;
void softmax_block_scalar(const SoftmaxBlock& args) noexcept;
void gemm_i8i4_scalar(const GemmI8I4& g) noexcept;
void quantise_blocks_scalar(const QuantiseBlocks& args) noexcept;
void pack_rows_i4_scalar(const PackI4& args) noexcept;
void gemm_bf16_scalar(const GemmBf16& g) noexcept;
void round_bf16_scalar(const RoundBf16& args) noexcept;

void gemm_f32_avx2(const GemmF32& g) noexcept;
void layer_norm_f32_avx2(const float* x, const float* gain, const float* bias, float* y, int rows, int width) noexcept;
void softmax_f32_avx2(float* x, int rows, int n, int64_t stride, float scale) noexcept;
void attend_f32_avx2(const AttendF32& a) noexcept;
float top_k_f32_avx2(const float* x, const uint64_t* mask, int first_id, int n, int k, int32_t* ids,
                     float* values) noexcept;

void gemm_i8_avx2(const GemmI8& g) noexcept;
void gemm_i16_avx2(const GemmI16& g) noexcept;
void gemm_i16i8_avx2(const GemmI16I8& g) noexcept;
void quantise_i8_avx2(const QuantiseI8& args) noexcept;
void quantise_i16_avx2(const QuantiseI16& args) noexcept;
void pack_rows_i16_avx2(const PackI16& args) noexcept;
void pack_columns_i16_avx2(const PackI16& args) noexcept;
void pack_rows_i8_avx2(const PackI8& args) noexcept;
void pack_columns_i8_avx2(const PackI8& args) noexcept;
void softmax_i16_avx2(const SoftmaxI16& args) noexcept;
void pack_rows_bytes_avx2(const PackBytes& args) noexcept;
void pack_columns_bytes_avx2(const PackBytes& args) noexcept;
void softmax_block_avx2(const SoftmaxBlock& args) noexcept;
void gemm_i8i4_avx2(const GemmI8I4& g) noexcept;
void quantise_blocks_avx2(const QuantiseBlocks& args) noexcept;
void pack_rows_i4_avx2(const PackI4& args) noexcept;
void gemm_bf16_avx2(const GemmBf16& g) noexcept;
void round_bf16_avx2(const RoundBf16& args) noexcept;

void gemm_i8_avxvnni(const GemmI8& g) noexcept;
void gemm_i16_avxvnni(const GemmI16& g) noexcept;
void gemm_i16i8_avxvnni(const GemmI16I8& g) noexcept;
void gemm_i8i4_avxvnni(const GemmI8I4& g) noexcept;

void gemm_f32_avx512(const GemmF32& g) noexcept;
void layer_norm_f32_avx512(const float* x, const float* gain, const float* bias, float* y, int rows,
                           int width) noexcept;
void softmax_f32_avx512(float* x, int rows, int n, int64_t stride, float scale) noexcept;
void attend_f32_avx512(const AttendF32& a) noexcept;
float top_k_f32_avx512(const float* x, const uint64_t* mask, int first_id, int n, int k, int32_t* ids,
                       float* values) noexcept;
void quantise_i8_avx512(const QuantiseI8& args) noexcept;
void quantise_i16_avx512(const QuantiseI16& args) noexcept;
void pack_rows_i16_avx512(const PackI16& args) noexcept;
void pack_columns_i16_avx512(const PackI16& args) noexcept;
void pack_rows_i8_avx512(const PackI8& args) noexcept;
void pack_columns_i8_avx512(const PackI8& args) noexcept;
void softmax_i16_avx512(const SoftmaxI16& args) noexcept;
void pack_rows_bytes_avx512(const PackBytes& args) noexcept;
void pack_columns_bytes_avx512(const PackBytes& args) noexcept;
void softmax_block_avx512(const SoftmaxBlock& args) noexcept;
void quantise_blocks_avx512(const QuantiseBlocks& args) noexcept;
void pack_rows_i4_avx512(const PackI4& args) noexcept;
void gemm_bf16_avx512(const GemmBf16& g) noexcept;
void round_bf16_avx512(const RoundBf16& args) noexcept;

void gemm_i8_avx512vnni(const GemmI8& g) noexcept;
void gemm_i16_avx512vnni(const GemmI16& g) noexcept;
void gemm_i16i8_avx512vnni(const GemmI16I8& g) noexcept;
void gemm_i8i4_avx512vnni(const GemmI8I4& g) noexcept;

void gemm_bf16_avx512bf16(const GemmBf16& g) noexcept;

void gemm_i8_amx(const GemmI8& g) noexcept;

}  // namespace skald::cpu
