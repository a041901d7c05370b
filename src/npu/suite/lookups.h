#pragma once
// The kernel catalogue as verify and emit see it.

#include "npu/emit/emit.h"
#include "npu/kernels/catalogue.h"
#include "npu/program/kernel_info.h"

namespace skald::npu {

/// Kernels and tables for verify(). Counts a kernel's text with its usual numbers.
const KernelLookup& catalogue_lookup();

/// Kernels and tables for emit().
const EmitLookups& catalogue_code();

}  // namespace skald::npu
