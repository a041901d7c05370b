#include "cpu/byte_head.h"

#include <algorithm>
#include <limits>

namespace skald::cpu {
namespace {

// Positions of a block: scores of a register tile's 14 rows over it (14 KiB; AMX's 32 rows: 32 KiB of 48) and their
// weights stay in the level-1 cache, and a product over its 64 groups is long beside what is done with its sums.
constexpr int kBlock = 256;
constexpr float kLog2E = 1.44269504F;

size_t aligned(size_t bytes) {
  constexpr size_t kLine = 64;
  return round_up(bytes, kLine);
}

size_t numbers(int count) {
  return aligned(static_cast<size_t>(count) * sizeof(float));
}

/// Hands out parts of a memory one after the other.
class Parts {
 public:
  explicit Parts(std::byte* memory) : next_(memory) {}
  template <class T>
  T* take(size_t count) {
    auto* const part = reinterpret_cast<T*>(next_);
    next_ += aligned(count * sizeof(T));
    return part;
  }

 private:
  std::byte* next_;
};

}  // namespace

struct ByteHeadLayout::Scratch {
  uint8_t* queries = nullptr;  ///< (rows, E in whole groups)
  float* query_scale = nullptr;
  float* scores = nullptr;     ///< (rows, kBlock)
  uint8_t* weights = nullptr;  ///< (rows, kBlock)
  float* weight_step = nullptr;
  float* max = nullptr;
  float* sum = nullptr;
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
  const auto count = static_cast<size_t>(rows);
  return aligned(count * static_cast<size_t>(round_up(width_, kGroup<uint8_t>))) + count * kBlock * sizeof(float) +
         count * kBlock + 4 * numbers(rows);
}

ByteHeadLayout::Scratch ByteHeadLayout::scratch_of(int rows, std::byte* memory) const {
  const auto count = static_cast<size_t>(rows);
  Parts parts(memory);
  Scratch s;
  s.queries = parts.take<uint8_t>(count * static_cast<size_t>(round_up(width_, kGroup<uint8_t>)));
  s.query_scale = parts.take<float>(count);
  s.scores = parts.take<float>(count * kBlock);
  s.weights = parts.take<uint8_t>(count * kBlock);
  s.weight_step = parts.take<float>(count);
  s.max = parts.take<float>(count);
  s.sum = parts.take<float>(count);
  return s;
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
  const Scratch s = scratch_of(rows, scratch);
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
