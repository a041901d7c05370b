// Softmax in bytes, block by block, as plain loops: the definition the other rows are tested against.

#include <cmath>

#include "base/rounding.h"
#include "cpu/kernels/rows.h"

namespace skald::cpu {
namespace {

/// The weights of a row in bytes; returns the sum of 2^(x - largest).
float weights_in_bytes(const float* x, int n, float largest, uint8_t* q) {
  float sum = 0;
  float lost[kSoftmaxChains] = {};
  for (int i = 0; i < round_up(n, kGroup<uint8_t>); ++i) {
    const float p = i < n ? std::exp2(x[i] - largest) : 0.0F;
    sum += p;
    const float wanted = p * kSoftmaxLevel + lost[i % kSoftmaxChains];
    const float whole = std::isnan(wanted) ? 0.0F : std::nearbyint(wanted);
    lost[i % kSoftmaxChains] = wanted - whole;
    q[i] = static_cast<uint8_t>(static_cast<int>(whole) + kZeroPoint);
  }
  return sum;
}

}  // namespace

void softmax_block_scalar(const SoftmaxBlock& args) noexcept {
  for (int row = 0; row < args.m; ++row) {
    const float* x = args.x + row * args.ldx;
    float largest = -INFINITY;
    for (int i = 0; i < args.n; ++i) largest = std::fmax(largest, x[i]);
    if (largest > args.max[row]) {
      const float shrink = std::exp2(args.max[row] - largest);
      for (int i = 0; i < args.width; ++i) args.out[row * args.ldo + i] *= shrink;
      args.sum[row] *= shrink;
      args.max[row] = largest;
    }
    const float factor = std::exp2(largest - args.max[row]);
    args.step[row] = factor / kSoftmaxLevel;
    args.sum[row] += factor * weights_in_bytes(x, args.n, largest, args.q + row * args.ldq);
  }
}

}  // namespace skald::cpu
