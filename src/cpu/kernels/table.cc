#include "cpu/kernels/rows.h"

namespace skald::cpu {
namespace {

constexpr Kernels kScalarRow = {.isa = Isa::kScalar,
                                .gemm_f32 = gemm_f32_scalar,
                                .layer_norm_f32 = layer_norm_f32_scalar,
                                .softmax_f32 = softmax_f32_scalar,
                                .attend_f32 = attend_f32_scalar,
                                .top_k_f32 = top_k_f32_scalar,
                                .gemm_i8 = gemm_i8_scalar,
                                .gemm_i16 = gemm_i16_scalar,
                                .gemm_i16i8 = gemm_i16i8_scalar,
                                .quantise_i8 = quantise_i8_scalar,
                                .quantise_i16 = quantise_i16_scalar,
                                .pack_rows_i16 = pack_rows_i16_scalar,
                                .pack_columns_i16 = pack_columns_i16_scalar,
                                .pack_rows_i8 = pack_rows_i8_scalar,
                                .pack_columns_i8 = pack_columns_i8_scalar,
                                .softmax_i16 = softmax_i16_scalar,
                                .pack_rows_bytes = pack_rows_bytes_scalar,
                                .pack_columns_bytes = pack_columns_bytes_scalar,
                                .softmax_block = softmax_block_scalar,
                                .gemm_i8i4 = gemm_i8i4_scalar,
                                .quantise_blocks = quantise_blocks_scalar,
                                .pack_rows_i4 = pack_rows_i4_scalar,
                                .gemm_bf16 = gemm_bf16_scalar,
                                .round_bf16 = round_bf16_scalar};
constexpr Kernels kAvx2Row = {.isa = Isa::kAvx2,
                              .gemm_f32 = gemm_f32_avx2,
                              .layer_norm_f32 = layer_norm_f32_avx2,
                              .softmax_f32 = softmax_f32_avx2,
                              .attend_f32 = attend_f32_avx2,
                              .top_k_f32 = top_k_f32_avx2,
                              .gemm_i8 = gemm_i8_avx2,
                              .gemm_i16 = gemm_i16_avx2,
                              .gemm_i16i8 = gemm_i16i8_avx2,
                              .quantise_i8 = quantise_i8_avx2,
                              .quantise_i16 = quantise_i16_avx2,
                              .pack_rows_i16 = pack_rows_i16_avx2,
                              .pack_columns_i16 = pack_columns_i16_avx2,
                              .pack_rows_i8 = pack_rows_i8_avx2,
                              .pack_columns_i8 = pack_columns_i8_avx2,
                              .softmax_i16 = softmax_i16_avx2,
                              .pack_rows_bytes = pack_rows_bytes_avx2,
                              .pack_columns_bytes = pack_columns_bytes_avx2,
                              .softmax_block = softmax_block_avx2,
                              .gemm_i8i4 = gemm_i8i4_avx2,
                              .quantise_blocks = quantise_blocks_avx2,
                              .pack_rows_i4 = pack_rows_i4_avx2,
                              .gemm_bf16 = gemm_bf16_avx2,
                              .round_bf16 = round_bf16_avx2};
// Without the dot product of bytes, wider registers gain nothing on the integer products of AVX2.
constexpr Kernels kAvx512Row = {.isa = Isa::kAvx512,
                                .gemm_f32 = gemm_f32_avx512,
                                .layer_norm_f32 = layer_norm_f32_avx512,
                                .softmax_f32 = softmax_f32_avx512,
                                .attend_f32 = attend_f32_avx512,
                                .top_k_f32 = top_k_f32_avx512,
                                .gemm_i8 = gemm_i8_avx2,
                                .gemm_i16 = gemm_i16_avx2,
                                .gemm_i16i8 = gemm_i16i8_avx2,
                                .quantise_i8 = quantise_i8_avx512,
                                .quantise_i16 = quantise_i16_avx512,
                                .pack_rows_i16 = pack_rows_i16_avx512,
                                .pack_columns_i16 = pack_columns_i16_avx512,
                                .pack_rows_i8 = pack_rows_i8_avx512,
                                .pack_columns_i8 = pack_columns_i8_avx512,
                                .softmax_i16 = softmax_i16_avx512,
                                .pack_rows_bytes = pack_rows_bytes_avx512,
                                .pack_columns_bytes = pack_columns_bytes_avx512,
                                .softmax_block = softmax_block_avx512,
                                .gemm_i8i4 = gemm_i8i4_avx2,
                                .quantise_blocks = quantise_blocks_avx512,
                                .pack_rows_i4 = pack_rows_i4_avx512,
                                .gemm_bf16 = gemm_bf16_avx512,
                                .round_bf16 = round_bf16_avx512};

constexpr Kernels with_avx_vnni(Kernels row) {
  row.isa = Isa::kAvxVnni;
  row.gemm_i8 = gemm_i8_avxvnni;
  row.gemm_i16 = gemm_i16_avxvnni;
  row.gemm_i16i8 = gemm_i16i8_avxvnni;
  row.gemm_i8i4 = gemm_i8i4_avxvnni;
  return row;
}
constexpr Kernels kAvxVnniRow = with_avx_vnni(kAvx2Row);

constexpr Kernels with_vnni(Kernels row) {
  row.isa = Isa::kAvx512Vnni;
  row.gemm_i8 = gemm_i8_avx512vnni;
  row.gemm_i16 = gemm_i16_avx512vnni;
  row.gemm_i16i8 = gemm_i16i8_avx512vnni;
  row.gemm_i8i4 = gemm_i8i4_avx512vnni;
  return row;
}
constexpr Kernels kAvx512VnniRow = with_vnni(kAvx512Row);

constexpr Kernels with_bf16(Kernels row) {
  row.isa = Isa::kAvx512Bf16;
  row.gemm_bf16 = gemm_bf16_avx512bf16;
  return row;
}
constexpr Kernels kAvx512Bf16Row = with_bf16(kAvx512VnniRow);

constexpr Kernels with_amx(Kernels row) {
  row.isa = Isa::kAmx;
  row.tile_rows = 32;
  row.gemm_i8 = gemm_i8_amx;
  return row;
}
constexpr Kernels kAmxRow = with_amx(kAvx512Bf16Row);

}  // namespace

const Kernels& kernels(Isa isa) {
  switch (isa) {
    case Isa::kScalar: return kScalarRow;
    case Isa::kAvx2: return kAvx2Row;
    case Isa::kAvxVnni: return kAvxVnniRow;
    case Isa::kAvx512: return kAvx512Row;
    case Isa::kAvx512Vnni: return kAvx512VnniRow;
    case Isa::kAvx512Bf16: return kAvx512Bf16Row;
    case Isa::kAmx: return kAmxRow;
  }
  return kScalarRow;
}

}  // namespace skald::cpu
