#pragma once
// Operations of the model over the thread pool: each splits its work into tiles and calls a kernel per tile. A tile is
// a set of whole results (rows by panels), so no sum is ever split and the numbers do not depend on the thread count.

#include <cstddef>
#include <cstdint>

#include "base/aligned_buffer.h"
#include "cpu/cpu_model.h"
#include "cpu/kernels/kernels.h"
#include "cpu/packed_head.h"
#include "cpu/weights.h"

namespace skald::cpu {

class Ops {
 public:
  explicit Ops(const Context& context)
      : pool_(context.pool), compute_(context.compute), kernels_(&kernels(context.isa)) {}

  /// Room for products of so many rows of up to `widest` numbers, `normed` where they come from linear_of_norm(); grows
  /// only. Throws std::bad_alloc.
  void reserve(size_t rows, int normed, int widest);

  /// out(m, n) = epilogue(in(m, k) * w + bias). Pre: reserved.
  void linear(const Linear& layer, ConstRows in, MutableRows out, int rows, Epilogue epilogue = Epilogue::kNone);

  /// The same of the rows of x (dense), normalised. Pre: reserved.
  void linear_of_norm(const LayerNorm& norm, const Linear& layer, const float* x, MutableRows out, int rows,
                      Epilogue epilogue = Epilogue::kNone);

  /// Over dense rows; x may be y.
  void layer_norm(const LayerNorm& norm, const float* x, float* y, int rows) const;

  ThreadPool& pool() const { return *pool_; }
  const Kernels& kernel() const { return *kernels_; }
  ComputeType compute() const { return compute_; }

 private:
  template <class Part>
  void for_each_tile(const Linear& layer, int rows, const Part& part) const;
  void convert(const Linear& layer, ConstRows in, int64_t first, int rows);
  void multiply_f32(const Linear& layer, ConstRows in, MutableRows out, int rows, Epilogue epilogue) const;
  void multiply_converted(const Linear& layer, MutableRows out, int rows, Epilogue epilogue) const;
  template <class Product>
  void multiply(const Linear& layer, const Product& whole, void (*Kernels::*kernel)(const Product&) noexcept,
                MutableRows out, int rows, Epilogue epilogue) const;

  ThreadPool* pool_;
  ComputeType compute_;
  const Kernels* kernels_;
  AlignedBuffer<float> normed_;         ///< kFloat32: (rows, normed); else some rows for each thread
  AlignedBuffer<std::byte> converted_;  ///< (rows, widest in whole groups) in the type of the weights
  AlignedBuffer<float> row_scale_;      ///< of integers: (rows)
  AlignedBuffer<int32_t> block_sum_;    ///< for weights of four bits: (rows, blocks of the widest)
};

}  // namespace skald::cpu
