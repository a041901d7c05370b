// Feeds the readers of config.json, generation_config.json, CTranslate2's config.json and model.safetensors.index.json;
// each gets every input.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/hf_config.h"

namespace {

using skald::model::Dims;

Dims dims() {
  Dims d;
  d.audio_state = d.text_state = 384;
  d.audio_heads = d.text_heads = 6;
  d.audio_layers = d.text_layers = 4;
  d.audio_ffn = d.text_ffn = 1536;
  d.vocab = 51865;
  return d;
}

template <class T>
bool accepted(const skald::Result<T>& result) {
  if (result) return true;
  const skald::Error& error = result.error();
  if (error.message.empty() || to_string(error).find('\n') != std::string::npos) std::abort();
  return false;
}

void check_generation(const skald::model::GenerationDefaults& defaults, const Dims& d) {
  for (const auto& [layer, head] : defaults.alignment_heads) {
    if (layer < 0 || layer >= d.text_layers || head < 0 || head >= d.text_heads) std::abort();
  }
  for (const int32_t token : defaults.suppress_tokens) {
    if (token < 0 || token >= d.vocab) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = skald::model::parse_hf_config(text, "config.json");
  if (accepted(config) && !validate(config->dims, "config.json")) std::abort();
  const auto defaults = skald::model::parse_hf_generation(text, dims(), "generation_config.json");
  if (accepted(defaults)) check_generation(*defaults, dims());
  const auto ct2 = skald::model::parse_ct2_config(text, dims(), "config.json");
  if (accepted(ct2)) check_generation(*ct2, dims());
  const auto shards = skald::model::parse_hf_index(text, "model.safetensors.index.json");
  if (!accepted(shards)) return 0;
  for (const auto& [tensor, file] : *shards) {
    if (file.empty() || file == ".." || file.find('/') != std::string::npos) std::abort();
  }
  return 0;
}
