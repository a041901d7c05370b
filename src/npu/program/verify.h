#pragma once
// Judges a Program before anything is built or run: what the toolchain would refuse, what it would accept although the
// array then hangs or computes nonsense, and what the array cannot hold.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "npu/program/kernel_info.h"
#include "npu/program/program.h"

namespace skald::npu {

struct Rule {
  std::string_view name;
  std::string_view what;    ///< holds in a legal Program
  std::string_view source;  ///< why
};

struct Violation {
  std::string_view rule;  ///< name
  std::string where{};    ///< the part of the Program
  std::string message{};
  std::string remedy{};
};

/// All rules, in the order in which they are checked.
std::span<const Rule> rules();

/// Everything that is wrong with `program`; nothing: it is legal. The rules come in four groups, and a group is looked
/// at only when nothing of those before it is violated, as it relies on them: names, tiles, indices and sizes; then
/// what each part asks for; then the cores; last a run of the whole with objects alone.
std::vector<Violation> verify(const Program& program, const KernelLookup& kernels);

/// "rule: where: message (remedy)".
std::string to_string(const Violation& violation);

/// The first violation as an error: kUnsupported.
Result<void> verified(const Program& program, const KernelLookup& kernels);

}  // namespace skald::npu
