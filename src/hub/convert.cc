#include "hub/convert.h"

#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp is POSIX

#include <array>
#include <exception>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "hub/tokenizer_files.h"
#include "model/checkpoint.h"
#include "model/safetensors_writer.h"
#include "text/tokenizer.h"

namespace skald::hub {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 8> kTokenizerFiles{"vocab.json",        "merges.txt",
                                                     "tokenizer.json",    "tokenizer_config.json",
                                                     "added_tokens.json", "special_tokens_map.json",
                                                     "normalizer.json",   "preprocessor_config.json"};

/// A directory beside `target` that is gone at the end unless it has become `target`.
class NewDirectory {
 public:
  static Result<NewDirectory> make(const fs::path& target) {
    std::string pattern = target.string() + ".XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) return std::unexpected(errno_error(target.string(), "cannot be made"));
    return NewDirectory(pattern);
  }
  NewDirectory(NewDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  NewDirectory(const NewDirectory&) = delete;
  NewDirectory& operator=(const NewDirectory&) = delete;
  NewDirectory& operator=(NewDirectory&&) = delete;
  ~NewDirectory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }

  Result<void> become(const fs::path& target) {
    std::error_code error;
    // mkdtemp makes it private.
    fs::permissions(path_,
                    fs::perms::group_read | fs::perms::group_exec | fs::perms::others_read | fs::perms::others_exec,
                    fs::perm_options::add, error);
    fs::rename(path_, target, error);
    if (error) return std::unexpected(errno_error(target.string(), "cannot be made", error.value()));
    path_.clear();
    return {};
  }

 private:
  explicit NewDirectory(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

/// As transformers' WhisperConfig.
Json config_of(const model::Dims& d, const text::SpecialTokens& special, const std::string& type) {
  return {{"architectures", {"WhisperForConditionalGeneration"}},
          {"model_type", "whisper"},
          {"activation_function", "gelu"},
          {"d_model", d.audio_state},
          {"encoder_layers", d.audio_layers},
          {"encoder_attention_heads", d.audio_heads},
          {"encoder_ffn_dim", d.audio_ffn},
          {"decoder_layers", d.text_layers},
          {"decoder_attention_heads", d.text_heads},
          {"decoder_ffn_dim", d.text_ffn},
          {"num_hidden_layers", d.audio_layers},
          {"num_mel_bins", d.mel_bands},
          {"max_source_positions", d.audio_ctx},
          {"max_target_positions", d.text_ctx},
          {"vocab_size", d.vocab},
          {"is_encoder_decoder", true},
          {"scale_embedding", false},
          {"tie_word_embeddings", true},
          {"torch_dtype", type},
          {"bos_token_id", special.end_of_text},
          {"eos_token_id", special.end_of_text},
          {"pad_token_id", special.end_of_text},
          {"decoder_start_token_id", special.start_of_transcript}};
}

/// As transformers' GenerationConfig of a Whisper model.
Json generation_of(const model::Checkpoint& checkpoint, const text::Tokenizer& tokenizer) {
  const text::SpecialTokens& special = tokenizer.special();
  constexpr int kFirstTimestamps = 50;  // one second: openai/whisper decoding.py, max_initial_timestamp
  Json generation = {{"begin_suppress_tokens", {tokenizer.encode(" ").front(), special.end_of_text}},
                     {"bos_token_id", special.end_of_text},
                     {"eos_token_id", special.end_of_text},
                     {"pad_token_id", special.end_of_text},
                     {"decoder_start_token_id", special.start_of_transcript},
                     {"is_multilingual", special.multilingual},
                     {"max_initial_timestamp_index", kFirstTimestamps},
                     {"max_length", checkpoint.dims().text_ctx},
                     {"no_timestamps_token_id", special.no_timestamps},
                     {"prev_sot_token_id", special.start_of_prev},
                     {"return_timestamps", false}};
  const model::GenerationDefaults& defaults = checkpoint.generation();
  if (!defaults.alignment_heads.empty()) generation["alignment_heads"] = defaults.alignment_heads;
  if (!defaults.suppress_tokens.empty()) generation["suppress_tokens"] = defaults.suppress_tokens;
  if (!special.multilingual) return generation;
  generation["task_to_id"] = {{"transcribe", special.transcribe}, {"translate", special.translate}};
  for (int i = 0; i < special.languages; ++i) {
    const int32_t token = special.language_begin + i;
    generation["lang_to_id"][tokenizer.decode(std::array{token})] = token;
  }
  return generation;
}

/// As transformers' WhisperFeatureExtractor.
Json preprocessor_of(const model::Dims& dims) {
  return {{"chunk_length", 30},
          {"feature_extractor_type", "WhisperFeatureExtractor"},
          {"feature_size", dims.mel_bands},
          {"hop_length", 160},
          {"n_fft", 400},
          {"n_samples", 480000},
          {"nb_max_frames", 3000},
          {"padding_side", "right"},
          {"padding_value", 0.0},
          {"processor_class", "WhisperProcessor"},
          {"return_attention_mask", false},
          {"sampling_rate", 16000}};
}

/// The tokenizer's own files, or those of the program's vocabulary.
Result<void> add_tokenizer(const model::Checkpoint& checkpoint, const text::Tokenizer& tokenizer,
                           const fs::path& directory) {
  const auto from = checkpoint.tokenizer_directory();
  if (!from) {
    SKALD_CHECK(write_tokenizer_files(tokenizer, directory));
  } else {
    for (const char* name : kTokenizerFiles) {
      if (!is_there(*from / name)) continue;
      SKALD_TRY(const std::string content, read_file(*from / name));
      SKALD_CHECK(write_file(directory / name, content));
    }
  }
  if (is_there(directory / "preprocessor_config.json")) return {};
  return write_file(directory / "preprocessor_config.json", preprocessor_of(checkpoint.dims()).dump(1));
}

Result<void> convert(const fs::path& source, const fs::path& target, DType type) {
  SKALD_TRY(const std::unique_ptr<model::Checkpoint> checkpoint, model::open_checkpoint(source));
  SKALD_TRY(const auto tokenizer, text::Tokenizer::load(checkpoint->tokenizer_directory(), checkpoint->dims().vocab));
  SKALD_TRY(NewDirectory directory, NewDirectory::make(target));
  const Json config = config_of(checkpoint->dims(), tokenizer.special(), to_string(type));
  SKALD_CHECK(write_file(directory.path() / "config.json", config.dump(1)));
  SKALD_CHECK(write_file(directory.path() / "generation_config.json", generation_of(*checkpoint, tokenizer).dump(1)));
  SKALD_CHECK(add_tokenizer(*checkpoint, tokenizer, directory.path()));
  SKALD_CHECK(model::write_safetensors(*checkpoint, type, directory.path() / "model.safetensors"));
  return directory.become(target);
}

}  // namespace

Result<void> convert_model(const fs::path& source, const fs::path& target, const std::string& type) {
  if (type != "float16" && type != "float32") {
    return fail(ErrorCode::kInvalidArgument, "type", "'" + type + "' is not a type that models are written in",
                "float16 or float32");
  }
  // "models/mine/" is models/mine
  const fs::path named = target.has_filename() ? target : target.parent_path();
  if (named.empty() || is_there(named)) {
    return fail(ErrorCode::kInvalidArgument, target.string(), "is there already", "name a directory that is not there");
  }
  try {
    return convert(source, named, type == "float16" ? DType::kF16 : DType::kF32);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, source.string(), "there is not enough memory to convert it");
  } catch (const std::exception& e) {
    return fail(ErrorCode::kInternal, source.string(), std::string("cannot be converted: ") + e.what());
  }
}

}  // namespace skald::hub
