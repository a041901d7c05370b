#include "cpu/packed_head.h"

namespace skald::cpu {
namespace {

size_t aligned(size_t bytes) {
  constexpr size_t kLine = 64;
  return (bytes + kLine - 1) / kLine * kLine;
}

size_t panels_of(int n) {
  return static_cast<size_t>((n + kPanel - 1) / kPanel);
}

int64_t whole_group(int n) {
  return (n + 1) / 2 * 2;
}

template <class T>
T* at(std::byte* memory, size_t offset) {
  return reinterpret_cast<T*>(memory + offset);
}

template <class T>
const T* at(const std::byte* memory, size_t offset) {
  return reinterpret_cast<const T*>(memory + offset);
}

}  // namespace

HeadLayout::HeadLayout(ComputeType compute, int positions, int head_width)
    : compute_(compute), positions_(positions), width_(head_width) {
  if (compute == ComputeType::kFloat32) {
    values_ = aligned(packed_size_f32(positions, head_width) * sizeof(float));
    bytes_ = values_ + aligned(packed_size_f32(head_width, positions) * sizeof(float));
    return;
  }
  key_scale_ = aligned(packed_size_i16(positions, head_width) * sizeof(int16_t));
  values_ = key_scale_ + panels_of(positions) * kPanel * sizeof(float);
  value_scale_ = values_ + aligned(packed_size_i16(head_width, positions) * sizeof(int16_t));
  bytes_ = value_scale_ + panels_of(head_width) * kPanel * sizeof(float);
}

size_t HeadLayout::scores_bytes(int rows) const {
  return static_cast<size_t>(rows * score_stride()) * sizeof(float);
}

size_t HeadLayout::queries_bytes(int rows) const {
  return aligned(static_cast<size_t>(rows * whole_group(width_)) * sizeof(int16_t)) +
         aligned(static_cast<size_t>(rows) * sizeof(float));
}

size_t HeadLayout::scratch_bytes(int rows) const {
  if (compute_ == ComputeType::kFloat32) return scores_bytes(rows);
  return scores_bytes(rows) + scores_bytes(rows) / 2 + queries_bytes(rows);
}

void HeadLayout::pack(const Kernels& kernel, const float* keys, const float* values, int64_t stride,
                      std::byte* head) const noexcept {
  if (compute_ == ComputeType::kFloat32) {
    pack_f32_strided(keys, stride, 1, positions_, width_, at<float>(head, 0));
    pack_f32_strided(values, 1, stride, width_, positions_, at<float>(head, values_));
    return;
  }
  kernel.pack_rows_i16({.x = keys,
                        .stride = stride,
                        .rows = positions_,
                        .width = width_,
                        .level = most_level(width_),
                        .out = at<int16_t>(head, 0),
                        .scale = at<float>(head, key_scale_)});
  kernel.pack_columns_i16({.x = values,
                           .stride = stride,
                           .rows = positions_,
                           .width = width_,
                           .level = kMostI16,
                           .out = at<int16_t>(head, values_),
                           .scale = at<float>(head, value_scale_)});
}

void HeadLayout::scores(const Kernels& kernel, ConstRows q, int rows, const std::byte* head, MutableRows out,
                        std::byte* scratch) const noexcept {
  if (compute_ == ComputeType::kFloat32) {
    kernel.gemm_f32({.a = q.data,
                     .lda = q.stride,
                     .w = at<float>(head, 0),
                     .c = out.data,
                     .ldc = out.stride,
                     .m = rows,
                     .n = positions_,
                     .k = width_});
    return;
  }
  auto* const scale = at<float>(scratch, 0);
  auto* const queries = at<int16_t>(scratch, aligned(static_cast<size_t>(rows) * sizeof(float)));
  const int64_t stride = whole_group(width_);
  kernel.quantise_i16({.x = q.data,
                       .ldx = q.stride,
                       .q = queries,
                       .ldq = stride,
                       .scale = scale,
                       .m = rows,
                       .k = width_,
                       .level = most_level(width_)});
  kernel.gemm_i16({.a = queries,
                   .lda = stride,
                   .a_scale = scale,
                   .w = at<int16_t>(head, 0),
                   .w_scale = at<float>(head, key_scale_),
                   .c = out.data,
                   .ldc = out.stride,
                   .m = rows,
                   .n = positions_,
                   .k = width_});
}

void HeadLayout::attend(const Kernels& kernel, ConstRows q, int rows, const std::byte* head, MutableRows out,
                        std::byte* scratch) const noexcept {
  auto* const score = at<float>(scratch, 0);
  const int64_t stride = score_stride();
  scores(kernel, q, rows, head, {score, stride}, scratch + scores_bytes(rows) + scores_bytes(rows) / 2);
  if (compute_ == ComputeType::kFloat32) {
    kernel.softmax_f32(score, rows, positions_, stride, 1.0F);
    kernel.gemm_f32({.a = score,
                     .lda = stride,
                     .w = at<float>(head, values_),
                     .c = out.data,
                     .ldc = out.stride,
                     .m = rows,
                     .n = width_,
                     .k = positions_});
    return;
  }
  auto* const weights = at<int16_t>(scratch, scores_bytes(rows));
  kernel.softmax_i16({.x = score, .ldx = stride, .q = weights, .ldq = stride, .m = rows, .n = positions_});
  kernel.gemm_i16({.a = weights,
                   .lda = stride,
                   .scale = kSoftmaxScale,
                   .w = at<int16_t>(head, values_),
                   .w_scale = at<float>(head, value_scale_),
                   .c = out.data,
                   .ldc = out.stride,
                   .m = rows,
                   .n = width_,
                   .k = positions_});
}

}  // namespace skald::cpu
