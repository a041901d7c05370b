#pragma once
// A checkpoint as it lies on disk: dimensions, generation defaults and named tensors. One reader per file format
// implements this interface; names are canonical (those of openai/whisper's model.py), whatever the file calls them.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/tensor.h"
#include "model/dims.h"

namespace skald::model {

/// What generation_config.json (or its equal in another format) says. Empty: the file says nothing.
struct GenerationDefaults {
  std::vector<std::pair<int, int>> alignment_heads;  ///< (decoder layer, head), both from 0
  std::vector<int32_t> suppress_tokens;
};

class Checkpoint {
 public:
  virtual ~Checkpoint() = default;

  /// "Hugging Face", "CTranslate2", "ggml", "OpenAI", "ONNX"; "random".
  virtual std::string_view format() const = 0;
  virtual const Dims& dims() const = 0;
  virtual const GenerationDefaults& generation() const = 0;

  /// The tensor of a canonical name, "encoder.blocks.0.attn.query.weight"; the data stays mapped while the checkpoint
  /// lives. Errors: kBadModel when it is missing or its shape is not `shape`.
  virtual Result<TensorView> tensor(std::string_view name, const Shape& shape) const = 0;

  /// Directory with the tokenizer's files, if the format keeps them outside.
  virtual std::optional<std::filesystem::path> tokenizer_directory() const = 0;

  /// Parameters in all tensors.
  virtual int64_t parameters() const = 0;

  /// The pages of the mapping can be dropped: everything has been packed.
  virtual void release_pages() const = 0;
};

/// Opens a checkpoint, telling formats apart by content: a Hugging Face directory (config.json with model.safetensors,
/// its shards or pytorch_model.bin), a CTranslate2 directory (model.bin), ONNX files, a ggml file of whisper.cpp,
/// OpenAI's NAME.pt. Errors: kNotFound, kPermission, kBadModel, kUnsupported, each naming file and tensor.
Result<std::unique_ptr<Checkpoint>> open_checkpoint(const std::filesystem::path& path);

}  // namespace skald::model
