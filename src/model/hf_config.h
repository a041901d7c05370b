#pragma once
// The JSON files of a Hugging Face Whisper checkpoint.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/checkpoint.h"
#include "model/dims.h"

namespace skald::model {

/// What config.json says.
struct HfConfig {
  Dims dims;                             ///< validated
  std::vector<int32_t> suppress_tokens;  ///< older checkpoints keep them here
  bool tied_embeddings = true;           ///< output projection and token embedding are one matrix
};

/// Reads config.json. Errors: kBadModel (not JSON, not a Whisper model, a size missing or impossible), kUnsupported
/// (an activation other than gelu, scaled embeddings: no Whisper model has them).
Result<HfConfig> parse_hf_config(std::string_view text, const std::string& where);

/// Reads generation_config.json. Heads and tokens that the model does not have are dropped with a warning: distilled
/// models come with the lists of their teachers. Errors: kBadModel.
Result<GenerationDefaults> parse_hf_generation(std::string_view text, const Dims& dims, const std::string& where);

/// Reads the config.json of a CTranslate2 model ('suppress_ids', 'alignment_heads') in the same way. Errors: kBadModel.
Result<GenerationDefaults> parse_ct2_config(std::string_view text, const Dims& dims, const std::string& where);

/// Reads model.safetensors.index.json: tensor name -> file name of its shard, a plain name without directories.
/// Errors: kBadModel.
Result<std::map<std::string, std::string>> parse_hf_index(std::string_view text, const std::string& where);

}  // namespace skald::model
