// One query against the keys and values of one head, as plain loops.

#include "cpu/kernels/rows.h"

namespace skald::cpu {

void attend_f32_scalar(const AttendF32& a) noexcept {
  for (int i = 0; i < a.n; ++i) {
    const float* key = a.keys + i * a.stride;
    float dot = 0;
    for (int e = 0; e < a.e; ++e) dot += a.q[e] * key[e];
    a.scores[i] = dot;
  }
  softmax_f32_scalar(a.scores, 1, a.n, a.n, a.scale);
  for (int e = 0; e < a.e; ++e) a.out[e] = 0;
  for (int i = 0; i < a.n; ++i) {
    const float* value = a.values + i * a.stride;
    for (int e = 0; e < a.e; ++e) a.out[e] += a.scores[i] * value[e];
  }
}

}  // namespace skald::cpu
