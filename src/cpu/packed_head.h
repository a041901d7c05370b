#pragma once
// Attention of a block of query rows over keys and values that are packed as the weights of two matrix products.
//
//   out = softmax(q K^T) V, the factor E^-0.5 of the scores already in q
//
// In float32 all of it; with kInt8 keys and values are int16 (a scale for each key and for each column of the values),
// queries int16 by row, softmax weights int16 of 2^-15: sums stay exact, scores and results are float32.

#include <cstddef>
#include <cstdint>

#include "cpu/cpu_model.h"
#include "cpu/kernels/kernels.h"

namespace skald::cpu {

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
  HeadLayout(ComputeType compute, int positions, int head_width);

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
  int64_t score_stride() const { return (positions_ + kPanel - 1) / kPanel * kPanel; }
  size_t scores_bytes(int rows) const;
  size_t queries_bytes(int rows) const;

  ComputeType compute_;
  int positions_;
  int width_;
  size_t key_scale_ = 0;  ///< offsets in bytes; keys come first
  size_t values_ = 0;
  size_t value_scale_ = 0;
  size_t bytes_ = 0;
};

}  // namespace skald::cpu
