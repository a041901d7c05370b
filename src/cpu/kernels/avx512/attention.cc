// One query against the keys and values of one head, in AVX-512.

#include "cpu/kernels/vector/attention.h"
#include "cpu/kernels/avx512/vec.h"

namespace skald::cpu {

void attend_f32_avx512(const AttendF32& a) noexcept {
  attend<Vec>(a);
}

}  // namespace skald::cpu
