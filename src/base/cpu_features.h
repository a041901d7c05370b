#pragma once
// What this processor and operating system can run, and which instruction set the engine uses.

#include <array>
#include <string>

#include "base/result.h"

namespace skald {

/// Bits of cpuid that the operating system also saves across context switches.
struct CpuFeatures {
  bool avx2 = false;    ///< with FMA and F16C
  bool avx512 = false;  ///< F, BW, CD, DQ, VL
  bool avx512_vnni = false;
  bool avx512_bf16 = false;
  bool avx_vnni = false;  ///< VNNI's instructions in AVX2's registers
  bool amx_int8 = false;  ///< and the system lets this process use its registers
};

/// The families kernels are written for; of those that a processor runs the last one is the fastest.
enum class Isa { kScalar, kAvx2, kAvxVnni, kAvx512, kAvx512Vnni, kAvx512Bf16, kAmx };
inline constexpr std::array kIsas{Isa::kScalar,     Isa::kAvx2,       Isa::kAvxVnni, Isa::kAvx512,
                                  Isa::kAvx512Vnni, Isa::kAvx512Bf16, Isa::kAmx};

const char* to_string(Isa isa);

/// Features of the running processor, detected once.
const CpuFeatures& cpu_features();

/// The brand string, "AMD Ryzen 7 7840U ..."
std::string cpu_name();

/// Whether this processor runs a family.
bool runs(Isa isa);

/// The fastest family that this processor runs.
Isa best_isa();

/// The family to use: SKALD_CPU=scalar|avx2|avxvnni|avx512|avx512vnni|avx512bf16|amx from the environment, else
/// best_isa(). Errors: kInvalidArgument for an unknown value, kUnsupported for one this processor lacks; never a silent
/// fallback.
Result<Isa> select_isa();

/// Logical processors this process may run on (affinity mask), at least 1.
int available_cpus();

}  // namespace skald
