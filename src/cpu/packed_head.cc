#include "cpu/packed_head.h"

namespace skald::cpu {
namespace {

size_t aligned(size_t bytes) {
  constexpr size_t kLine = 64;
  return (bytes + kLine - 1) / kLine * kLine;
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

size_t weight_bytes(HeadType type, int n, int k) {
  switch (type) {
    case HeadType::kFloat32: return packed_size_f32(n, k) * sizeof(float);
    case HeadType::kInt16: return packed_size_i16(n, k) * sizeof(int16_t);
    case HeadType::kInt8: return packed_size_i16(n, k);
  }
  return 0;
}

/// W int8 in groups of two, in place of the int16 that `rows` names.
GemmI16I8 narrow(const GemmI16& rows, const int8_t* weights) {
  return {.a = rows.a,
          .lda = rows.lda,
          .a_scale = rows.a_scale,
          .scale = rows.scale,
          .w = weights,
          .w_scale = rows.w_scale,
          .c = rows.c,
          .ldc = rows.ldc,
          .m = rows.m,
          .n = rows.n,
          .k = rows.k};
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
  return product.scale + aligned(static_cast<size_t>((product.n + kPanel - 1) / kPanel * kPanel) * sizeof(float));
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
    return Pack<decltype(weight)>{.x = x,
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

/// `rows` has A and C.
void HeadLayout::multiply(const Kernels& kernel, const Product& product, const GemmI16& rows,
                          const std::byte* head) const noexcept {
  GemmI16 g = rows;
  g.w_scale = at<float>(head, product.scale);
  g.n = product.n;
  g.k = product.k;
  if (type_ == HeadType::kInt8) return kernel.gemm_i16i8(narrow(g, at<int8_t>(head, product.weights)));
  g.w = at<int16_t>(head, product.weights);
  kernel.gemm_i16(g);
}

void HeadLayout::scores(const Kernels& kernel, ConstRows q, int rows, const std::byte* head, MutableRows out,
                        std::byte* scratch) const noexcept {
  if (type_ == HeadType::kFloat32) {
    kernel.gemm_f32({.a = q.data,
                     .lda = q.stride,
                     .w = at<float>(head, keys_.weights),
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
  multiply(kernel, keys_, {.a = queries, .lda = stride, .a_scale = scale, .c = out.data, .ldc = out.stride, .m = rows},
           head);
}

void HeadLayout::attend(const Kernels& kernel, ConstRows q, int rows, const std::byte* head, MutableRows out,
                        std::byte* scratch) const noexcept {
  auto* const score = at<float>(scratch, 0);
  const int64_t stride = score_stride();
  scores(kernel, q, rows, head, {score, stride}, scratch + scores_bytes(rows) + scores_bytes(rows) / 2);
  if (type_ == HeadType::kFloat32) {
    kernel.softmax_f32(score, rows, positions_, stride, 1.0F);
    kernel.gemm_f32({.a = score,
                     .lda = stride,
                     .w = at<float>(head, values_.weights),
                     .c = out.data,
                     .ldc = out.stride,
                     .m = rows,
                     .n = width_,
                     .k = positions_});
    return;
  }
  auto* const weights = at<int16_t>(scratch, scores_bytes(rows));
  kernel.softmax_i16({.x = score, .ldx = stride, .q = weights, .ldq = stride, .m = rows, .n = positions_});
  multiply(kernel, values_,
           {.a = weights, .lda = stride, .scale = kSoftmaxScale, .c = out.data, .ldc = out.stride, .m = rows}, head);
}

}  // namespace skald::cpu
