// One query against the keys and values of one head, as plain loops.

#include "cpu/kernels/rows.h"

namespace skald::cpu {
namespace {

const float* row_of(const AttendF32& a, int i) {
  return a.pages[i / kPageRows] + i % kPageRows * a.stride;
}

}  // namespace

void attend_f32_scalar(const AttendF32& a) noexcept {
  for (int i = 0; i < a.n; ++i) {
    const float* key = row_of(a, i) + a.key;
    float dot = 0;
    for (int e = 0; e < a.e; ++e) dot += a.q[e] * key[e];
    a.scores[i] = dot;
  }
  softmax_f32_scalar(a.scores, 1, a.n, a.n, a.scale);
  for (int e = 0; e < a.e; ++e) a.out[e] = 0;
  for (int i = 0; i < a.n; ++i) {
    const float* value = row_of(a, i) + a.value;
    for (int e = 0; e < a.e; ++e) a.out[e] += a.scores[i] * value[e];
  }
}

}  // namespace skald::cpu
