#pragma once
// Which families have a kernel of their own.

#include "base/cpu_features.h"
#include "cpu/kernels/kernels.h"

namespace skald::cpu {

/// The weakest family with the same kernel: whose implementation `isa` runs.
template <class Kernel>
Isa implementer(Isa isa, Kernel Kernels::* kernel) {
  for (const Isa weaker : kIsas) {
    if (kernels(weaker).*kernel == kernels(isa).*kernel) return weaker;
  }
  return isa;
}

}  // namespace skald::cpu
