#pragma once
// The CPU kernels: what each computes, and one table that holds every implementation.
//
// A kernel is a pure function over pointers and sizes: noexcept, no allocation, no globals, no threads, no CPU query.
// Implementations live in scalar/, avx2/ and avx512/, one file per family of operations; the scalar row is the readable
// definition. Selection, `skald doctor --kernels`, tests and benches iterate the table.

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu_features.h"
#include "cpu/kernels/bfloat16.h"
#include "cpu/kernels/int4.h"
#include "cpu/kernels/integer.h"

namespace skald::cpu {

inline constexpr int kPanel = 16;  // output columns of a packed panel, for every ISA: one AVX-512 register of float32

/// What happens to a GEMM result before it is stored.
enum class Epilogue : uint8_t {
  kNone,      ///< c = acc + bias
  kGelu,      ///< c = gelu(acc + bias), exact (erf); in GemmInteger and GemmBf16 within 3e-5
  kResidual,  ///< c = c + acc + bias
};

/// C(m, n) = epilogue(sum_k A(m, k) * W(n, k) + bias(n)).
/// A: row-major with row stride `lda` (rows may overlap: a convolution over time is a GEMM whose rows advance by less
/// than their length). W: packed by pack_f32: panels of kPanel columns, each (K, kPanel). C: row stride `ldc`.
struct GemmF32 {
  const float* a = nullptr;
  int64_t lda = 0;
  const float* w = nullptr;     ///< first panel
  const float* bias = nullptr;  ///< (N) or null
  float* c = nullptr;
  int64_t ldc = 0;
  int m = 0;  ///< rows
  int n = 0;  ///< columns; the last panel may be partly used
  int k = 0;
  Epilogue epilogue = Epilogue::kNone;
};

inline constexpr int kPageRows = 16;  // of AttendF32: as many keys as are multiplied at once with AVX-512

/// One query row of one head against n keys: out(e) = sum_i softmax_i(scale * q . key_i) * value_i(e).
/// Row i of what the pages hold is at pages[i / kPageRows] + i % kPageRows * stride.
struct AttendF32 {
  const float* q = nullptr;             ///< (E)
  const float* const* pages = nullptr;  ///< of all n rows
  int64_t stride = 0;
  int64_t key = 0;    ///< in a row: where the head's key begins
  int64_t value = 0;  ///< likewise its value
  int n = 0;
  int e = 0;
  float scale = 1;
  float* scores = nullptr;  ///< scratch (n); left holding the softmax weights
  float* out = nullptr;     ///< (E)
};

/// Every kernel an ISA provides. Fields carry the contract.
struct Kernels {
  Isa isa = Isa::kScalar;
  int tile_rows = 14;  ///< products take so many rows at once: a whole number of them wastes nothing

  /// See GemmF32.
  void (*gemm_f32)(const GemmF32&) noexcept = nullptr;

  /// y = (x - mean) / sqrt(var + 1e-5) * gain + bias over rows of `width`; biased variance. x may be y.
  void (*layer_norm_f32)(const float* x, const float* gain, const float* bias, float* y, int rows,
                         int width) noexcept = nullptr;

  /// In place: x = exp(scale * x - max(scale * x)) / sum over each row of n; rows `stride` apart. An x of -infinity
  /// gives 0. Pre: scale > 0; no row is all -infinity.
  void (*softmax_f32)(float* x, int rows, int n, int64_t stride, float scale) noexcept = nullptr;

  /// See AttendF32.
  void (*attend_f32)(const AttendF32&) noexcept = nullptr;

  /// The k largest of x[0..n) whose bit in `mask` (bit i of the bitset; null: none) is clear, best first, equal values
  /// by lower index, into `ids` (offset by `first_id`) and `values`; missing ones: id -1, -infinity. Returns
  /// log(sum(exp(x))) over the unmasked; -infinity when there are none. An x of -infinity counts as masked; a NaN is
  /// never chosen, but makes the return value NaN.
  float (*top_k_f32)(const float* x, const uint64_t* mask, int first_id, int n, int k, int32_t* ids,
                     float* values) noexcept = nullptr;

  /// See GemmInteger, Quantise, Pack and SoftmaxI16.
  void (*gemm_i8)(const GemmI8&) noexcept = nullptr;
  void (*gemm_i16)(const GemmI16&) noexcept = nullptr;
  void (*gemm_i16i8)(const GemmI16I8&) noexcept = nullptr;
  void (*quantise_i8)(const QuantiseI8&) noexcept = nullptr;
  void (*quantise_i16)(const QuantiseI16&) noexcept = nullptr;
  void (*pack_rows_i16)(const PackI16&) noexcept = nullptr;
  void (*pack_columns_i16)(const PackI16&) noexcept = nullptr;
  void (*pack_rows_i8)(const PackI8&) noexcept = nullptr;
  void (*pack_columns_i8)(const PackI8&) noexcept = nullptr;
  void (*softmax_i16)(const SoftmaxI16&) noexcept = nullptr;
  /// See PackBytes and SoftmaxBlock.
  void (*pack_rows_bytes)(const PackBytes&) noexcept = nullptr;
  void (*pack_columns_bytes)(const PackBytes&) noexcept = nullptr;
  void (*softmax_block)(const SoftmaxBlock&) noexcept = nullptr;

  /// See GemmI8I4, QuantiseBlocks and PackI4.
  void (*gemm_i8i4)(const GemmI8I4&) noexcept = nullptr;
  void (*quantise_blocks)(const QuantiseBlocks&) noexcept = nullptr;
  void (*pack_rows_i4)(const PackI4&) noexcept = nullptr;

  /// See GemmBf16 and RoundBf16.
  void (*gemm_bf16)(const GemmBf16&) noexcept = nullptr;
  void (*round_bf16)(const RoundBf16&) noexcept = nullptr;
};

/// The table row of one family. Pre: the processor runs it.
const Kernels& kernels(Isa isa);

/// Packs a row-major weight W(n, k) into panels of kPanel columns: out[panel][k][kPanel]; missing columns are 0.
/// `out` has room for packed_size_f32(n, k) floats. The layout is the same for every ISA.
void pack_f32(const float* w, int n, int k, float* out);
size_t packed_size_f32(int n, int k);

/// The same for W(n, k) at w[n * row_stride + k * col_stride]: the keys of one head are (n = S, k = E, D, 1), its
/// values transposed are (n = E, k = S, 1, D).
void pack_f32_strided(const float* w, int64_t row_stride, int64_t col_stride, int n, int k, float* out);

}  // namespace skald::cpu
