#pragma once
// Operations of the model over the thread pool: each splits its work into tiles and calls a kernel per tile. A tile is
// a set of whole results (rows by panels), so no sum is ever split and the numbers do not depend on the thread count.

#include <cstdint>

#include "cpu/cpu_model.h"
#include "cpu/kernels/kernels.h"
#include "cpu/weights.h"

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

/// Keys and values of one head over n positions, packed as the weights of two matrix products.
struct PackedHead {
  const float* keys = nullptr;    ///< W(n, E)
  const float* values = nullptr;  ///< W(E, n)
};

/// A block of query rows of one head against its packed keys and values.
struct AttendBlock {
  ConstRows q;  ///< (rows, E), the factor E^-0.5 of the scores already in it
  int rows = 0;
  int positions = 0;  ///< n
  int head_width = 0;
  PackedHead head;
  MutableRows scores;  ///< scratch (rows, n), one stride apart
  MutableRows out;     ///< (rows, E)
};

class Ops {
 public:
  explicit Ops(const Context& context) : pool_(context.pool), kernels_(&kernels(context.isa)) {}

  /// out(m, n) = epilogue(in(m, k) * w + bias).
  void linear(const Linear& layer, ConstRows in, MutableRows out, int rows, Epilogue epilogue = Epilogue::kNone) const;

  /// Over dense rows; x may be y.
  void layer_norm(const LayerNorm& norm, const float* x, float* y, int rows) const;

  ThreadPool& pool() const { return *pool_; }
  const Kernels& kernel() const { return *kernels_; }

 private:
  ThreadPool* pool_;
  const Kernels* kernels_;
};

/// Floats that the keys, and the values, of one head take when packed.
inline size_t packed_keys_size(int positions, int head_width) {
  return packed_size_f32(positions, head_width);
}
inline size_t packed_values_size(int positions, int head_width) {
  return packed_size_f32(head_width, positions);
}

/// Scores of a block, before softmax. One thread.
void attend_scores(const Kernels& kernel, const AttendBlock& block) noexcept;
/// Softmax of the scores and the weighted sum of the values. One thread.
void attend_values(const Kernels& kernel, const AttendBlock& block) noexcept;

}  // namespace skald::cpu
