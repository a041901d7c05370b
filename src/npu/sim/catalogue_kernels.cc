#include "npu/sim/catalogue_kernels.h"

#include <string>

#include "npu/kernels/catalogue.h"

namespace skald::npu::sim {
namespace {

Result<Kernel> kernel(std::string_view name) {
  const KernelRow* row = find_kernel(name);
  if (row == nullptr) {
    return fail(ErrorCode::kNotFound, std::string(name), "is no kernel of the catalogue");
  }
  return Kernel{.run = row->run,
                .cycles = [row](std::span<const int32_t> numbers) { return cost_of(*row, numbers).cycles; },
                .macs = row->macs_by < 0 ? row->macs : row->macs / row->usual[static_cast<size_t>(row->macs_by)],
                .macs_by = row->macs_by};
}

Result<std::span<const std::byte>> table(std::string_view name) {
  const KernelTable* found = find_table(name);
  if (found == nullptr) {
    return fail(ErrorCode::kNotFound, std::string(name), "is no table of the catalogue");
  }
  return found->contents();
}

}  // namespace

const Kernels& catalogue_kernels() {
  static const Kernels kKernels{.kernel = kernel, .table = table};
  return kKernels;
}

}  // namespace skald::npu::sim
