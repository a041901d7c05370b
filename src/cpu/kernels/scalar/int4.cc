// Products with weights of four bits, as plain loops: the definition the other rows are tested against.

#include <algorithm>
#include <cmath>

#include "base/rounding.h"
#include "cpu/kernels/rows.h"

namespace skald::cpu {
namespace {

/// Where q + 8 of W(column, k) of a panel lies.
struct Place {
  int64_t byte;
  int shift;
};
Place place_of(int column, int64_t k) {
  return {(k / 8 * kPanel + column) * 4 + k % 4, k % 8 < 4 ? 0 : 4};
}

int weight_at(const uint8_t* panel, int column, int64_t k) {
  const Place place = place_of(column, k);
  return (panel[place.byte] >> place.shift & 0xF) + kLowestI4;
}

/// The number of largest magnitude, the negative one of two.
float extreme_of(const float* x, int count) {
  const float low = std::min(0.0F, *std::min_element(x, x + count));
  const float high = std::max(0.0F, *std::max_element(x, x + count));
  return high > -low ? high : low;
}

/// A row of x as a column of a panel, with its scale and its steps.
void pack_column(const PackI4& args, int row, uint8_t* panel, int8_t* step) {
  const int column = row % kPanel;
  const bool there = row < args.rows;
  const float* x = args.x + (there ? row : 0) * args.stride;
  float largest = 0;
  for (int k = 0; there && k < args.width; ++k) largest = largest_scalar(largest, x[k]);
  args.scale[row] = largest / static_cast<float>(-kLowestI4 * kMostStep);
  const float steps = inverse_step_scalar(largest, kMostStep);
  const float whole = inverse_step_scalar(largest, -kLowestI4 * kMostStep);
  const bool usable = steps > 0 && whole > 0;
  for (int first = 0; first < round_up(args.width, kBlock4); first += kBlock4) {
    const int count = std::min(kBlock4, args.width - first);
    const float exact = usable ? std::nearbyint(-extreme_of(x + first, count) * steps) : 0.0F;
    const float here = exact == 0 ? 1.0F : exact;
    step[first / kBlock4 * kPanel + column] = static_cast<int8_t>(here);
    const float inverse = whole / here;
    for (int k = first; k < first + kBlock4; ++k) {
      const float value = usable && k < args.width ? x[k] * inverse : 0.0F;
      const auto q = static_cast<int>(
          std::nearbyint(std::clamp(value, static_cast<float>(kLowestI4), static_cast<float>(kHighestI4))));
      const Place place = place_of(column, k);
      uint8_t& byte = panel[place.byte];
      byte = static_cast<uint8_t>((byte & (0xF0 >> place.shift)) | (q - kLowestI4) << place.shift);
    }
  }
}

}  // namespace

void gemm_i8i4_scalar(const GemmI8I4& g) noexcept {
  const int64_t blocks = ceil_div(g.k, kBlock4);
  for (int row = 0; row < g.m; ++row) {
    const int8_t* a = g.a + row * g.lda;
    for (int n = 0; n < g.n; ++n) {
      const uint8_t* panel = g.w + n / kPanel * static_cast<int64_t>(packed_size_i4(kPanel, g.k));
      const int8_t* step = g.step + n / kPanel * kPanel * blocks + n % kPanel;
      int32_t sum = 0;
      for (int64_t block = 0; block < blocks; ++block) {
        int32_t here = 0;
        for (int64_t k = block * kBlock4; k < (block + 1) * kBlock4; ++k) {
          here += int32_t{a[k]} * weight_at(panel, n % kPanel, k);
        }
        sum += here * step[block * kPanel];
      }
      const float product = g.a_scale[row] * static_cast<float>(sum) * g.w_scale[n];
      float& c = g.c[row * g.ldc + n];
      c = finish_scalar(product, g.bias == nullptr ? 0.0F : g.bias[n], c, g.epilogue);
    }
  }
}

void quantise_blocks_scalar(const QuantiseBlocks& args) noexcept {
  const int blocks = ceil_div(args.k, kBlock4);
  for (int row = 0; row < args.m; ++row) {
    const float* x = args.x + row * args.ldx;
    int8_t* q = args.q + row * args.ldq;
    float largest = 0;
    for (int k = 0; k < args.k; ++k) largest = largest_scalar(largest, x[k]);
    args.scale[row] = largest / static_cast<float>(kMostI8);
    const float inverse = inverse_step_scalar(largest, kMostI8);
    for (int block = 0; block < blocks; ++block) {
      int32_t sum = 0;
      for (int k = block * kBlock4; k < (block + 1) * kBlock4; ++k) {
        q[k] = static_cast<int8_t>(k < args.k && inverse > 0 ? std::nearbyint(x[k] * inverse) : 0.0F);
        sum += q[k];
      }
      args.block_sum[row * blocks + block] = kLowestI4 * sum;
    }
  }
}

void pack_rows_i4_scalar(const PackI4& args) noexcept {
  const auto panel_size = static_cast<int64_t>(packed_size_i4(kPanel, args.width));
  const auto panel_steps = static_cast<int64_t>(steps_i4(kPanel, args.width));
  for (int row = 0; row < round_up(args.rows, kPanel); ++row) {
    const int panel = row / kPanel;
    pack_column(args, row, args.out + panel * panel_size, args.step + panel * panel_steps);
  }
}

}  // namespace skald::cpu
