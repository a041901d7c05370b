// Integer products and conversions, as plain loops: the definition the other rows are tested against.

#include <cmath>

#include "base/rounding.h"
#include "cpu/kernels/rows.h"

namespace skald::cpu {
namespace {

template <class Q>
constexpr int kZero = sizeof(Q) == 1 ? kZeroPoint : 0;

template <class A, class W>
void gemm(const GemmInteger<A, W>& g) {
  const int64_t depth = round_up(g.k, kGroup<A>);
  for (int row = 0; row < g.m; ++row) {
    const A* a = g.a + row * g.lda;
    const float row_scale = g.a_scale == nullptr ? g.scale : g.a_scale[row];
    for (int n = 0; n < g.n; ++n) {
      const W* panel = g.w + n / kPanel * kPanel * depth;
      int32_t sum = g.offset == nullptr ? 0 : g.offset[n];
      for (int k = 0; k < depth; ++k) {
        sum += int32_t{a[k]} * int32_t{panel[(k / kGroup<A> * kPanel + n % kPanel) * kGroup<A> + k % kGroup<A>]};
      }
      const float product = row_scale * static_cast<float>(sum) * g.w_scale[n];
      float& c = g.c[row * g.ldc + n];
      c = finish_scalar(product, g.bias == nullptr ? 0.0F : g.bias[n], c, g.epilogue);
    }
  }
}

template <class Q>
void quantise(const Quantise<Q>& args) {
  for (int row = 0; row < args.m; ++row) {
    const float* x = args.x + row * args.ldx;
    Q* q = args.q + row * args.ldq;
    float largest = 0;
    for (int k = 0; k < args.k; ++k) {
      largest = largest_scalar(largest, x[k]);
    }
    args.scale[row] = largest / static_cast<float>(args.level);
    const float inverse = inverse_step_scalar(largest, args.level);
    for (int k = 0; k < round_up(args.k, kGroup<Q>); ++k) {
      const float value = k < args.k && inverse > 0 ? std::nearbyint(x[k] * inverse) : 0.0F;
      q[k] = static_cast<Q>(static_cast<int>(value) + kZero<Q>);
    }
  }
}

/// W(n, k) = x[n * row_step + k * column_step].
template <class W, class A>
void pack(const Pack<W, A>& args, int n, int64_t row_step, int k, int64_t column_step) {
  constexpr int kElements = kGroup<A>;
  const int64_t depth = round_up(k, kElements);
  for (int column = 0; column < round_up(n, kPanel); ++column) {
    float largest = 0;
    for (int i = 0; column < n && i < k; ++i) {
      largest = largest_scalar(largest, args.x[column * row_step + i * column_step]);
    }
    args.scale[column] = largest / static_cast<float>(args.level);
    const float inverse = inverse_step_scalar(largest, args.level);
    W* to = args.out + column / kPanel * kPanel * depth + column % kPanel * kElements;
    int32_t total = 0;
    for (int i = 0; i < depth; ++i) {
      const bool there = inverse > 0 && i < k;
      const float value = there ? std::nearbyint(args.x[column * row_step + i * column_step] * inverse) : 0.0F;
      to[i / kElements * kPanel * kElements + i % kElements] = static_cast<W>(value);
      total += static_cast<int>(value);
    }
    if constexpr (kZero<A> != 0) args.offset[column] = -kZero<A> * total;
  }
}

template <class W, class A>
void pack_rows(const Pack<W, A>& args) {
  pack(args, args.rows, args.stride, args.width, 1);
}

template <class W, class A>
void pack_columns(const Pack<W, A>& args) {
  pack(args, args.width, 1, args.rows, args.stride);
}

}  // namespace

float largest_scalar(float largest, float x) {
  return std::isnan(largest) || std::fabs(x) <= largest ? largest : std::fabs(x);
}

float inverse_step_scalar(float largest, int level) {
  const float inverse = static_cast<float>(level) / largest;
  return largest > 0 && std::isfinite(largest) && std::isfinite(inverse) ? inverse : 0.0F;
}

void gemm_i8_scalar(const GemmI8& g) noexcept {
  gemm(g);
}

void gemm_i16_scalar(const GemmI16& g) noexcept {
  gemm(g);
}

void gemm_i16i8_scalar(const GemmI16I8& g) noexcept {
  gemm(g);
}

void quantise_i8_scalar(const QuantiseI8& args) noexcept {
  quantise(args);
}

void quantise_i16_scalar(const QuantiseI16& args) noexcept {
  quantise(args);
}

void pack_rows_i16_scalar(const PackI16& args) noexcept {
  pack_rows(args);
}

void pack_columns_i16_scalar(const PackI16& args) noexcept {
  pack_columns(args);
}

void pack_rows_i8_scalar(const PackI8& args) noexcept {
  pack_rows(args);
}

void pack_columns_i8_scalar(const PackI8& args) noexcept {
  pack_columns(args);
}

void pack_rows_bytes_scalar(const PackBytes& args) noexcept {
  pack_rows(args);
}

void pack_columns_bytes_scalar(const PackBytes& args) noexcept {
  pack_columns(args);
}

void softmax_i16_scalar(const SoftmaxI16& args) noexcept {
  softmax_f32_scalar(args.x, args.m, args.n, args.ldx, 1.0F);
  for (int row = 0; row < args.m; ++row) {
    const float* x = args.x + row * args.ldx;
    int16_t* q = args.q + row * args.ldq;
    for (int i = 0; i < round_up(args.n, 2); ++i) {
      // 1 itself is 32,768, one more than int16 holds.
      q[i] = i < args.n ? static_cast<int16_t>(std::fmin(std::nearbyint(x[i] / kSoftmaxScale), 32767.0F)) : int16_t{0};
    }
  }
}

}  // namespace skald::cpu
