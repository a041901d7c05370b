#pragma once
// Reader of CTranslate2's Whisper directories: model.bin and config.json (CTranslate2 src/models/model.cc, Model::load;
// python/ctranslate2/specs/whisper_spec.py).
//
//   uint32 version of the format, 4 to 6; text name of the kind ("WhisperSpec"); uint32 its revision
//   uint32 variables, for each: text name, uint8 rank, uint32 extents, uint8 type, uint32 bytes, data without padding
//   uint32 aliases, for each: text name, text variable
//
// A text is a uint16 length and as many bytes, a 0 last. Int8 weights have a variable NAME_scale, a number a row by
// which they are divided. Query, key and value are one weight.

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/tensor.h"
#include "model/stored_model.h"

namespace skald::model {

struct Ct2Variables {
  std::map<std::string, TensorView, std::less<>> views;  ///< in the file; aliases too
};

/// `file` must outlive the views. Errors: kBadModel, kUnsupported: another version or kind, a type of the variables
/// that is not float32, float16, bfloat16 or an integer.
Result<Ct2Variables> parse_ct2(std::span<const std::byte> file, const std::string& where);

/// The model that the variables make: sizes from their shapes, canonical names. Views and copies (steps of int8 rows)
/// are in it. Errors: kBadModel: a variable is missing or has another shape; kUnsupported: int16 weights.
Result<StoredModel> assemble_ct2(const Ct2Variables& variables, const std::string& where);

/// Errors: those of MappedFile::open, read_model_text, of the two above, of parse_ct2_config and
/// make_stored_checkpoint.
Result<std::unique_ptr<Checkpoint>> open_ct2_checkpoint(const std::filesystem::path& directory);

}  // namespace skald::model
