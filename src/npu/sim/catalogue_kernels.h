#pragma once
// The kernel catalogue as the simulator sees it.

#include "npu/sim/kernels.h"

namespace skald::npu::sim {

/// Kernels and tables of kernels/catalogue.h.
const Kernels& catalogue_kernels();

}  // namespace skald::npu::sim
