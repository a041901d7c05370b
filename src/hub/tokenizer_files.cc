#include "hub/tokenizer_files.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/file.h"

namespace skald::hub {
namespace {

using Json = nlohmann::ordered_json;

/// GPT-2's spelling of bytes (openai/gpt-2 encoder.py, bytes_to_unicode): printable ones of Latin-1 as themselves, the
/// others as the characters from U+0100 on, in order. All take one or two bytes of UTF-8.
std::array<std::string, 256> make_spellings() {
  std::array<std::string, 256> spellings;
  uint32_t next = 0x100;
  for (uint32_t byte = 0; byte < spellings.size(); ++byte) {
    const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
    const uint32_t code = printable ? byte : next++;
    if (code < 0x80) {
      spellings[byte] = static_cast<char>(code);
    } else {
      spellings[byte] = {static_cast<char>(0xC0U | (code >> 6U)), static_cast<char>(0x80U | (code & 0x3FU))};
    }
  }
  return spellings;
}

std::string spelled(std::string_view bytes) {
  static const std::array<std::string, 256> spellings = make_spellings();
  std::string text;
  for (const char c : bytes) text += spellings[static_cast<uint8_t>(c)];
  return text;
}

using Ids = std::unordered_map<std::string_view, int32_t>;

/// The two parts that a token is merged from: what byte pair encoding makes of its bytes with the merges before it.
std::optional<std::pair<std::string, std::string>> parts_of(std::string_view token, int32_t id, const Ids& ids) {
  std::vector<std::string_view> parts;
  parts.reserve(token.size());
  for (size_t i = 0; i < token.size(); ++i) parts.push_back(token.substr(i, 1));
  while (parts.size() > 2) {
    size_t best = parts.size();
    int32_t lowest = id;
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto found = ids.find(std::string_view(parts[i].data(), parts[i].size() + parts[i + 1].size()));
      if (found == ids.end() || found->second >= lowest) continue;
      lowest = found->second;
      best = i;
    }
    if (best == parts.size()) return std::nullopt;
    parts[best] = std::string_view(parts[best].data(), parts[best].size() + parts[best + 1].size());
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
  return std::pair{spelled(parts[0]), spelled(parts[1])};
}

std::string merges_of(const text::Tokenizer& tokenizer) {
  const int32_t end = tokenizer.special().end_of_text;
  Ids ids;
  for (int32_t id = 0; id < end; ++id) ids.emplace(tokenizer.bytes(id), id);
  std::string text = "#version: 0.2\n";
  for (int32_t id = 0; id < end; ++id) {
    const std::string_view token = tokenizer.bytes(id);
    if (token.size() < 2) continue;
    if (const auto parts = parts_of(token, id, ids)) text += parts->first + " " + parts->second + "\n";
  }
  return text;
}

std::string timestamp(int step) {
  std::array<char, 16> text{};
  const int length = std::snprintf(text.data(), text.size(), "<|%.2f|>", step * text::kTimestampSeconds);
  return {text.data(), static_cast<size_t>(length)};
}

}  // namespace

Result<void> write_tokenizer_files(const text::Tokenizer& tokenizer, const std::filesystem::path& directory) {
  const text::SpecialTokens& special = tokenizer.special();
  Json words;
  for (int32_t id = 0; id < special.end_of_text; ++id) words[spelled(tokenizer.bytes(id))] = id;
  words["<|endoftext|>"] = special.end_of_text;
  SKALD_CHECK(write_file(directory / "vocab.json", words.dump()));
  SKALD_CHECK(write_file(directory / "merges.txt", merges_of(tokenizer)));
  Json added;
  for (int32_t id = special.end_of_text + 1; id < special.timestamp_begin; ++id) {
    added[tokenizer.decode(std::array{id})] = id;
  }
  for (int i = 0; i < text::kTimestamps; ++i) added[timestamp(i)] = special.timestamp_begin + i;
  SKALD_CHECK(write_file(directory / "added_tokens.json", added.dump()));
  constexpr const char* kEnd = "<|endoftext|>";
  const Json config = {{"tokenizer_class", "WhisperTokenizer"},
                       {"processor_class", "WhisperProcessor"},
                       {"bos_token", kEnd},
                       {"eos_token", kEnd},
                       {"unk_token", kEnd},
                       {"pad_token", kEnd},
                       {"errors", "replace"},
                       {"model_max_length", 1024}};
  return write_file(directory / "tokenizer_config.json", config.dump(1));
}

}  // namespace skald::hub
