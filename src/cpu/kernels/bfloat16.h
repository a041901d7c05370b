#pragma once
// Products of bfloat16, summed in float32: what the bfloat16 compute type is made of. bfloat16 has float32's exponents
// and eight bits of precision, so its numbers need no scales.

#include <cstddef>
#include <cstdint>

namespace skald::cpu {

enum class Epilogue : uint8_t;

/// The upper half of a float32; base/half.h.
using Bfloat16 = uint16_t;

/// C(m, n) = epilogue(sum_k A(m, k) W(n, k) + bias(n)), sums in float32 in the order of k. Processors take subnormal
/// numbers for zeros here. A: rows of whole groups of two, zeros beyond k. W: packed by pack_bf16. C: float32, row
/// stride `ldc`.
struct GemmBf16 {
  const Bfloat16* a = nullptr;
  int64_t lda = 0;              ///< elements from a row to the next, whole groups
  const Bfloat16* w = nullptr;  ///< first panel
  const float* bias = nullptr;  ///< (N) or null
  float* c = nullptr;
  int64_t ldc = 0;
  int m = 0;
  int n = 0;
  int k = 0;
  Epilogue epilogue{};
};

/// Rows of float32 to bfloat16, to the nearest, halves to even; a NaN stays one.
struct RoundBf16 {
  const float* x = nullptr;
  int64_t ldx = 0;
  Bfloat16* q = nullptr;
  int64_t ldq = 0;  ///< elements, whole groups; the one from k to the next whole group is set to zero
  int m = 0;
  int k = 0;
};

/// W(n, k) at w[n * k] as panels of kPanel columns, each (groups of k, kPanel, 2); missing columns and the rest of the
/// last group are 0. `out` has packed_size_bf16(n, k) elements.
void pack_bf16(const float* w, int n, int k, Bfloat16* out);
size_t packed_size_bf16(int n, int k);

}  // namespace skald::cpu
