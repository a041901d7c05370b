#include "text/vocabulary_files.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <new>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "text/bad_vocabulary.h"

namespace skald::text {
namespace {

constexpr std::string_view kEndOfText = "<|endoftext|>";

// ---- GPT-2's spelling of bytes as printable characters (openai/gpt-2 encoder.py bytes_to_unicode) ----

constexpr bool is_printable(uint32_t byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr size_t kSpellings = 256 + 68;  // printable bytes stand for themselves, the 68 others for U+0100 and up

constexpr std::array<int16_t, kSpellings> make_spelling_to_byte() {
  std::array<int16_t, kSpellings> table{};
  for (int16_t& byte : table) byte = -1;
  size_t other = 256;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    table[is_printable(byte) ? byte : other++] = static_cast<int16_t>(byte);
  }
  return table;
}
constexpr std::array<int16_t, kSpellings> kSpellingToByte = make_spelling_to_byte();

/// Undoes the spelling into `out`; false for a character that stands for no byte. All that do take one or two bytes.
bool spelling_to_bytes(std::string_view spelling, std::string& out) {
  out.resize(spelling.size());
  size_t size = 0;
  for (size_t at = 0; at < spelling.size(); ++at) {
    uint32_t value = static_cast<uint8_t>(spelling[at]);
    if (value >= 0x80) {
      if ((value & 0xE0U) != 0xC0 || at + 1 >= spelling.size()) return false;
      const uint32_t next = static_cast<uint8_t>(spelling[++at]);
      if ((next & 0xC0U) != 0x80) return false;
      value = ((value & 0x1FU) << 6U) | (next & 0x3FU);
      if (value < 0x80) return false;  // an overlong form
    }
    if (value >= kSpellings || kSpellingToByte[value] < 0) return false;
    out[size++] = static_cast<char>(kSpellingToByte[value]);
  }
  out.resize(size);
  return true;
}

// ---- tokens and merges as they come out of a file ----

/// Takes spelled tokens and merges, in any order, and makes the vocabulary of them.
class Collector {
 public:
  explicit Collector(const VocabularySpec& spec) : spec_(spec), vocabulary_(spec) {}

  Result<void> token(std::string_view spelling, int64_t id, const std::string& where) {
    if (spelling == kEndOfText && id != spec_.tokens) {
      return bad_vocabulary(
          where, "<|endoftext|> has id " + std::to_string(id) + ", the model's is " + std::to_string(spec_.tokens));
    }
    if (id >= spec_.tokens) return {};  // special tokens follow from the vocabulary's size
    if (!spelling_to_bytes(spelling, left_)) {
      return bad_vocabulary(where, "token " + std::to_string(id) + " holds a character that stands for no byte");
    }
    return vocabulary_.add(id < 0 ? -1 : static_cast<int32_t>(id), left_, where);
  }

  Result<void> merge(std::string_view left, std::string_view right, const std::string& where) {
    if (merges_.size() >= static_cast<size_t>(spec_.tokens)) return bad_vocabulary(where, "more merges than tokens");
    if (left.size() > kMaxSpelling || right.size() > kMaxSpelling || !spelling_to_bytes(left, left_) ||
        !spelling_to_bytes(right, right_) || left_.empty() || right_.empty()) {
      return bad_vocabulary(where, "merge " + std::to_string(merges_.size()) + " is not a pair of tokens");
    }
    merges_.add(left_, right_);
    return {};
  }

  /// "left right"
  Result<void> merge(std::string_view pair, const std::string& where) {
    const size_t blank = pair.find(' ');
    if (blank == std::string_view::npos) {
      return bad_vocabulary(where, "merge " + std::to_string(merges_.size()) + " is not a pair of tokens");
    }
    return merge(pair.substr(0, blank), pair.substr(blank + 1), where);
  }

  Result<Vocabulary> finish(const std::string& vocab_where, const std::string& merges_where) {
    SKALD_CHECK(vocabulary_.finish(vocab_where));
    if (merges_.size() > 0) SKALD_CHECK(vocabulary_.rank_by(merges_, merges_where));
    return std::move(vocabulary_);
  }

 private:
  static constexpr size_t kMaxSpelling = 2 * Vocabulary::kMaxTokenBytes;  // a spelled byte takes at most two

  VocabularySpec spec_;
  Vocabulary vocabulary_;
  MergeList merges_;
  std::string left_;
  std::string right_;
};

// ---- JSON, read as events: no tree of 50,000 tokens is built ----

/// What the innermost open object or array is.
enum class Place : uint8_t { kRoot, kModel, kVocab, kMerges, kPair, kOther };

class Reader final : public nlohmann::json::json_sax_t {
 public:
  Reader(Collector& collector, const std::string& where, Place outermost)
      : collector_(collector), where_(where), outermost_(outermost) {}

  Result<void> result() const {
    if (error_) return std::unexpected(*error_);
    if (!saw_vocab_)
      return bad_vocabulary(where_, outermost_ == Place::kVocab ? "it is not an object" : "it has no model.vocab");
    return {};
  }

  bool null() override { return scalar(); }
  bool boolean(bool /*value*/) override { return scalar(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return scalar(); }
  bool binary(binary_t& /*value*/) override { return scalar(); }

  bool number_integer(number_integer_t value) override {
    return place() == Place::kVocab ? take(collector_.token(key_, value, where_)) : scalar();
  }
  bool number_unsigned(number_unsigned_t value) override {
    return number_integer(value > INT32_MAX ? INT32_MAX : static_cast<number_integer_t>(value));
  }

  bool string(string_t& value) override {
    if (place() == Place::kMerges) return take(collector_.merge(value, where_));
    if (place() == Place::kPair) return pair_part(value);
    if (place() == Place::kModel && key_ == "type" && value != "BPE") {
      return take(fail(ErrorCode::kUnsupported, where_, "the tokenizer's type is \"" + value.substr(0, 40) + "\"",
                       "only byte-level BPE, Whisper's own, can be used"));
    }
    return scalar();
  }

  bool key(string_t& value) override {
    key_.swap(value);
    return true;
  }

  bool start_object(size_t /*elements*/) override {
    Place inner = Place::kOther;
    if (places_.empty()) {
      inner = outermost_;
    } else if (place() == Place::kRoot && key_ == "model") {
      inner = Place::kModel;
    } else if (place() == Place::kModel && key_ == "vocab") {
      inner = Place::kVocab;
    } else if (!scalar()) {
      return false;
    }
    if (inner == Place::kVocab && std::exchange(saw_vocab_, true))
      return take(bad_vocabulary(where_, "two model.vocab"));
    places_.push_back(inner);
    return true;
  }
  bool end_object() override { return close(); }

  bool start_array(size_t /*elements*/) override {
    Place inner = Place::kOther;
    if (place() == Place::kModel && key_ == "merges") {
      inner = Place::kMerges;
    } else if (place() == Place::kMerges) {
      inner = Place::kPair;
      parts_ = 0;
    } else if (!scalar()) {
      return false;
    }
    places_.push_back(inner);
    return true;
  }
  bool end_array() override {
    if (place() == Place::kPair && parts_ != 2) return take(bad_vocabulary(where_, "a merge is not a pair"));
    if (place() == Place::kPair && !take(collector_.merge(first_, second_, where_))) return false;
    return close();
  }

  bool parse_error(size_t position, const std::string& /*token*/, const nlohmann::json::exception& /*error*/) override {
    return take(bad_vocabulary(where_, "it is not JSON: error at byte " + std::to_string(position)));
  }

 private:
  Place place() const { return places_.empty() ? Place::kOther : places_.back(); }

  bool close() {
    places_.pop_back();
    return true;
  }

  /// A value of no interest is fine anywhere but among tokens and merges.
  bool scalar() {
    switch (place()) {
      case Place::kVocab: return take(bad_vocabulary(where_, "the id of a token is not an integer"));
      case Place::kMerges:
      case Place::kPair: return take(bad_vocabulary(where_, "a merge is not a pair of strings"));
      default: return true;
    }
  }

  bool pair_part(string_t& value) {
    if (parts_ >= 2) return take(bad_vocabulary(where_, "a merge is not a pair"));
    (parts_++ == 0 ? first_ : second_).swap(value);
    return true;
  }

  bool take(Result<void> result) {
    if (!result) error_ = std::move(result).error();
    return !error_;
  }

  Collector& collector_;
  const std::string& where_;
  Place outermost_;
  std::vector<Place> places_;
  std::string key_;
  std::string first_;
  std::string second_;
  int parts_ = 0;
  bool saw_vocab_ = false;
  std::optional<Error> error_;
};

Result<void> read_json(std::string_view content, Collector& collector, const std::string& where, Place outermost) try {
  Reader reader(collector, where, outermost);
  nlohmann::json::sax_parse(content, &reader);
  return reader.result();
} catch (const std::bad_alloc&) {
  return fail(ErrorCode::kOutOfMemory, where, "no memory to read it");
} catch (const std::exception& error) {
  return bad_vocabulary(where, error.what());
}

Result<void> read_merges(std::string_view content, Collector& collector, const std::string& where) {
  bool first = true;
  while (!content.empty()) {
    const size_t end = content.find('\n');
    std::string_view line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool header = std::exchange(first, false) && line.starts_with("#version");
    if (!header && !line.empty()) SKALD_CHECK(collector.merge(line, where));
  }
  return {};
}

// ---- base64 ----

constexpr std::array<int8_t, 256> make_base64() {
  std::array<int8_t, 256> table{};
  for (int8_t& value : table) value = -1;
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < kAlphabet.size(); ++i) table[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
  return table;
}
constexpr std::array<int8_t, 256> kBase64 = make_base64();

bool decode_base64(std::string_view text, std::string& out) {
  out.clear();
  while (text.ends_with('=')) text.remove_suffix(1);
  uint32_t bits = 0;
  uint32_t count = 0;  // bits held
  for (const char c : text) {
    const int8_t value = kBase64[static_cast<uint8_t>(c)];
    if (value < 0) return false;
    bits = ((bits << 6U) | static_cast<uint32_t>(value)) & 0xFFFFU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>((bits >> count) & 0xFFU));
  }
  return true;
}

}  // namespace

Result<Vocabulary> parse_tiktoken(std::string_view content, const VocabularySpec& spec, const std::string& where) {
  Vocabulary vocabulary(spec);
  std::string bytes;
  for (int line_number = 1; !content.empty(); ++line_number) {
    const size_t end = content.find('\n');
    const std::string_view line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    if (line.empty()) continue;
    const size_t blank = line.find(' ');
    int32_t id = -1;
    const char* const last = line.data() + line.size();
    if (blank == std::string_view::npos || !decode_base64(line.substr(0, blank), bytes) ||
        std::from_chars(line.data() + blank + 1, last, id).ptr != last) {
      return bad_vocabulary(where, "line " + std::to_string(line_number) + " is not a token in base64 and its id");
    }
    SKALD_CHECK(vocabulary.add(id, bytes, where));
  }
  SKALD_CHECK(vocabulary.finish(where));
  return vocabulary;
}

Result<Vocabulary> parse_tokenizer_json(std::string_view content, const VocabularySpec& spec,
                                        const std::string& where) {
  Collector collector(spec);
  SKALD_CHECK(read_json(content, collector, where, Place::kRoot));
  return collector.finish(where, where);
}

Result<Vocabulary> parse_vocab_json(const VocabularyPair& files, const VocabularySpec& spec) {
  Collector collector(spec);
  SKALD_CHECK(read_json(files.vocab_json, collector, files.vocab_where, Place::kVocab));
  if (files.merges_txt) SKALD_CHECK(read_merges(*files.merges_txt, collector, files.merges_where));
  return collector.finish(files.vocab_where, files.merges_where);
}

}  // namespace skald::text
