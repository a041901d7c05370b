#include "text/json_full.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"
#include "text/unicode.h"
#include "text/writers.h"

namespace skald::text {
namespace {

using Json = nlohmann::ordered_json;

struct ModelType {
  int layers;
  int width;
  const char* name;
};

// whisper.cpp tells them by the encoder's layers alone; the width keeps other models out.
constexpr auto kTypes = std::to_array<ModelType>(
    {{4, 384, "tiny"}, {6, 512, "base"}, {12, 768, "small"}, {24, 1024, "medium"}, {32, 1280, "large"}});

std::string type_of(const ModelSizes& sizes) {
  const auto* found = std::ranges::find_if(
      kTypes, [&](const ModelType& t) { return t.layers == sizes.audio_layers && t.width == sizes.audio_width; });
  return found == kTypes.end() ? "unknown" : found->name;
}

/// "encoder: cpu avx512, int8, 2 threads | decoder: ..."
std::string system_of(const std::vector<DeviceReport>& devices) {
  std::string text;
  for (const DeviceReport& d : devices) {
    text += (text.empty() ? "" : " | ") + d.stage + ": " + d.device + " " + d.isa + ", " + d.compute_type + ", " +
            std::to_string(d.threads) + (d.threads == 1 ? " thread" : " threads");
  }
  return text;
}

Json model_of(const ModelSizes& s) {
  return {
      {"type", type_of(s)},
      {"multilingual", s.multilingual},
      {"vocab", s.vocabulary},
      {"audio",
       {{"ctx", s.audio_context}, {"state", s.audio_width}, {"head", s.audio_heads}, {"layer", s.audio_layers}}},
      {"text", {{"ctx", s.text_context}, {"state", s.text_width}, {"head", s.text_heads}, {"layer", s.text_layers}}},
      {"mels", s.mel_bands}};
}

void add_times(Json& to, double start, double end) {
  to["timestamps"] = {{"from", format_timestamp(start, true, ',')}, {"to", format_timestamp(end, true, ',')}};
  to["offsets"] = {{"from", milliseconds(start)}, {"to", milliseconds(end)}};
}

/// whisper.cpp's name of a special token (whisper.cpp, whisper_model_load).
std::string name_of(const Token& token, const SpecialTokens& special) {
  struct Name {
    int32_t id;
    const char* name;
  };
  const std::array<Name, 8> names = {{{special.end_of_text, "[_EOT_]"},
                                      {special.start_of_transcript, "[_SOT_]"},
                                      {special.translate, "[_TRANSLATE_]"},
                                      {special.transcribe, "[_TRANSCRIBE_]"},
                                      {special.start_of_lm, "[_SOLM_]"},
                                      {special.start_of_prev, "[_PREV_]"},
                                      {special.no_speech, "[_NOSP_]"},
                                      {special.no_timestamps, "[_NOT_]"}}};
  if (token.id == special.timestamp_begin) return "[_BEG_]";
  if (token.id > special.timestamp_begin) return "[_TT_" + std::to_string(token.id - special.timestamp_begin) + "]";
  const auto* found = std::ranges::find(names, token.id, &Name::id);
  return found == names.end() ? token.text : found->name;
}

/// Whether the text ends before its last character does.
bool ends_within_character(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Decoded character = decode_utf8(text, at);
    const auto first = static_cast<unsigned char>(text[at]);
    at += character.size;
    if (!character.valid && at == text.size()) return first >= 0xC2 && first <= 0xF4;  // bytes that others follow
  }
  return false;
}

/// A segment's tokens as whisper.cpp keeps them: without the timestamp that it begins with, unless that is 0.00; what
/// is one character together is one, with the first token's number; timestamps have the time that they say.
std::vector<Token> tokens_of(const Segment& segment, const std::optional<SpecialTokens>& special) {
  std::vector<Token> tokens;
  for (const Token& token : segment.details) {
    if (special && token.id >= special->timestamp_begin) {
      if (tokens.empty() && token.id > special->timestamp_begin) continue;
      const double at = static_cast<double>(segment.seek + int64_t{2} * (token.id - special->timestamp_begin)) / 100;
      tokens.push_back({.id = token.id, .text = token.text, .start = at, .end = at, .probability = {}});
    } else if (!tokens.empty() && ends_within_character(tokens.back().text)) {
      tokens.back().text += token.text;
      if (token.end) tokens.back().end = token.end;
    } else {
      tokens.push_back(token);
    }
  }
  return tokens;
}

Json token_of(const Token& token, const std::optional<SpecialTokens>& special) {
  Json json = {{"text", special ? name_of(token, *special) : token.text}};
  if (token.start && token.end) add_times(json, *token.start, *token.end);
  json["id"] = token.id;
  if (token.probability) json["p"] = *token.probability;
  // Where the alignment leaves the token for the next (whisper_exp_compute_token_level_timestamps_dtw).
  json["t_dtw"] = token.end && token.probability ? milliseconds(*token.end) / 10 : -1;
  return json;
}

Json segment_of(const Segment& segment, const std::optional<SpecialTokens>& special) {
  Json json;
  add_times(json, segment.start, segment.end);
  json["text"] = segment.text;
  json["tokens"] = Json::array();
  for (const Token& token : tokens_of(segment, special)) json["tokens"].push_back(token_of(token, special));
  return json;
}

}  // namespace

std::string write_json_full(const Transcript& transcript, const SubtitleOptions& /*options*/) {
  std::optional<SpecialTokens> special;
  if (const auto known = special_tokens(transcript.sizes.vocabulary)) special = *known;
  const bool detected = transcript.language_probability < 1;
  Json json = {{"systeminfo", system_of(transcript.devices)},
               {"model", model_of(transcript.sizes)},
               {"params",
                {{"model", transcript.model},
                 {"language", detected ? "auto" : transcript.language},
                 {"translate", transcript.task == "translate"}}},
               {"result", {{"language", transcript.language}}},
               {"transcription", Json::array()}};
  for (const Segment& segment : transcript.segments) {
    if (!segment.text.empty()) json["transcription"].push_back(segment_of(segment, special));
  }
  return json.dump(1, '\t', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace skald::text
