#pragma once
// What verify has to know of a kernel. The catalogue of kernels gives it; tests make kernels up.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "npu/program/program.h"

namespace skald::npu {

/// A pointer argument.
struct KernelBlock {
  std::string name{};
  Element type = Element::kI8;
  int64_t elements = 0;
  Access access = Access::kRead;  ///< by the kernel
  std::string table{};            ///< not empty: this lookup table
};

/// A function that kernels call, linked once for all of them.
struct KernelFunction {
  std::string name{};
  int64_t text_bytes = 0;
};

struct KernelInfo {
  std::string name{};
  std::vector<KernelBlock> blocks{};  ///< in the order of its arguments
  int scalars = 0;                    ///< 32-bit numbers behind them
  int64_t text_bytes = 0;             ///< with that of `called`
  std::vector<KernelFunction> called{};
  int64_t data_bytes = 0;  ///< constants that are linked with it
  int64_t stack_bytes = 0;
};

struct KernelLookup {
  /// Nothing: there is no such kernel.
  std::function<std::optional<KernelInfo>(std::string_view kernel)> kernel;
  /// Bytes of a lookup table; nothing: there is none of that name.
  std::function<std::optional<int64_t>(std::string_view table)> table;
};

}  // namespace skald::npu
