#pragma once
// Cases that are products: their launch, their arrays as the launch wants them, what comes back.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "npu/plan/matmul.h"
#include "npu/suite/kernel_suite.h"

namespace skald::npu::suite {

/// Adds the product's launch, `times` over, to a plan; `buffers`: of the case, for A, B, C. Its padded
/// multiply-accumulates are added too.
Result<void> add_product(Planned& planned, const plan::MatmulProblem& problem, const plan::MatmulTiling& tiling,
                         std::vector<size_t> buffers, int64_t times = 1);

/// The plan of a case that is one product of buffers 0 and 1 into buffer 2.
Result<Planned> plan_product(const plan::MatmulProblem& problem, const plan::MatmulTiling& tiling);

/// C of such a case: it comes back padded to whole tiles. Pre: the tiling suits the problem.
std::function<std::vector<double>(const std::vector<Bytes>& buffers)> product_outputs(
    const plan::MatmulProblem& problem, const plan::MatmulTiling& tiling);

/// Buffers and outputs of such a case, from A and B as plan/matmul.h packs them.
Result<Values> product_values(const plan::MatmulProblem& problem, const plan::MatmulTiling& tiling, const Bytes& a,
                              const Bytes& b, const Bytes& parameters);

}  // namespace skald::npu::suite
