#include "npu/suite/product_launch.h"

#include <string>
#include <utility>

#include "npu/spec/device_spec.h"

namespace skald::npu::suite {

Result<void> add_product(Planned& planned, const plan::MatmulProblem& problem, const plan::MatmulTiling& tiling,
                         std::vector<size_t> buffers, int64_t times) {
  SKALD_TRY(const plan::MatmulLayout layout, plan::matmul_layout(problem, tiling));
  SKALD_TRY(Program program, plan::plan_matmul(problem, tiling, std::string(kNpu1.name)));
  planned.padded_macs += times * layout.m * layout.k * layout.n;
  planned.launches.push_back({.program = std::move(program), .buffers = std::move(buffers), .times = times});
  return {};
}

}  // namespace skald::npu::suite
