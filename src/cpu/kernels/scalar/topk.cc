// The best k of a row of logits and its log-sum-exp, as plain loops.

#include <cmath>

#include "cpu/kernels/rows.h"

namespace skald::cpu {
namespace {

bool masked(const uint64_t* mask, int i) {
  return mask != nullptr && ((mask[i / 64] >> (static_cast<unsigned>(i) % 64U)) & 1U) != 0;
}

}  // namespace

float top_k_f32_scalar(const float* x, const uint64_t* mask, int first_id, int n, int k, int32_t* ids,
                       float* values) noexcept {
  for (int j = 0; j < k; ++j) {
    ids[j] = -1;
    values[j] = -INFINITY;
  }
  float max = -INFINITY;
  for (int i = 0; i < n; ++i) {
    if (masked(mask, i)) continue;
    if (x[i] > max) max = x[i];
    // Insertion from the back; strictly greater, so that the earlier of equals stays ahead.
    int place = k;
    for (; place > 0 && x[i] > values[place - 1]; --place) {
      if (place == k) continue;
      values[place] = values[place - 1];
      ids[place] = ids[place - 1];
    }
    if (place < k) {
      values[place] = x[i];
      ids[place] = first_id + i;
    }
  }
  double sum =
      0;  // 50,000 equal terms, which mini.en's untrained rows give, are rounded the same way every time in float
  for (int i = 0; i < n; ++i) {
    if (!masked(mask, i) && x[i] != -INFINITY) sum += std::exp(x[i] - max);
  }
  return sum == 0 ? -INFINITY : max + static_cast<float>(std::log(sum));
}

}  // namespace skald::cpu
