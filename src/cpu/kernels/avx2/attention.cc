// One query against the keys and values of one head, in AVX2.

#include "cpu/kernels/vector/attention.h"
#include "cpu/kernels/avx2/vec.h"

namespace skald::cpu {

void attend_f32_avx2(const AttendF32& a) noexcept {
  attend<Vec>(a);
}

}  // namespace skald::cpu
