#pragma once
// Prints a Program as MLIR-AIE text for the toolchain: aie-opt places, routes and numbers, the core compiler builds.
//
// A pure function of its arguments that decides nothing: everything printed stands in the Program, apart from what the
// dialect asks for to say the same thing (docs of rotation.h, core_text.h and sequence_text.h say which and why).

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "npu/program/program.h"

namespace skald::npu {

/// The one version of the dialect that is printed: its syntax differs from those before and after.
inline constexpr std::string_view kMlirAieVersion = "mlir-aie 979629649 (2026-04-23), MLIR 22";

/// Name of the sequence in what is printed, for aie-translate's --aie-sequence-name. The device has the default:
/// "main".
inline constexpr std::string_view kSequenceName = "sequence";

/// Where a kernel is.
struct KernelCode {
  std::string symbol;           ///< C name
  std::string source;           ///< file that defines it; a core links `<stem>.o`
  std::vector<Block> blocks{};  ///< of its pointers; none: it takes what the first call gives it
};

/// What is asked of the kernel catalogue.
struct EmitLookups {
  std::function<Result<KernelCode>(std::string_view kernel)> kernel;
  std::function<Result<std::span<const std::byte>>(std::string_view table)> table;
};

/// MLIR-AIE text of `program`. Pre: verify(program) found nothing; what the dialect cannot say is found here all the
/// same. Errors: kInvalidArgument: a symbol that stands for two things; an object that is used or
/// released where the text cannot show that it is held; a loop or phase that leaves more or fewer objects held than it
/// found; a kernel that is called with different types; kUnsupported: a table of another size than its buffer; those of
/// the lookups.
Result<std::string> emit(const Program& program, const EmitLookups& lookups);

}  // namespace skald::npu
