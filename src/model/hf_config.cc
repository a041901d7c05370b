#include "model/hf_config.h"

#include <array>
#include <limits>
#include <optional>

#include "base/log.h"
#include "model/json.h"

namespace skald::model {
namespace {

using nlohmann::json;

constexpr const char* kUnchanged = "use the files of one Whisper model, unchanged";
constexpr size_t kMaxListed = 1 << 16;  // tokens or heads: more than any vocabulary suppresses
constexpr size_t kMaxShardName = 255;   // NAME_MAX

std::unexpected<Error> bad_config(const std::string& where, std::string message) {
  return fail(ErrorCode::kBadModel, where, std::move(message), kUnchanged);
}

Result<json> parse_object(std::string_view text, const std::string& where) {
  SKALD_TRY(json value, parse_json(text, where));
  if (!value.is_object()) return bad_config(where, "is not a JSON object");
  return value;
}

/// The member if it is there and not null.
const json* member(const json& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

std::optional<int32_t> as_int32(const json& value) {
  if (value.is_number_unsigned()) {
    const auto n = value.get<uint64_t>();
    if (n <= uint64_t{INT32_MAX}) return static_cast<int32_t>(n);
  } else if (value.is_number_integer()) {
    const auto n = value.get<int64_t>();
    if (n >= INT32_MIN && n <= INT32_MAX) return static_cast<int32_t>(n);
  }
  return std::nullopt;
}

/// A size named `name`; without a default it has to be there.
Result<void> read_size(const json& config, const char* name, const std::string& where, int& out,
                       bool has_default = false) {
  const json* value = member(config, name);
  if (value == nullptr) {
    if (has_default) return {};
    return bad_config(where, std::string("lacks '") + name + "'");
  }
  const auto size = as_int32(*value);
  if (!size) return bad_config(where, std::string("'") + name + "' is not a whole number");
  out = *size;
  return {};
}

Result<Dims> read_dims(const json& config, const std::string& where) {
  Dims dims;
  SKALD_CHECK(read_size(config, "d_model", where, dims.audio_state));
  dims.text_state = dims.audio_state;
  SKALD_CHECK(read_size(config, "encoder_layers", where, dims.audio_layers));
  SKALD_CHECK(read_size(config, "encoder_attention_heads", where, dims.audio_heads));
  SKALD_CHECK(read_size(config, "encoder_ffn_dim", where, dims.audio_ffn));
  SKALD_CHECK(read_size(config, "decoder_layers", where, dims.text_layers));
  SKALD_CHECK(read_size(config, "decoder_attention_heads", where, dims.text_heads));
  SKALD_CHECK(read_size(config, "decoder_ffn_dim", where, dims.text_ffn));
  SKALD_CHECK(read_size(config, "vocab_size", where, dims.vocab));
  SKALD_CHECK(read_size(config, "num_mel_bins", where, dims.mel_bands, true));
  SKALD_CHECK(read_size(config, "max_source_positions", where, dims.audio_ctx, true));
  SKALD_CHECK(read_size(config, "max_target_positions", where, dims.text_ctx, true));
  SKALD_CHECK(validate(dims, where.c_str()));
  return dims;
}

/// The list of whole numbers named `name`; empty when it is not there.
Result<std::vector<int32_t>> read_tokens(const json& object, const char* name, int vocab, const std::string& where) {
  std::vector<int32_t> tokens;
  const json* list = member(object, name);
  if (list == nullptr) return tokens;
  if (!list->is_array() || list->size() > kMaxListed) {
    return bad_config(where, std::string("'") + name + "' is not a list of tokens");
  }
  size_t dropped = 0;
  for (const json& item : *list) {
    const auto token = as_int32(item);
    if (!token) return bad_config(where, std::string("'") + name + "' holds something that is not a token");
    if (*token >= 0 && *token < vocab) {
      tokens.push_back(*token);
    } else {
      ++dropped;
    }
  }
  if (dropped > 0) log().warn("{}: {} entries of '{}' are not in the vocabulary and are ignored", where, dropped, name);
  return tokens;
}

Result<void> check_kind(const json& config, const std::string& where) {
  const json* type = member(config, "model_type");
  if (type == nullptr || !type->is_string()) {
    return fail(ErrorCode::kBadModel, where, "does not say that this is a Whisper model ('model_type' is missing)",
                "name the directory of a Whisper model");
  }
  if (*type != "whisper") {
    return fail(ErrorCode::kBadModel, where,
                "this is a " + shown(type->get_ref<const std::string&>()) + " model, not a Whisper model",
                "name the directory of a Whisper model");
  }
  const json* activation = member(config, "activation_function");
  if (activation != nullptr && *activation != "gelu") {
    return fail(ErrorCode::kUnsupported, where, "asks for an activation function other than gelu", kUnchanged);
  }
  const json* scaled = member(config, "scale_embedding");
  if (scaled != nullptr && *scaled != false) {
    return fail(ErrorCode::kUnsupported, where, "asks for scaled embeddings, which no Whisper model has", kUnchanged);
  }
  return {};
}

/// [[layer, head], ...]
Result<std::vector<std::pair<int, int>>> read_heads(const json& list, const Dims& dims, const std::string& where) {
  std::vector<std::pair<int, int>> heads;
  if (!list.is_array() || list.size() > kMaxListed)
    return bad_config(where, "'alignment_heads' is not a list of heads");
  size_t dropped = 0;
  for (const json& item : list) {
    const bool pair = item.is_array() && item.size() == 2;
    const auto layer = pair ? as_int32(item[0]) : std::nullopt;
    const auto head = pair ? as_int32(item[1]) : std::nullopt;
    if (!layer || !head) return bad_config(where, "'alignment_heads' holds something that is not a pair (layer, head)");
    if (*layer >= 0 && *layer < dims.text_layers && *head >= 0 && *head < dims.text_heads) {
      heads.emplace_back(*layer, *head);
    } else {
      ++dropped;
    }
  }
  if (dropped > 0) log().warn("{}: {} alignment heads are not in the model and are ignored", where, dropped);
  return heads;
}

/// A name that stays within the model's directory.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxShardName && name != "." && name != ".." &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

Result<GenerationDefaults> read_defaults(std::string_view text, const char* suppressed, const Dims& dims,
                                         const std::string& where) {
  SKALD_TRY(const json object, parse_object(text, where));
  GenerationDefaults defaults;
  SKALD_TRY(defaults.suppress_tokens, read_tokens(object, suppressed, dims.vocab, where));
  if (const json* heads = member(object, "alignment_heads")) {
    SKALD_TRY(defaults.alignment_heads, read_heads(*heads, dims, where));
  }
  return defaults;
}

}  // namespace

Result<HfConfig> parse_hf_config(std::string_view text, const std::string& where) {
  SKALD_TRY(const json object, parse_object(text, where));
  SKALD_CHECK(check_kind(object, where));
  HfConfig config;
  SKALD_TRY(config.dims, read_dims(object, where));
  SKALD_TRY(config.suppress_tokens, read_tokens(object, "suppress_tokens", config.dims.vocab, where));
  const json* tied = member(object, "tie_word_embeddings");
  if (tied != nullptr) {
    if (!tied->is_boolean()) return bad_config(where, "'tie_word_embeddings' is not true or false");
    config.tied_embeddings = tied->get<bool>();
  }
  return config;
}

Result<GenerationDefaults> parse_hf_generation(std::string_view text, const Dims& dims, const std::string& where) {
  return read_defaults(text, "suppress_tokens", dims, where);
}

Result<GenerationDefaults> parse_ct2_config(std::string_view text, const Dims& dims, const std::string& where) {
  return read_defaults(text, "suppress_ids", dims, where);
}

Result<std::map<std::string, std::string>> parse_hf_index(std::string_view text, const std::string& where) {
  SKALD_TRY(const json object, parse_object(text, where));
  const json* map = member(object, "weight_map");
  if (map == nullptr || !map->is_object() || map->empty()) return bad_config(where, "has no 'weight_map'");
  std::map<std::string, std::string> shards;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string() || !is_plain_name(file.get_ref<const std::string&>())) {
      return bad_config(where, "does not name a file of the same directory for tensor " + shown(tensor));
    }
    shards.emplace(tensor, file.get<std::string>());
  }
  return shards;
}

}  // namespace skald::model
