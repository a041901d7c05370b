#pragma once
// Models on this machine: which there are, and what one is, without loading it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "skald/error.h"

namespace skald {

/// A model that Engine::load finds by its name.
struct InstalledModel {
  std::string name;  ///< "mini.en", "openai/whisper-base.en"
  std::string path;  ///< directory or file
};

/// Each name once: the directories in the program's model directories first, then OpenAI's and distil-whisper's models
/// in the Hugging Face cache. Files, and what faster-whisper has downloaded, are found by their names but not listed.
std::vector<InstalledModel> installed_models();

/// What the files of a model say.
struct ModelDescription {
  std::string name;          ///< as given
  std::string path;          ///< directory or file
  std::string format;        ///< "Hugging Face", "CTranslate2", "ggml", "OpenAI"
  std::string stored_types;  ///< of its weights, the type of most numbers first: "q5_1, float16, float32"
  int64_t bytes = 0;         ///< of its weights as stored
  int64_t parameters = 0;
  bool multilingual = false;
  int languages = 0;  ///< 0 for an English-only model
  int mel_bands = 0;
  int width = 0;
  int heads = 0;
  int encoder_layers = 0;
  int decoder_layers = 0;
  int vocabulary = 0;
  bool knows_alignment_heads = false;  ///< word timestamps look at the heads that were found to follow the audio
  std::string tokenizer;               ///< "vocab.json", "tokenizer.json" or "built-in"
};

/// Reads the heads of a model's files. `model_dir`: where names are looked for first.
/// Errors: kNotFound, kPermission, kBadModel, kUnsupported, kOutOfMemory.
Result<ModelDescription> describe_model(const std::string& name_or_path,
                                        const std::optional<std::string>& model_dir = std::nullopt);

}  // namespace skald
