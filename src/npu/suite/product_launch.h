#pragma once
// The launch of a product, for cases that have one.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "npu/plan/matmul.h"
#include "npu/suite/kernel_suite.h"

namespace skald::npu::suite {

/// Adds the product's launch, `times` over, to a plan; `buffers`: of the case, for A, B, C. Its padded
/// multiply-accumulates are added too.
Result<void> add_product(Planned& planned, const plan::MatmulProblem& problem, const plan::MatmulTiling& tiling,
                         std::vector<size_t> buffers, int64_t times = 1);

}  // namespace skald::npu::suite
