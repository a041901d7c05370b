#pragma once
// Reader of Hugging Face directories: config.json, generation_config.json, model.safetensors or its shards, or
// pytorch_model.bin.

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "model/checkpoint.h"

namespace skald::model {

/// The directory holds weights this reader understands: model.safetensors, its shards, or pytorch_model.bin.
bool is_hf_directory(const std::filesystem::path& directory);

/// Opens the directory and checks that every tensor is there. Weights stay mapped; nothing is read before it is used.
/// Errors: kNotFound, kPermission, kBadModel, kUnsupported, kOutOfMemory, each naming file and tensor.
Result<std::unique_ptr<Checkpoint>> open_hf_checkpoint(const std::filesystem::path& directory);

}  // namespace skald::model
