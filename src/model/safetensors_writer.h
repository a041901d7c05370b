#pragma once
// A checkpoint of any form as one safetensors file with Hugging Face's names.

#include <filesystem>

#include "base/result.h"
#include "base/tensor.h"
#include "model/checkpoint.h"

namespace skald::model {

/// Writes every tensor of tensor_list to `path`, which is replaced. `type`: kF32 or kF16.
/// Errors: kUnsupported: a number that float16 does not hold; kPermission, kNotFound, kIo (disk full ...),
/// kOutOfMemory. A file that could not be finished is left behind for the caller to remove.
Result<void> write_safetensors(const Checkpoint& checkpoint, DType type, const std::filesystem::path& path);

}  // namespace skald::model
