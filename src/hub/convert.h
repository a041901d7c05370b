#pragma once
// A model of any readable form as a Hugging Face directory.

#include <filesystem>
#include <string>

#include "base/result.h"

namespace skald::hub {

/// Writes config.json, generation_config.json, model.safetensors in `type` ("float16" or "float32"), and the
/// tokenizer's files: those of the source when it has them, else vocab.json, merges.txt and added_tokens.json of the
/// vocabulary carried in the program, and preprocessor_config.json. The directory appears when it is complete, or not
/// at all. Errors: those of open_checkpoint and write_safetensors; kInvalidArgument: `target` is there already, no such
/// type.
Result<void> convert_model(const std::filesystem::path& source, const std::filesystem::path& target,
                           const std::string& type);

}  // namespace skald::hub
