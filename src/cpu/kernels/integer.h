#pragma once
// Products of integers with scales: what the int8 compute type is made of. Sums of integers are exact, so every
// implementation gives the same accumulators, in any order and for any tile.
//
// Weights and activations are symmetric: x = scale * q with a whole q. Activations have a scale for each row, weights
// for each output column.

#include <cstddef>
#include <cstdint>

namespace skald::cpu {

enum class Epilogue : uint8_t;

/// Products are added up in groups of four bytes: four of int8, two of int16.
inline constexpr int kGroupBytes = 4;
/// Elements of a group.
template <class T>
inline constexpr int kGroup = kGroupBytes / static_cast<int>(sizeof(T));

/// Activations of int8 are stored as q + 128: the processors' dot product wants one factor without a sign.
inline constexpr int kZeroPoint = 128;
inline constexpr int kMostI8 = 127;  ///< |q| at most: -128 has no positive counterpart

/// C(m, n) = epilogue(a_scale(m) * sum_k A(m, k) W(n, k) * w_scale(n) + bias(n)), the products scaled in that order.
/// A: rows of whole groups, bytes beyond k zeros (A(m, k) = 0). W: packed by a kernel of Pack. C: float32, row
/// stride `ldc`. Pre: no sum leaves int32; see most_level().
template <class A, class W>
struct GemmInteger {
  const A* a = nullptr;
  int64_t lda = 0;                 ///< elements from a row to the next, whole groups
  const float* a_scale = nullptr;  ///< (M); null: `scale` for all rows
  float scale = 1;
  const W* w = nullptr;             ///< first panel
  const int32_t* offset = nullptr;  ///< (N, whole panels) added to the sums of A's bytes as stored; null: none
  const float* w_scale = nullptr;   ///< (N, whole panels)
  const float* bias = nullptr;      ///< (N) or null
  float* c = nullptr;
  int64_t ldc = 0;
  int m = 0;
  int n = 0;
  int k = 0;  ///< elements
  Epilogue epilogue{};
};

/// A: q + 128. W: int8. `offset` takes the 128 back: -128 * sum_k W(n, k).
using GemmI8 = GemmInteger<uint8_t, int8_t>;
/// Both int16; no offset.
using GemmI16 = GemmInteger<int16_t, int16_t>;
/// A: int16. W: int8, in groups of two as A's. No offset.
using GemmI16I8 = GemmInteger<int16_t, int8_t>;

/// Rows of float32 to integers: scale(m) = max_k |x(m, k)| / level, q = x / scale to the nearest, halves to even. A row
/// of zeros has scale 0; one with a NaN or an infinity has a scale that is none either.
template <class Q>
struct Quantise {
  const float* x = nullptr;
  int64_t ldx = 0;
  Q* q = nullptr;
  int64_t ldq = 0;         ///< elements, whole groups; those from k to the next whole group are set to zeros
  float* scale = nullptr;  ///< (M)
  int m = 0;
  int k = 0;
  int level = kMostI8;  ///< |q| at most
};
using QuantiseI8 = Quantise<uint8_t>;  ///< stores q + 128; level 127
using QuantiseI16 = Quantise<int16_t>;

/// Rows of float32, x(rows, width), to the weights of a product with A: as they are, W(n, k) = x(n, k), or transposed,
/// W(n, k) = x(k, n). A scale for each n, as in Quantise: what is no number stays to be seen.
/// Panels of kPanel columns, each (groups of k, kPanel, kGroup<A>); missing columns, their scales and the rest of the
/// last group are 0.
template <class W, class A>
struct Pack {
  const float* x = nullptr;
  int64_t stride = 0;
  int rows = 0;
  int width = 0;
  int level = kMostI8;        ///< |q| at most
  W* out = nullptr;           ///< packed_size_i8 elements with A of bytes, packed_size_i16 with int16
  float* scale = nullptr;     ///< (N, whole panels)
  int32_t* offset = nullptr;  ///< (N, whole panels): GemmI8::offset; with A of bytes only
};
using PackI16 = Pack<int16_t, int16_t>;
using PackI8 = Pack<int8_t, int16_t>;
using PackBytes = Pack<int8_t, uint8_t>;

/// A block of columns of rows of scores, in the state of a softmax that goes on over blocks (Milakov and Gimelshein,
/// "Online normalizer calculation for softmax", 2018), scores being logarithms to base 2:
///   max' = max(max, x), sum' = sum 2^(max - max') + sum_i 2^(x_i - max'), out' = out 2^(max - max')
///   q_i = kSoftmaxLevel 2^(x_i - max(x)), step = 2^(max(x) - max') / kSoftmaxLevel
/// so that sum_i step q_i v_i is what the block adds to `out`. q is stored as GemmI8's A, rounded with what the numbers
/// before it, kSoftmaxChains apart, have lost: many small weights keep what they have together.
struct SoftmaxBlock {
  const float* x = nullptr;
  int64_t ldx = 0;
  uint8_t* q = nullptr;
  int64_t ldq = 0;        ///< elements, whole groups
  float* step = nullptr;  ///< (M)
  float* max = nullptr;   ///< (M), before the first block -infinity
  float* sum = nullptr;   ///< (M), before the first block 0
  float* out = nullptr;   ///< (M, width)
  int64_t ldo = 0;
  int m = 0;
  int n = 0;
  int width = 0;
};
inline constexpr int kSoftmaxLevel = 126;  // with half a step of the numbers before: 127 at most
inline constexpr int kSoftmaxChains = 32;

/// Softmax weights as integers: q = exp(x - max) / sum * 2^15 to the nearest, over rows of n. A row adds up to 2^15 and
/// its roundings, so that products with int16 values stay within int32 for n up to 32,768.
struct SoftmaxI16 {
  float* x = nullptr;  ///< rows `ldx` apart; overwritten
  int64_t ldx = 0;
  int16_t* q = nullptr;
  int64_t ldq = 0;  ///< elements, whole groups; as in Quantise
  int m = 0;
  int n = 0;
};
inline constexpr float kSoftmaxScale = 0x1p-15F;

inline constexpr int kMostI16 = 32767;

/// The largest |q| of both factors for which a sum of k products stays within int32, at most 32,767.
int most_level(int k);

/// Elements that PackBytes needs for a W(n, k).
size_t packed_size_i8(int n, int k);

/// Elements that PackI16 and PackI8 need for a W(n, k).
size_t packed_size_i16(int n, int k);

}  // namespace skald::cpu
