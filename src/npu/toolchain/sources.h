#pragma once
// The kernels' sources, as the core compiler wants them: each file that a Program's cores call, and what it includes.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "npu/emit/emit.h"
#include "npu/program/program.h"

namespace skald::npu {

/// Files that define what the cores call, sorted; names without a directory. Errors: those of the lookups.
Result<std::vector<std::string>> kernel_sources(const Program& program, const EmitLookups& lookups);

/// Copies them to `directory`, which is made, with the headers beside them that they include; the sources are in the
/// installation, else in the tree that this program was built in. Errors: kNotFound: they are in neither; those of
/// read_file and write_file.
Result<void> copy_sources(const std::vector<std::string>& sources, const std::filesystem::path& directory);

}  // namespace skald::npu
