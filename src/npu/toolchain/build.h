#pragma once
// From a Program to an artifact: text and kernels' sources, then every step of the toolchain that can be done here.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "npu/device/artifact_file.h"
#include "npu/emit/emit.h"
#include "npu/program/program.h"
#include "npu/toolchain/toolchain.h"

namespace skald::npu {

struct BuildPlaces {
  std::filesystem::path directory;  ///< of everything on the way; is made, and kept
  std::filesystem::path artifact;   ///< the file that comes of it
};

struct BuildReport {
  std::vector<std::string> done;       ///< steps, in their order
  std::vector<std::string> not_done;   ///< for want of a tool, or of what an earlier one would have made
  std::vector<MissingTool> missing{};  ///< empty: the artifact was written
};

/// `file`: plan, name and arguments of the artifact. `on_step` is told each step before it is done. What earlier builds
/// have left in the directory is removed before its step; the artifact is replaced when all is done, or stays.
/// Errors: those of emit, copy_sources, run_tool and write_artifact; kUnsupported: a tool that has not made what it was
/// asked for.
Result<BuildReport> build_artifact(const Program& program, const EmitLookups& lookups, const Toolchain& tools,
                                   const BuildPlaces& places, ArtifactFile file,
                                   const std::function<void(const std::string& step)>& on_step = {});

/// Takes `text` through the steps that need aie-opt and aie-translate alone: the authority on what is legal. Errors:
/// those of run_tool, `where` being the first step that failed. Pre: both are there.
Result<void> check_text(const std::string& text, const Toolchain& tools, const std::filesystem::path& directory);

}  // namespace skald::npu
