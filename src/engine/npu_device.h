#pragma once
// This machine's NPU under `--device npu`: whether it can be used, where what was built for it lies, and the encoder on
// it.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/checkpoint.h"
#include "model/encoder.h"
#include "npu/device/artifact_file.h"

namespace skald::engine {

/// Errors: kUnsupported, kPermission: the first thing that this machine lacks; `where` is "device".
Result<void> check_npu();

/// Where `skald npu build` puts the artifact of a plan: $XDG_CACHE_HOME/skald/npu/PRECISION-PROGRAM.artifact
/// (~/.cache without that variable); none without either.
std::optional<std::filesystem::path> built_artifact_path(const npu::ArtifactPlan& plan);

/// Where the artifact of the model at `model` is looked for, the first that is there being taken: SKALD_NPU_ARTIFACT
/// alone, if it is set; else npu-PRECISION.artifact in the model's directory (MODEL.npu-PRECISION.artifact beside its
/// file), then built_artifact_path().
std::vector<std::filesystem::path> artifact_places(const std::filesystem::path& model, const npu::ArtifactPlan& plan);

/// Errors: kUnsupported: there is none (the remedy names the command that builds it); those of read_artifact.
Result<npu::ArtifactFile> find_artifact(const std::filesystem::path& model, const npu::ArtifactPlan& plan);

/// The encoder of the model at `path` on this machine's NPU. Errors: those of open_xrt_device, encoder_options,
/// find_artifact and npu::make_encoder.
Result<std::unique_ptr<model::Encoder>> make_npu_encoder(const model::Checkpoint& checkpoint,
                                                         const std::string& compute_type,
                                                         const std::filesystem::path& path);

}  // namespace skald::engine
