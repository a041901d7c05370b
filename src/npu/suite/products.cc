#include "npu/suite/products.h"

#include <string>
#include <utility>

#include "npu/spec/device_spec.h"
#include "npu/suite/suite_values.h"

namespace skald::npu::suite {

using plan::MatmulProblem;
using plan::MatmulTiling;

Result<void> add_product(Planned& planned, const MatmulProblem& problem, const MatmulTiling& tiling,
                         std::vector<size_t> buffers, int64_t times) {
  SKALD_TRY(const plan::MatmulLayout layout, plan::matmul_layout(problem, tiling));
  SKALD_TRY(Program program, plan::plan_matmul(problem, tiling, std::string(kNpu1.name)));
  planned.padded_macs += times * layout.m * layout.k * layout.n;
  planned.launches.push_back({.program = std::move(program), .buffers = std::move(buffers), .times = times});
  return {};
}

Result<Planned> plan_product(const MatmulProblem& problem, const MatmulTiling& tiling) {
  Planned planned{.macs = problem.m * problem.k * problem.n, .macs_a_cycle = kNpu1.core.macs(problem.type)};
  SKALD_CHECK(add_product(planned, problem, tiling, {0, 1, 2}));
  return planned;
}

std::function<std::vector<double>(const std::vector<Bytes>& buffers)> product_outputs(const MatmulProblem& problem,
                                                                                      const MatmulTiling& tiling) {
  Element type = problem.type == Element::kBf16 ? Element::kF32 : Element::kI32;
  if (problem.finish != plan::Finish::kNone) type = problem.type;
  const int64_t width = plan::matmul_layout(problem, tiling).value().n;
  return [type, width, m = problem.m, n = problem.n](const std::vector<Bytes>& buffers) {
    return matrix_of(buffers[2], type, width, m, n);
  };
}

Result<Values> product_values(const MatmulProblem& problem, const MatmulTiling& tiling, const Bytes& a, const Bytes& b,
                              const Bytes& parameters) {
  Values values;
  values.buffers.resize(2);
  SKALD_TRY(values.buffers[0], plan::pack_matmul_a(problem, tiling, a));
  SKALD_TRY(values.buffers[1], plan::pack_matmul_b(problem, tiling, b, parameters));
  values.outputs = product_outputs(problem, tiling);
  return values;
}

}  // namespace skald::npu::suite
