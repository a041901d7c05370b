#include "base/cpu_features.h"

#include <cpuid.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace skald {
namespace {

struct Registers {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(uint32_t leaf, uint32_t subleaf = 0) {
  Registers r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

bool bit(uint32_t word, unsigned index) {
  return ((word >> index) & 1U) != 0;
}

/// XCR0: which register files the operating system saves. Pre: OSXSAVE.
uint32_t saved_state() {
  uint32_t low = 0;
  uint32_t high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

/// Asks Linux for the registers of AMX, which it gives a process that has asked, for all of its threads
/// (Documentation/arch/x86/xstate.rst).
bool may_use_amx() {
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

// Bit numbers: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2A, CPUID.
CpuFeatures detect() {
  CpuFeatures f;
  const Registers one = cpuid(1);
  if (!bit(one.ecx, 27)) return f;  // OSXSAVE
  const uint32_t saved = saved_state();
  const bool ymm = (saved & 0x06U) == 0x06U;  // SSE and AVX state
  const bool zmm = (saved & 0xE6U) == 0xE6U;  // and opmask, upper halves, upper registers
  const Registers seven = cpuid(7);
  const Registers seven_one = seven.eax >= 1 ? cpuid(7, 1) : Registers{};
  const bool fma = bit(one.ecx, 12);
  const bool f16c = bit(one.ecx, 29);
  f.avx2 = ymm && fma && f16c && bit(seven.ebx, 5);
  f.avx512 = f.avx2 && zmm && bit(seven.ebx, 16) && bit(seven.ebx, 17) && bit(seven.ebx, 28) && bit(seven.ebx, 30) &&
             bit(seven.ebx, 31);
  f.avx512_vnni = f.avx512 && bit(seven.ecx, 11);
  f.avx512_bf16 = f.avx512 && bit(seven_one.eax, 5);
  f.avx_vnni = f.avx2 && bit(seven_one.eax, 4);
  const bool amx = (saved & 0x60000U) == 0x60000U && bit(seven.edx, 24) && bit(seven.edx, 25);  // state, tiles, int8
  f.amx_int8 = f.avx512_vnni && f.avx512_bf16 && amx && may_use_amx();
  return f;
}

/// "scalar, avx2 or avx512"
std::string names_of_isas() {
  std::string names;
  for (const Isa isa : kIsas) {
    if (isa != kIsas.front()) names += isa == kIsas.back() ? " or " : ", ";
    names += to_string(isa);
  }
  return names;
}

}  // namespace

const char* to_string(Isa isa) {
  switch (isa) {
    case Isa::kScalar: return "scalar";
    case Isa::kAvx2: return "avx2";
    case Isa::kAvxVnni: return "avxvnni";
    case Isa::kAvx512: return "avx512";
    case Isa::kAvx512Vnni: return "avx512vnni";
    case Isa::kAvx512Bf16: return "avx512bf16";
    case Isa::kAmx: return "amx";
  }
  return "unknown";
}

const CpuFeatures& cpu_features() {
  static const CpuFeatures features = detect();
  return features;
}

std::string cpu_name() {
  if (cpuid(0x80000000U).eax < 0x80000004U) return "unknown x86-64 processor";
  std::array<char, 49> name{};
  for (uint32_t i = 0; i < 3; ++i) {
    const Registers r = cpuid(0x80000002U + i);
    std::memcpy(name.data() + 16 * i, &r, 16);
  }
  std::string_view view(name.data());
  while (view.starts_with(' ')) view.remove_prefix(1);
  while (view.ends_with(' ')) view.remove_suffix(1);
  return std::string(view);
}

bool runs(Isa isa) {
  const CpuFeatures& f = cpu_features();
  switch (isa) {
    case Isa::kScalar: return true;
    case Isa::kAvx2: return f.avx2;
    case Isa::kAvxVnni: return f.avx_vnni;
    case Isa::kAvx512: return f.avx512;
    case Isa::kAvx512Vnni: return f.avx512_vnni;
    case Isa::kAvx512Bf16: return f.avx512_vnni && f.avx512_bf16;
    case Isa::kAmx: return f.amx_int8;
  }
  return false;
}

Isa best_isa() {
  return *std::ranges::find_if(kIsas.rbegin(), kIsas.rend(), runs);
}

Result<Isa> select_isa() {
  const char* forced = std::getenv("SKALD_CPU");
  if (forced == nullptr || *forced == '\0') return best_isa();
  for (const Isa isa : kIsas) {
    if (std::string_view(forced) != to_string(isa)) continue;
    if (!runs(isa)) {
      return fail(ErrorCode::kUnsupported, "SKALD_CPU", std::string("this processor does not run ") + forced,
                  std::string("the fastest it runs is ") + to_string(best_isa()));
    }
    return isa;
  }
  return fail(ErrorCode::kInvalidArgument, "SKALD_CPU", std::string("unknown instruction set '") + forced + "'",
              "use " + names_of_isas() + ", or unset it");
}

int available_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  const int count = CPU_COUNT(&set);
  return count > 0 ? count : 1;
}

}  // namespace skald
