#pragma once
// Attention of a block of query rows over keys and values that are packed as the weights of two matrix products.
//
//   out = softmax(q K^T) V, the factor E^-0.5 of the scores already in q
//
// Keys and values are float32, or integers with a scale for each key and for each column of the values: then queries
// are int16 by row and softmax weights int16 of 2^-15, sums are exact, scores and results float32.

#include <cstddef>
#include <cstdint>

#include "base/rounding.h"
#include "cpu/kernels/kernels.h"

namespace skald::cpu {

/// What keys and values are kept in.
enum class HeadType : uint8_t { kFloat32, kInt16, kInt8 };

/// Rows in memory, `stride` floats from one to the next; rows to read may overlap.
struct ConstRows {
  const float* data = nullptr;
  int64_t stride = 0;
};
struct MutableRows {
  float* data = nullptr;
  int64_t stride = 0;
};

/// Where the parts of a head, and of a thread's scratch, lie; all 64-byte aligned.
class HeadLayout {
 public:
  HeadLayout(HeadType type, int positions, int head_width);

  /// Bytes of one packed head.
  size_t bytes() const { return bytes_; }
  /// Bytes that attend() and scores() need for so many rows.
  size_t scratch_bytes(int rows) const;

  /// Keys and values (positions, E), their rows `stride` apart. One thread.
  void pack(const Kernels& kernel, const float* keys, const float* values, int64_t stride,
            std::byte* head) const noexcept;

  /// Scores (rows, positions) before softmax. One thread.
  void scores(const Kernels& kernel, ConstRows q, int rows, const std::byte* head, MutableRows out,
              std::byte* scratch) const noexcept;

  /// One thread.
  void attend(const Kernels& kernel, ConstRows q, int rows, const std::byte* head, MutableRows out,
              std::byte* scratch) const noexcept;

 private:
  /// One of the two products, with W(n, k) at `weights` and its scales at `scale`.
  struct Product {
    size_t weights = 0;
    size_t scale = 0;
    int n = 0;
    int k = 0;
  };

  /// Queries, or softmax weights.
  struct IntegerRows {
    const int16_t* q = nullptr;
    int64_t stride = 0;
    const float* scales = nullptr;  ///< null: kSoftmaxScale for all
    int count = 0;
  };

  int64_t score_stride() const { return round_up(positions_, kPanel); }
  size_t scores_bytes(int rows) const;
  size_t queries_bytes(int rows) const;
  size_t place(Product& product, size_t at) const;
  void multiply(const Kernels& kernel, const Product& product, const IntegerRows& a, const std::byte* head,
                MutableRows out) const noexcept;
  static void multiply(const Kernels& kernel, const Product& product, ConstRows a, int rows, const std::byte* head,
                       MutableRows out) noexcept;

  HeadType type_;
  int positions_;
  int width_;
  Product keys_;
  Product values_;
  size_t bytes_ = 0;
};

}  // namespace skald::cpu
