#include "text/tokenizer.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/file.h"
#include "text/unicode.h"
#include "text/vocabulary_files.h"

namespace skald::text {
namespace {

namespace fs = std::filesystem;

constexpr int kEnglish = 51864;
constexpr int kMultilingual = 51865;

const fs::path kModel = fs::path(SKALD_SOURCE_DIR) / "models/mini.en";

const Tokenizer& tokenizer(int vocab) {
  static const Tokenizer kGpt2 = Tokenizer::load({}, kEnglish).value();
  static const Tokenizer kOther = Tokenizer::load({}, kMultilingual).value();
  return vocab == kEnglish ? kGpt2 : kOther;
}

/// A directory of its own that goes away with the test.
class Scratch {
 public:
  Scratch() : path_(fs::path(testing::TempDir()) / ("skald_tokenizer_" + std::to_string(std::random_device{}()))) {
    fs::create_directories(path_);
  }
  ~Scratch() { fs::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const { return path_; }
  void put(const char* name, const std::string& content) const { std::ofstream(path_ / name) << content; }

 private:
  fs::path path_;
};

/// ASCII, two-byte scripts, kana and ideographs, or anything at all.
std::string random_text(std::mt19937& random) {
  struct Range {
    uint32_t first;
    uint32_t count;
  };
  constexpr std::array kRanges = {Range{0x20, 95}, Range{0x80, 0x780}, Range{0x3040, 0x6000}, Range{0, 0x110000}};
  std::string text;
  for (size_t n = random() % 60; n > 0; --n) {
    const Range range = kRanges[random() % kRanges.size()];
    const auto value = static_cast<char32_t>(range.first + random() % range.count);
    append_utf8(text, value >= 0xD800 && value <= 0xDFFF ? U' ' : value);
  }
  return text;
}

TEST(Tokenizer, DecodeUndoesEncode) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = random_text(random);
    for (const int vocab : {kEnglish, kMultilingual}) {
      ASSERT_EQ(tokenizer(vocab).decode(tokenizer(vocab).encode(text)), text);
    }
  }
}

TEST(Tokenizer, GrowingOutputNeverSplitsACharacter) {
  const std::string text = " Ein 日本語 text with 👨‍👩‍👧‍👦, ﷺ and नमस्ते 𓀀!";
  for (const int vocab : {kEnglish, kMultilingual}) {
    const std::vector<int32_t> ids = tokenizer(vocab).encode(text);
    int incomplete = 0;
    for (size_t n = 0; n <= ids.size(); ++n) {
      std::string so_far = tokenizer(vocab).decode(std::span(ids).first(n));
      EXPECT_EQ(valid_utf8_prefix(so_far), so_far.size());
      if (so_far.ends_with("\xEF\xBF\xBD")) {
        ++incomplete;
        so_far.resize(so_far.size() - 3);
      }
      EXPECT_TRUE(text.starts_with(so_far)) << so_far;
    }
    EXPECT_GT(incomplete, 5);  // the text does have characters of several tokens
  }
}

TEST(Tokenizer, TokensOutOfRangeAreSkipped) {
  const Tokenizer& english = tokenizer(kEnglish);
  EXPECT_EQ(english.decode(std::array{-1, 15496, 51864, INT32_MAX, INT32_MIN, 50363, 51863}), "Hello");
  EXPECT_EQ(english.decode(std::array{50256, 50257, 50258, 50362}),
            "<|endoftext|><|startoftranscript|><|en|><|notimestamps|>");
  EXPECT_EQ(english.bytes(15496), "Hello");
  for (const int32_t token : {-1, 50256, 51863, 51864, INT32_MAX}) EXPECT_TRUE(english.bytes(token).empty()) << token;
}

TEST(Tokenizer, SpecialTokensInTextAreText) {
  for (const int vocab : {kEnglish, kMultilingual}) {
    for (const int32_t id : tokenizer(vocab).encode("<|endoftext|><|en|>")) {
      EXPECT_LT(id, tokenizer(vocab).special().end_of_text);
    }
  }
}

TEST(Tokenizer, LongPiecesDoNotTakeQuadraticTime) {
  // 1 MB of one letter class: minutes if every merge looked at the whole piece again.
  std::string text;
  std::mt19937 random(3);
  while (text.size() < (size_t{1} << 20U)) text += static_cast<char>('a' + random() % 26);
  EXPECT_EQ(tokenizer(kEnglish).decode(tokenizer(kEnglish).encode(text)), text);
  EXPECT_EQ(tokenizer(kMultilingual).encode(std::string(1U << 18U, ' ')).size() % 2, 0U);
}

TEST(Tokenizer, SpecialTokensBySize) {
  for (const int vocab : {0, -1, 50257, 51863, 51867, INT32_MAX}) {
    const auto special = special_tokens(vocab);
    ASSERT_FALSE(special) << vocab;
    EXPECT_EQ(special.error().code, ErrorCode::kUnsupported);
    EXPECT_FALSE(Tokenizer::load({}, vocab));
  }
  EXPECT_EQ(special_tokens(51866).value().timestamp_begin, 50365);
  EXPECT_EQ(special_tokens(51864).value().end_of_text, 50256);
}

TEST(Tokenizer, LanguagesAndStart) {
  const Tokenizer large = Tokenizer::load({}, 51866).value();
  EXPECT_EQ(large.language_token("yue"), 50358);
  EXPECT_EQ(tokenizer(kMultilingual).language_token("yue"), std::nullopt);
  EXPECT_EQ(tokenizer(kMultilingual).language_token("xx"), std::nullopt);
  EXPECT_EQ(tokenizer(kMultilingual).sot_sequence("en", false), (std::vector<int32_t>{50258, 50259, 50359}));
  EXPECT_EQ(large.sot_sequence("de", true), (std::vector<int32_t>{50258, 50261, 50359}));
  EXPECT_EQ(tokenizer(kEnglish).sot_sequence("en", false), (std::vector<int32_t>{50257}));
}

TEST(Tokenizer, ReadsWhatADirectoryHas) {
  const std::string text = "It's 10 o'clock —  日本\n\n";
  const std::vector<int32_t> wanted = tokenizer(kEnglish).encode(text);
  const auto source = [&](const fs::path& directory) -> std::string {
    const auto loaded = Tokenizer::load(directory, kEnglish);
    if (!loaded) return to_string(loaded.error());
    EXPECT_EQ(loaded->encode(text), wanted);
    EXPECT_EQ(loaded->non_speech_tokens(), tokenizer(kEnglish).non_speech_tokens());
    return loaded->source();
  };
  EXPECT_EQ(source(kModel), "vocab.json");
  const Scratch scratch;
  EXPECT_EQ(source(scratch.path()), "built-in");
  EXPECT_EQ(source(scratch.path() / "missing"), "built-in");
  fs::copy_file(kModel / "vocab.json", scratch.path() / "vocab.json");
  EXPECT_EQ(source(scratch.path()), "vocab.json");
  fs::copy_file(kModel / "tokenizer.json", scratch.path() / "tokenizer.json");
  EXPECT_EQ(source(scratch.path()), "tokenizer.json");
  fs::copy_file(kModel / "merges.txt", scratch.path() / "merges.txt");
  EXPECT_EQ(source(scratch.path()), "vocab.json");
}

TEST(Tokenizer, AModelsMergesAreTheOrderOfItsIds) {
  const std::string vocab = read_file(kModel / "vocab.json").value();
  const std::string merges = read_file(kModel / "merges.txt").value();
  const Vocabulary vocabulary =
      parse_vocab_json({.vocab_json = vocab, .merges_txt = merges, .vocab_where = "v", .merges_where = "m"},
                       {.tokens = 50256})
          .value();
  for (int32_t id = 256; id < vocabulary.size(); ++id) ASSERT_EQ(vocabulary.rank(id), id - 256);
}

TEST(Tokenizer, FilesOfAnotherModelAreRefused) {
  const auto result = Tokenizer::load(kModel, kMultilingual);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kBadModel);
  EXPECT_NE(result.error().where.find("vocab.json"), std::string::npos);
  EXPECT_NE(result.error().message.find("<|endoftext|>"), std::string::npos);
}

TEST(Tokenizer, DamagedFilesAreRefused) {
  const Scratch scratch;
  scratch.put("tokenizer.json", "{\"model\": {\"vocab\": {");
  auto result = Tokenizer::load(scratch.path(), kEnglish);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kBadModel);
  EXPECT_NE(result.error().where.find("tokenizer.json"), std::string::npos);
  fs::create_directory(scratch.path() / "vocab.json");
  fs::remove(scratch.path() / "tokenizer.json");
  result = Tokenizer::load(scratch.path(), kEnglish);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kBadModel);
}

}  // namespace
}  // namespace skald::text
