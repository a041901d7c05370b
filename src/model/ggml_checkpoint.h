#pragma once
// Reader of whisper.cpp's model files (ggml-NAME.bin; examples/quantize and models/convert-pt-to-ggml.py write them).
//
//   int32 magic 0x67676d6c
//   int32 sizes: vocabulary, encoder context, width, heads, layers, decoder context, width, heads, layers, mel bands,
//   type int32 bands, int32 bins, float32 mel filters (bands, bins) int32 tokens, for each: uint32 length, bytes
//   tensors to the end of the file: int32 dimensions, int32 length of the name, int32 type; int32 extents, fastest
//   first; the name; the data, without padding

#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "model/stored_model.h"

namespace skald::model {

/// Reads all but the tensors' data; `file` must outlive the model. `where` names it in errors.
/// Errors: kBadModel, kUnsupported: a type of ggml's that is not float32, float16, q4_0, q4_1, q5_0, q5_1 or q8_0.
Result<StoredModel> parse_ggml(std::span<const std::byte> file, const std::string& where);

/// The feed-forward width is four times the state's, as in all models that the format can hold. The vocabulary is the
/// program's own. Errors: those of MappedFile::open, parse_ggml and make_stored_checkpoint.
Result<std::unique_ptr<Checkpoint>> open_ggml_checkpoint(const std::filesystem::path& path);

}  // namespace skald::model
