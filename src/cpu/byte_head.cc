#include "cpu/byte_head.h"

#include <algorithm>
#include <limits>

#include "base/aligned_buffer.h"
#include "cpu/kernels/approximations.h"

namespace skald::cpu {
namespace {

// Positions of a block: scores of a register tile's 14 rows over it (14 KiB; AMX's 32 rows: 32 KiB of 48) and their
// weights stay in the level-1 cache, and a product over its 64 groups is long beside what is done with its sums.
constexpr int kBlock = 256;

size_t numbers(int count) {
  return aligned(static_cast<size_t>(count) * sizeof(float));
}

/// Hands out parts of a memory one after the other; of none, to see how much of it they take.
class Parts {
 public:
  explicit Parts(std::byte* memory) : memory_(memory) {}
  template <class T>
  T* take(int64_t count) {
    auto* const part = memory_ == nullptr ? nullptr : reinterpret_cast<T*>(memory_ + taken_);
    taken_ += aligned(static_cast<size_t>(count) * sizeof(T));
    return part;
  }
  size_t taken() const { return taken_; }

 private:
  std::byte* memory_;
  size_t taken_ = 0;
};

}  // namespace

struct ByteHeadLayout::Scratch {
  Scratch(int rows, int width, Parts parts)
      : queries(parts.take<uint8_t>(int64_t{rows} * round_up(width, kGroup<uint8_t>))),
        query_scale(parts.take<float>(rows)),
        scores(parts.take<float>(int64_t{rows} * kBlock)),
        weights(parts.take<uint8_t>(int64_t{rows} * kBlock)),
        weight_step(parts.take<float>(rows)),
        max(parts.take<float>(rows)),
        sum(parts.take<float>(rows)),
        bytes(parts.taken()) {}

  uint8_t* queries;  ///< (rows, E in whole groups)
  float* query_scale;
  float* scores;     ///< (rows, kBlock)
  uint8_t* weights;  ///< (rows, kBlock)
  float* weight_step;
  float* max;
  float* sum;
  size_t bytes;  ///< of all
};

ByteHeadLayout::ByteHeadLayout(int positions, int head_width)
    : positions_(positions),
      width_(head_width),
      keys_(place(std::min(positions, kBlock), head_width, 0)),
      values_(place(head_width, std::min(positions, kBlock), keys_.bytes)),
      bytes_(static_cast<size_t>(blocks()) * (keys_.bytes + values_.bytes)) {}

ByteHeadLayout::Matrix ByteHeadLayout::place(int n, int k, size_t at) {
  Matrix matrix{.weights = at};
  matrix.scale = matrix.weights + aligned(packed_size_i8(n, k));
  matrix.offset = matrix.scale + numbers(round_up(n, kPanel));
  matrix.bytes = matrix.offset + numbers(round_up(n, kPanel)) - at;
  return matrix;
}

int ByteHeadLayout::blocks() const {
  return ceil_div(positions_, kBlock);
}

int ByteHeadLayout::block_rows(int block) const {
  return std::min(kBlock, positions_ - block * kBlock);
}

size_t ByteHeadLayout::scratch_bytes(int rows) const {
  return Scratch(rows, width_, Parts(nullptr)).bytes;
}

void ByteHeadLayout::pack(const Kernels& kernel, const float* keys, const float* values, int64_t stride,
                          std::byte* head) const noexcept {
  for (int block = 0; block < blocks(); ++block) {
    const auto source = [&](const float* x, const Matrix& matrix) {
      return PackBytes{.x = x + int64_t{block} * kBlock * stride,
                       .stride = stride,
                       .rows = block_rows(block),
                       .width = width_,
                       .out = reinterpret_cast<int8_t*>(head + matrix.weights),
                       .scale = reinterpret_cast<float*>(head + matrix.scale),
                       .offset = reinterpret_cast<int32_t*>(head + matrix.offset)};
    };
    kernel.pack_rows_bytes(source(keys, keys_));
    kernel.pack_columns_bytes(source(values, values_));
    head += keys_.bytes + values_.bytes;
  }
}

void ByteHeadLayout::attend_block(const Kernels& kernel, const Scratch& s, int rows, const std::byte* head, int block,
                                  MutableRows out) const noexcept {
  const int positions = block_rows(block);
  const auto product = [&](const Matrix& matrix) {
    GemmI8 gemm;
    gemm.w = reinterpret_cast<const int8_t*>(head + matrix.weights);
    gemm.offset = reinterpret_cast<const int32_t*>(head + matrix.offset);
    gemm.w_scale = reinterpret_cast<const float*>(head + matrix.scale);
    gemm.m = rows;
    return gemm;
  };
  GemmI8 scores = product(keys_);
  scores.a = s.queries;
  scores.lda = round_up(width_, kGroup<uint8_t>);
  scores.a_scale = s.query_scale;
  scores.c = s.scores;
  scores.ldc = kBlock;
  scores.n = positions;
  scores.k = width_;
  kernel.gemm_i8(scores);
  kernel.softmax_block({.x = s.scores,
                        .ldx = kBlock,
                        .q = s.weights,
                        .ldq = kBlock,
                        .step = s.weight_step,
                        .max = s.max,
                        .sum = s.sum,
                        .out = out.data,
                        .ldo = out.stride,
                        .m = rows,
                        .n = positions,
                        .width = width_});
  GemmI8 weighted = product(values_);
  weighted.a = s.weights;
  weighted.lda = kBlock;
  weighted.a_scale = s.weight_step;
  weighted.c = out.data;
  weighted.ldc = out.stride;
  weighted.n = width_;
  weighted.k = positions;
  weighted.epilogue = Epilogue::kResidual;
  kernel.gemm_i8(weighted);
}

void ByteHeadLayout::attend(const Kernels& kernel, ConstRows q, int rows, const std::byte* head, MutableRows out,
                            std::byte* scratch) const noexcept {
  const Scratch s(rows, width_, Parts(scratch));
  kernel.quantise_i8({.x = q.data,
                      .ldx = q.stride,
                      .q = s.queries,
                      .ldq = round_up(width_, kGroup<uint8_t>),
                      .scale = s.query_scale,
                      .m = rows,
                      .k = width_});
  for (int row = 0; row < rows; ++row) {
    s.query_scale[row] *= kLog2E;
    s.max[row] = -std::numeric_limits<float>::infinity();
    s.sum[row] = 0;
    std::fill_n(out.data + row * out.stride, width_, 0.0F);
  }
  for (int block = 0; block < blocks(); ++block) {
    attend_block(kernel, s, rows, head + static_cast<size_t>(block) * (keys_.bytes + values_.bytes), block, out);
  }
  for (int row = 0; row < rows; ++row) {
    float* const to = out.data + row * out.stride;
    const float inverse = 1.0F / s.sum[row];
    for (int i = 0; i < width_; ++i) to[i] *= inverse;
  }
}

}  // namespace skald::cpu
