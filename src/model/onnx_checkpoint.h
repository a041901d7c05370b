#pragma once
// Whisper as ONNX files, as optimum and transformers.js have it: encoder_model.onnx with decoder_model_merged.onnx or
// decoder_model.onnx, in the directory of config.json or in onnx/ below it; float32, float16, or int8 with
// X_quantized, X_scale and X_zero_point in the place of X, as ONNX Runtime's quantiser writes them.

#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "model/checkpoint.h"
#include "model/stored_model.h"

namespace skald::model {

/// What to do about files that do not hold a Whisper model.
inline constexpr const char* kExportAgain =
    "export it again with optimum: optimum-cli export onnx --model ORG/NAME DIR";

/// Whether a directory holds such files.
bool is_onnx_directory(const std::filesystem::path& directory);

/// Opens one. Weights that are multiplied from the right lie transposed in the files, often without a name of their
/// own; they are told by the names of the nodes that use them. Those and quantised ones become float32 in memory.
/// Errors: kBadModel, kUnsupported (a type that is not one of the above), kPermission, kIo.
Result<std::unique_ptr<Checkpoint>> open_onnx_checkpoint(const std::filesystem::path& directory);

/// Adds the weights of one file in memory. `side`: "encoder" or "decoder"; `directory`: of files that it names.
/// Errors: as above.
Result<void> add_onnx(std::span<const std::byte> file, const std::filesystem::path& path, const std::string& side,
                      StoredModel& model);

}  // namespace skald::model
