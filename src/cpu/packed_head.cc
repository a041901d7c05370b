#include "cpu/packed_head.h"

#include "base/aligned_buffer.h"

namespace skald::cpu {
namespace {

int64_t whole_group(int n) {
  return round_up(n, kGroup<int16_t>);
}

template <class T>
T* at(std::byte* memory, size_t offset) {
  return reinterpret_cast<T*>(memory + offset);
}

template <class T>
const T* at(const std::byte* memory, size_t offset) {
  return reinterpret_cast<const T*>(memory + offset);
}

size_t weight_bytes(HeadType type, int n, int k) {
  switch (type) {
    case HeadType::kFloat32: return packed_size_f32(n, k) * sizeof(float);
    case HeadType::kInt16: return packed_size_i16(n, k) * sizeof(int16_t);
    case HeadType::kInt8: return packed_size_i16(n, k);
  }
  return 0;
}

}  // namespace

HeadLayout::HeadLayout(HeadType type, int positions, int head_width)
    : type_(type),
      positions_(positions),
      width_(head_width),
      keys_{.n = positions, .k = head_width},
      values_{.n = head_width, .k = positions} {
  bytes_ = place(values_, place(keys_, 0));
}

/// Lays a product's weights and scales from `at` on; where they end.
size_t HeadLayout::place(Product& product, size_t at) const {
  product.weights = at;
  product.scale = at + aligned(weight_bytes(type_, product.n, product.k));
  if (type_ == HeadType::kFloat32) return product.scale;
  return product.scale + aligned(static_cast<size_t>(round_up(product.n, kPanel)) * sizeof(float));
}

size_t HeadLayout::scores_bytes(int rows) const {
  return static_cast<size_t>(rows * score_stride()) * sizeof(float);
}

size_t HeadLayout::queries_bytes(int rows) const {
  return aligned(static_cast<size_t>(rows * whole_group(width_)) * sizeof(int16_t)) +
         aligned(static_cast<size_t>(rows) * sizeof(float));
}

size_t HeadLayout::scratch_bytes(int rows) const {
  if (type_ == HeadType::kFloat32) return scores_bytes(rows);
  return scores_bytes(rows) + scores_bytes(rows) / 2 + queries_bytes(rows);
}

void HeadLayout::pack(const Kernels& kernel, const float* keys, const float* values, int64_t stride,
                      std::byte* head) const noexcept {
  if (type_ == HeadType::kFloat32) {
    pack_f32_strided(keys, stride, 1, positions_, width_, at<float>(head, keys_.weights));
    pack_f32_strided(values, 1, stride, width_, positions_, at<float>(head, values_.weights));
    return;
  }
  const auto source = [&](auto weight, const float* x, const Product& product, int level) {
    return Pack<decltype(weight), int16_t>{.x = x,
                                           .stride = stride,
                                           .rows = positions_,
                                           .width = width_,
                                           .level = level,
                                           .out = at<decltype(weight)>(head, product.weights),
                                           .scale = at<float>(head, product.scale)};
  };
  if (type_ == HeadType::kInt16) {
    kernel.pack_rows_i16(source(int16_t{}, keys, keys_, most_level(width_)));
    kernel.pack_columns_i16(source(int16_t{}, values, values_, kMostI16));
  } else {
    kernel.pack_rows_i8(source(int8_t{}, keys, keys_, kMostI8));
    kernel.pack_columns_i8(source(int8_t{}, values, values_, kMostI8));
  }
}

/// C = A W of rows in integers.
void HeadLayout::multiply(const Kernels& kernel, const Product& product, const IntegerRows& a, const std::byte* head,
                          MutableRows out) const noexcept {
  const auto gemm = [&](auto weight) {
    return GemmInteger<int16_t, decltype(weight)>{.a = a.q,
                                                  .lda = a.stride,
                                                  .a_scale = a.scales,
                                                  .scale = kSoftmaxScale,
                                                  .w = at<decltype(weight)>(head, product.weights),
                                                  .w_scale = at<float>(head, product.scale),
                                                  .c = out.data,
                                                  .ldc = out.stride,
                                                  .m = a.count,
                                                  .n = product.n,
                                                  .k = product.k};
  };
  if (type_ == HeadType::kInt16) {
    kernel.gemm_i16(gemm(int16_t{}));
  } else {
    kernel.gemm_i16i8(gemm(int8_t{}));
  }
}

/// The same in float32.
void HeadLayout::multiply(const Kernels& kernel, const Product& product, ConstRows a, int rows, const std::byte* head,
                          MutableRows out) noexcept {
  kernel.gemm_f32({.a = a.data,
                   .lda = a.stride,
                   .w = at<float>(head, product.weights),
                   .c = out.data,
                   .ldc = out.stride,
                   .m = rows,
                   .n = product.n,
                   .k = product.k});
}

void HeadLayout::scores(const Kernels& kernel, ConstRows q, int rows, const std::byte* head, MutableRows out,
                        std::byte* scratch) const noexcept {
  if (type_ == HeadType::kFloat32) {
    return multiply(kernel, keys_, q, rows, head, out);
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
  multiply(kernel, keys_, {.q = queries, .stride = stride, .scales = scale, .count = rows}, head, out);
}

void HeadLayout::attend(const Kernels& kernel, ConstRows q, int rows, const std::byte* head, MutableRows out,
                        std::byte* scratch) const noexcept {
  auto* const score = at<float>(scratch, 0);
  const int64_t stride = score_stride();
  scores(kernel, q, rows, head, {score, stride}, scratch + scores_bytes(rows) + scores_bytes(rows) / 2);
  if (type_ == HeadType::kFloat32) {
    kernel.softmax_f32(score, rows, positions_, stride, 1.0F);
    return multiply(kernel, values_, {score, stride}, rows, head, out);
  }
  auto* const weights = at<int16_t>(scratch, scores_bytes(rows));
  kernel.softmax_i16({.x = score, .ldx = stride, .q = weights, .ldq = stride, .m = rows, .n = positions_});
  multiply(kernel, values_, {.q = weights, .stride = stride, .count = rows}, head, out);
}

}  // namespace skald::cpu
