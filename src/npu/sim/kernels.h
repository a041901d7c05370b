#pragma once
// What the simulator needs of the kernel catalogue.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/result.h"

namespace skald::npu::sim {

struct Kernel {
  /// Computes: pointers to the operands that are memory, then the numbers, each in the kernel's order.
  std::function<void(std::span<std::byte* const> memory, std::span<const int32_t> numbers)> run;
  /// Cycles of one call; they do not depend on data.
  std::function<int64_t(std::span<const int32_t> numbers)> cycles;
  int64_t macs = 0;  ///< multiply-accumulates of one call; with `macs_by` for each of that number
  int macs_by = -1;

  int64_t macs_of(std::span<const int32_t> numbers) const {
    return macs_by < 0 ? macs : macs * numbers[static_cast<size_t>(macs_by)];
  }
};

struct Kernels {
  std::function<Result<Kernel>(std::string_view name)> kernel;
  /// Contents of a lookup table.
  std::function<Result<std::span<const std::byte>>(std::string_view name)> table;
};

}  // namespace skald::npu::sim
