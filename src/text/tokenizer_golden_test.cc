// The tokenizer against openai/whisper's, on strings and token sequences that tools/golden/tokenizer.py makes by the
// same rule as this file and of which it keeps hashes, and on readable cases.

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/file.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace skald::text {
namespace {

using Json = nlohmann::json;

const std::filesystem::path kGolden = std::filesystem::path(SKALD_SOURCE_DIR) / "tests/data/golden/tokenizer";

/// SplitMix64, as class Random of the tool.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  size_t below(size_t n) {
    state_ += 0x9E3779B97F4A7C15U;
    uint64_t x = state_;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
    return (x ^ (x >> 31U)) % n;
  }

 private:
  uint64_t state_;
};

/// FNV-1a of 64 bits, folded to 32.
uint32_t fnv32(std::string_view bytes) {
  uint64_t hash = 0xCBF29CE484222325U;
  for (const char byte : bytes) hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001B3U;
  return static_cast<uint32_t>(hash >> 32U) ^ static_cast<uint32_t>(hash);
}

uint32_t hash_ids(const std::vector<int32_t>& ids) {
  return fnv32({reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(int32_t)});
}

struct Span {
  size_t first;
  size_t last;
};

struct Golden {
  Json json;
  std::vector<Span> ranges;
  std::vector<size_t> wide;  // indices of ranges of 200 and more
  std::vector<std::string> fragments;
  std::vector<std::string> spaces;
  std::vector<uint32_t> encode;  // gpt2, multilingual of each string
  std::vector<uint32_t> decode;  // 51864, 51865, 51866 of each sequence
};

std::vector<uint32_t> read_hashes(const std::filesystem::path& path) {
  const std::string bytes = read_file(path).value();
  std::vector<uint32_t> hashes(bytes.size() / sizeof(uint32_t));
  std::memcpy(hashes.data(), bytes.data(), hashes.size() * sizeof(uint32_t));
  return hashes;
}

const Golden& golden() {
  static const Golden kLoaded = [] {
    Golden out;
    out.json = Json::parse(read_file(kGolden / "cases.json").value());
    const auto flat = out.json.at("ranges").get<std::vector<size_t>>();
    for (size_t i = 0; i + 1 < flat.size(); i += 2) {
      if (flat[i + 1] - flat[i] >= 199) out.wide.push_back(out.ranges.size());
      out.ranges.push_back({.first = flat[i], .last = flat[i + 1]});
    }
    out.json.at("fragments").get_to(out.fragments);
    out.json.at("spaces").get_to(out.spaces);
    out.encode = read_hashes(kGolden / "encode.bin");
    out.decode = read_hashes(kGolden / "decode.bin");
    return out;
  }();
  return kLoaded;
}

/// make_string of the tool, one object a string.
class StringMaker {
 public:
  explicit StringMaker(size_t i) : random_(i), broken_(i % 4 == 3) {}

  std::string make() {
    const Golden& g = golden();
    const bool wide = random_.below(2) == 0;
    // The tool draws the coin first, then the range.
    home_ = g.ranges[wide ? g.wide[random_.below(g.wide.size())] : random_.below(g.ranges.size())];
    const size_t pieces = 1 + random_.below(24);
    for (size_t i = 0; i < pieces; ++i) piece(random_.below(16));
    return out_;
  }

 private:
  std::string character(const Span& span) {
    std::string text;
    append_utf8(text, static_cast<char32_t>(span.first + random_.below(span.last - span.first + 1)));
    return text;
  }
  const std::string& fragment() { return golden().fragments[random_.below(golden().fragments.size())]; }
  void characters(const Span& span, size_t count) {
    for (size_t i = 0; i < count; ++i) out_ += character(span);
  }
  void ascii(size_t first, size_t range, size_t count) {
    for (size_t i = 0; i < count; ++i) out_ += static_cast<char>(first + random_.below(range));
  }

  void piece(size_t kind) {
    const Golden& g = golden();
    switch (kind) {
      case 0:
      case 1:
      case 2: return characters(home_, 1 + random_.below(8));
      case 3: {
        const Span span = g.ranges[random_.below(g.ranges.size())];
        return characters(span, 1 + random_.below(6));
      }
      case 4:
      case 5:
      case 6: out_ += fragment(); return;
      case 7: {
        const size_t count = 1 + random_.below(4);
        for (size_t i = 0; i < count; ++i) out_ += g.spaces[random_.below(g.spaces.size())];
        return;
      }
      case 8: return ascii('0', 10, 1 + random_.below(6));
      case 9: {
        const size_t first = random_.below(3) == 0 ? 'A' : 'a';
        return ascii(first, 26, 1 + random_.below(10));
      }
      case 10: {
        const std::string one = character(home_);
        const size_t count = 1 + random_.below(40);
        for (size_t i = 0; i < count; ++i) out_ += one;
        return;
      }
      case 11: out_ += ' '; return;
      case 12: return ascii('!', 94, 1 + random_.below(4));
      case 13: {
        const size_t byte = random_.below(256);
        out_ += broken_ ? static_cast<char>(byte) : ' ';
        return;
      }
      case 14: {
        const std::string& text = fragment();
        out_ += broken_ ? text.substr(0, text.size() - 1) : text;
        return;
      }
      default: out_ += " " + fragment();
    }
  }

  Random random_;
  bool broken_;
  Span home_{};
  std::string out_;
};

std::vector<int32_t> make_sequence(size_t i, int vocab) {
  Random random(i);
  std::vector<int32_t> tokens(1 + random.below(24));
  for (int32_t& token : tokens) {
    const size_t limit = random.below(2) == 0 ? 256 : static_cast<size_t>(vocab);
    token = static_cast<int32_t>(random.below(limit));
  }
  return tokens;
}

std::string case_text(const Json& entry) {
  if (entry.contains("text")) return entry.at("text").get<std::string>();
  const auto hex = entry.at("hex").get<std::string>();
  std::string out;
  for (size_t i = 0; i < hex.size(); i += 2) out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return out;
}

Tokenizer load(int vocab, const std::optional<std::filesystem::path>& directory = {}) {
  return Tokenizer::load(directory, vocab).value();
}

/// Compares all generated strings with column 0 (gpt2) or 1 (multilingual) of the hashes.
void expect_encodes(const Tokenizer& tokenizer, size_t column) {
  const size_t count = golden().json.at("strings").get<size_t>();
  ASSERT_GE(count, 10000U);
  ASSERT_EQ(golden().encode.size(), 2 * count);
  size_t different = 0;
  size_t broken = 0;
  for (size_t i = 0; i < count; ++i) {
    const std::string text = StringMaker(i).make();
    const std::vector<int32_t> ids = tokenizer.encode(text);
    broken += valid_utf8_prefix(text) != text.size() ? 1 : 0;
    EXPECT_EQ(tokenizer.decode(ids), replace_invalid_utf8(text)) << "string " << i;
    if (hash_ids(ids) == golden().encode[2 * i + column]) continue;
    ++different;
    if (different <= 5) ADD_FAILURE() << "string " << i << ": " << text;
  }
  EXPECT_EQ(different, 0U) << "of " << count;
  EXPECT_GT(broken, count / 10);  // the strings are what they are meant to be
}

TEST(TokenizerGolden, EncodesAsReferenceEnglish) {
  expect_encodes(load(51864), 0);
}

TEST(TokenizerGolden, EncodesAsReferenceEnglishFromModelFiles) {
  const Tokenizer tokenizer = load(51864, std::filesystem::path(SKALD_SOURCE_DIR) / "models/mini.en");
  EXPECT_EQ(tokenizer.source(), "vocab.json");
  expect_encodes(tokenizer, 0);
}

TEST(TokenizerGolden, EncodesAsReferenceMultilingual) {
  expect_encodes(load(51866), 1);
}

TEST(TokenizerGolden, DecodesAsReference) {
  const size_t count = golden().json.at("sequences").get<size_t>();
  ASSERT_EQ(golden().decode.size(), 3 * count);
  const std::array vocabularies = {51864, 51865, 51866};
  for (size_t column = 0; column < vocabularies.size(); ++column) {
    const Tokenizer tokenizer = load(vocabularies[column]);
    for (size_t i = 0; i < count; ++i) {
      const std::string text = tokenizer.decode(make_sequence(i, vocabularies[column]));
      ASSERT_EQ(fnv32(text), golden().decode[3 * i + column])
          << vocabularies[column] << " sequence " << i << ": " << text;
    }
  }
}

TEST(TokenizerGolden, ReadableCases) {
  const Tokenizer gpt2 = load(51864);
  const Tokenizer multilingual = load(51865);
  ASSERT_GE(golden().json.at("cases").size(), 300U);
  for (const Json& entry : golden().json.at("cases")) {
    const std::string text = case_text(entry);
    EXPECT_EQ(gpt2.encode(text), entry.at("gpt2").get<std::vector<int32_t>>()) << entry.dump();
    EXPECT_EQ(multilingual.encode(text), entry.at("multilingual").get<std::vector<int32_t>>()) << entry.dump();
  }
}

TEST(TokenizerGolden, SpecialTokens) {
  for (const auto& [size, wanted] : golden().json.at("specials").items()) {
    const Tokenizer tokenizer = load(std::stoi(size));
    const SpecialTokens& special = tokenizer.special();
    const auto id = [&wanted](const char* name) { return wanted.at(name).get<int32_t>(); };
    EXPECT_EQ(special.end_of_text, id("end_of_text"));
    EXPECT_EQ(special.start_of_transcript, id("start_of_transcript"));
    EXPECT_EQ(special.language_begin, id("language_begin"));
    EXPECT_EQ(special.translate, id("translate"));
    EXPECT_EQ(special.transcribe, id("transcribe"));
    EXPECT_EQ(special.start_of_lm, id("start_of_lm"));
    EXPECT_EQ(special.start_of_prev, id("start_of_prev"));
    EXPECT_EQ(special.no_speech, id("no_speech"));
    EXPECT_EQ(special.no_timestamps, id("no_timestamps"));
    EXPECT_EQ(special.timestamp_begin, id("timestamp_begin"));
    EXPECT_EQ(special.timestamp_begin + kTimestamps - 1, id("last"));
    EXPECT_EQ(special.timestamp_begin + kTimestamps, std::stoi(size));
    const auto languages = wanted.at("languages").get<std::vector<int32_t>>();
    EXPECT_EQ(special.languages, static_cast<int>(languages.size()));
    EXPECT_EQ(special.language_begin, languages.front());
    EXPECT_EQ(tokenizer.decode(std::array{languages.back()}), wanted.at("last_language").get<std::string>());
    EXPECT_EQ(tokenizer.sot_sequence("de", true), wanted.at("sot_sequence_de_translate").get<std::vector<int32_t>>());
    EXPECT_EQ(tokenizer.non_speech_tokens(), wanted.at("non_speech").get<std::vector<int32_t>>());
  }
}

}  // namespace
}  // namespace skald::text
