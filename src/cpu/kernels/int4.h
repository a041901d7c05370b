#pragma once
// Products of int8 rows with weights of four bits: what the int4 compute type is made of.
//
// Weights have a scale for each block of kBlock4 along k, which is a whole number of a scale of the output column:
// x = scale(n) * step(n, block) * q, q from -8 to 7. So sums stay whole numbers, exact and without an order, and a
// block has a byte of scale beside sixteen of weights.

#include <cstddef>
#include <cstdint>

namespace skald::cpu {

enum class Epilogue : uint8_t;

inline constexpr int kBlock4 = 32;    ///< numbers of k that share a step; a block's sum fits into 16 bits
inline constexpr int kLowestI4 = -8;  ///< the number of largest magnitude of a block, steps having its sign
inline constexpr int kHighestI4 = 7;
inline constexpr int kMostStep = 127;

/// C(m, n) = epilogue(a_scale(m) * sum_b step(n, b) sum_{k in b} A(m, k) W(n, k) * w_scale(n) + bias(n)), the products
/// scaled in that order. A: rows of whole blocks, numbers beyond k zeros. C: float32, row stride `ldc`.
/// Pre: k <= 16,640, so that no sum leaves int32.
struct GemmI8I4 {
  const int8_t* a = nullptr;
  int64_t lda = 0;                     ///< elements from a row to the next, whole blocks
  const int32_t* block_sum = nullptr;  ///< (M, blocks): kLowestI4 times the sum of a block of A
  const float* a_scale = nullptr;      ///< (M)
  const uint8_t* w = nullptr;          ///< first panel, packed by pack_rows_i4
  const int8_t* step = nullptr;        ///< (panels, blocks, kPanel)
  const float* w_scale = nullptr;      ///< (N, whole panels)
  const float* bias = nullptr;         ///< (N) or null
  float* c = nullptr;
  int64_t ldc = 0;
  int m = 0;
  int n = 0;
  int k = 0;  ///< elements
  Epilogue epilogue{};
};

/// Rows of float32 to A of GemmI8I4: scale(m) = max_k |x(m, k)| / 127, q = x / scale to the nearest, halves to even;
/// what is no number, and rows of zeros, as in Quantise.
struct QuantiseBlocks {
  const float* x = nullptr;
  int64_t ldx = 0;
  int8_t* q = nullptr;
  int64_t ldq = 0;               ///< elements, whole blocks; those from k to the next whole block are set to zeros
  int32_t* block_sum = nullptr;  ///< (M, blocks): kLowestI4 times the sum of a block
  float* scale = nullptr;        ///< (M)
  int m = 0;
  int k = 0;
};

/// Rows of float32, W(n, k) = x(n, k), to the weights of GemmI8I4: scale(n) = max_k |x(n, k)| / (8 * 127), step(n, b) =
/// -e / (8 * scale(n)) of the number e of largest magnitude of the block, q = x / (scale * step); all to the nearest,
/// halves to even. A step that would be 0 is 1. What is no number stays to be seen, as in Quantise.
/// Panels of kPanel columns, each (blocks, 4, kPanel, 4) bytes: the low half of the byte (b, i, n, j) is q + 8 of
/// k = 32 b + 8 i + j, the high half that of k + 4. Missing columns and the rest of the last block are 0.
struct PackI4 {
  const float* x = nullptr;
  int64_t stride = 0;
  int rows = 0;
  int width = 0;
  uint8_t* out = nullptr;  ///< packed_size_i4 bytes
  int8_t* step = nullptr;  ///< (panels, blocks, kPanel)
  float* scale = nullptr;  ///< (N, whole panels)
};

/// Bytes that PackI4 needs for a W(n, k).
size_t packed_size_i4(int n, int k);

/// Steps of a W(n, k).
size_t steps_i4(int n, int k);

}  // namespace skald::cpu
