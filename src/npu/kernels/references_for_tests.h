#pragma once
// What kernels compute, written plainly, and inputs for them.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "npu/kernels/catalogue.h"

namespace skald::npu::testing {

/// Contents of each argument.
using Memory = std::vector<std::vector<std::byte>>;

/// Pseudo-random contents that the kernel can take: no overflow that the definition does not define, finite floats.
Memory make_inputs(const KernelRow& row, std::uint32_t seed);

/// Compares `after`, what a call of the row with `usual` made of `before`, with the definition. Empty if it holds, else
/// the first difference. Integers are compared exactly, floats with the bounds derived in the source.
std::string check_definition(const KernelRow& row, const Memory& before, const Memory& after);

/// Whether `check_definition` has a definition for the row.
bool is_defined(const KernelRow& row);

}  // namespace skald::npu::testing
