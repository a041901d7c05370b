#pragma once
// Attention of a block of query rows in bytes, over keys and values block by block: scores are never all in memory.
//
//   out = softmax(q K^T) V, the factor E^-0.5 of the scores already in q
//
// Queries are int8 by row, keys by position, values by column of a block of positions, softmax weights int8 of the
// largest of their row and block; sums within a block are exact (kernels/integer.h, SoftmaxBlock).

#include <cstddef>

#include "cpu/kernels/kernels.h"
#include "cpu/packed_head.h"

namespace skald::cpu {

/// Where the parts of a head, and of a thread's scratch, lie; all 64-byte aligned.
class ByteHeadLayout {
 public:
  ByteHeadLayout(int positions, int head_width);

  /// Bytes of one packed head.
  size_t bytes() const { return bytes_; }
  /// Bytes that attend() needs for so many rows.
  size_t scratch_bytes(int rows) const;

  /// Keys and values (positions, E), their rows `stride` apart. One thread.
  void pack(const Kernels& kernel, const float* keys, const float* values, int64_t stride,
            std::byte* head) const noexcept;

  /// One thread.
  void attend(const Kernels& kernel, ConstRows q, int rows, const std::byte* head, MutableRows out,
              std::byte* scratch) const noexcept;

 private:
  /// W(n, k) in bytes, for each block: offsets into the head.
  struct Matrix {
    size_t weights = 0;
    size_t scale = 0;
    size_t offset = 0;
    size_t bytes = 0;  ///< of one block
  };
  struct Scratch;

  static Matrix place(int n, int k, size_t at);
  int blocks() const;
  int block_rows(int block) const;
  void attend_block(const Kernels& kernel, const Scratch& scratch, int rows, const std::byte* head, int block,
                    MutableRows out) const noexcept;

  int positions_;
  int width_;
  Matrix keys_;
  Matrix values_;
  size_t bytes_ = 0;
};

}  // namespace skald::cpu
