// Vocabularies from small made-up files: what is read, and what is refused with the place.

#include "text/vocabulary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "base/file.h"
#include "text/bpe.h"
#include "text/vocabulary_files.h"

namespace skald::text {
namespace {

/// GPT-2's spelling of a byte as a JSON string's content.
std::string spelling(int byte) {
  const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
  static const std::vector<int> kOthers = [] {
    std::vector<int> others;
    for (int b = 0; b < 256; ++b) {
      if (!((b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE)) others.push_back(b);
    }
    return others;
  }();
  const int value = printable ? byte : 256 + static_cast<int>(std::ranges::find(kOthers, byte) - kOthers.begin());
  if (value == '"' || value == '\\') return std::string("\\") + static_cast<char>(value);
  if (value < 0x80) return {static_cast<char>(value)};
  return {static_cast<char>(0xC0 | (value >> 6)), static_cast<char>(0x80 | (value & 0x3F))};
}

/// "token": id for the 256 bytes, then `extra` from id 256 on.
std::string vocab_json(const std::vector<std::string>& extra) {
  std::vector<std::string> tokens;
  for (int byte = 0; byte < 256; ++byte) tokens.push_back(spelling(byte));
  tokens.insert(tokens.end(), extra.begin(), extra.end());
  std::string json;
  for (size_t id = 0; id < tokens.size(); ++id) {
    json.append(id == 0 ? "{\"" : ", \"").append(tokens[id]).append("\": ").append(std::to_string(id));
  }
  return json + "}";
}

const std::vector<std::string> kExtra = {"Ġa", "ab", "bc", "abc"};
constexpr VocabularySpec kSpec{.tokens = 260};

std::string tokenizer_json(const std::string& merges) {
  return R"({"version": "1.0", "added_tokens": [{"id": 260, "content": "<|endoftext|>", "special": true}], "model": )"
         R"({"type": "BPE", "dropout": null, "vocab": )" +
         vocab_json(kExtra) + R"(, "merges": )" + merges + "}, \"post\": [[1, 2.5], {\"a\": null}]}";
}

Result<Vocabulary> pair_of(const std::string& vocab, std::optional<std::string_view> merges = {},
                           const VocabularySpec& spec = kSpec) {
  return parse_vocab_json(
      {.vocab_json = vocab, .merges_txt = merges, .vocab_where = "vocab.json", .merges_where = "merges.txt"}, spec);
}

std::vector<int32_t> encode(const Vocabulary& vocabulary, std::string_view text) {
  return encode_text(vocabulary, text);
}

TEST(VocabularyFiles, AllFormsReadTheSame) {
  const std::string merges = "#version: 0.2\nĠ a\na b\r\nb c\nab c\n";
  const Vocabulary from_pair = pair_of(vocab_json(kExtra), merges).value();
  const Vocabulary from_strings =
      parse_tokenizer_json(tokenizer_json(R"(["Ġ a", "a b", "b c", "ab c"])"), kSpec, "t").value();
  const Vocabulary from_pairs =
      parse_tokenizer_json(tokenizer_json(R"([["Ġ","a"], ["a","b"], ["b","c"], ["ab","c"]])"), kSpec, "t").value();
  const Vocabulary from_ids = pair_of(vocab_json(kExtra)).value();
  for (const Vocabulary* vocabulary : {&from_pair, &from_strings, &from_pairs, &from_ids}) {
    EXPECT_EQ(vocabulary->bytes(256), " a");
    EXPECT_EQ(vocabulary->find("abc"), 259);
    EXPECT_EQ(vocabulary->find("abcd"), Vocabulary::kNone);
    EXPECT_EQ(encode(*vocabulary, "abc abcd \n"), (std::vector<int32_t>{259, 256, 258, 'd', ' ', '\n'}));
  }
}

TEST(VocabularyFiles, MergesGiveThePriority) {
  const Vocabulary vocabulary = pair_of(vocab_json(kExtra), "b c\na b\n").value();  // b c first; " a" and abc never
  EXPECT_EQ(encode(vocabulary, "abcx"), (std::vector<int32_t>{'a', 258, 'x'}));
  EXPECT_EQ(encode(vocabulary, " ax"), (std::vector<int32_t>{' ', 'a', 'x'}));
  EXPECT_EQ(vocabulary.rank(256), Vocabulary::kNoRank);
}

TEST(VocabularyFiles, TheLastMultilingualTokenIsEmpty) {
  const VocabularySpec spec{.tokens = 261, .empty_last = true};
  EXPECT_TRUE(pair_of(vocab_json(kExtra), {}, spec));
  std::vector<std::string> extra = kExtra;
  extra.emplace_back("");
  EXPECT_TRUE(pair_of(vocab_json(extra), {}, spec));
  EXPECT_FALSE(pair_of(vocab_json(extra), {}, {.tokens = 261}));
  EXPECT_EQ(pair_of(vocab_json(extra), {}, spec).value().bytes(260), "");
}

TEST(VocabularyFiles, SpecialTokensAreLeftToTheirTable) {
  std::vector<std::string> extra = kExtra;
  extra.emplace_back("<|endoftext|>");
  extra.emplace_back("any 日 name");
  EXPECT_TRUE(pair_of(vocab_json(extra)));
}

struct Damage {
  const char* name;
  std::string vocab;
  std::optional<std::string> merges;
  const char* where;
  const char* message;
};

TEST(VocabularyFiles, DamagedPairsAreRefusedWithThePlace) {
  const std::string good = vocab_json(kExtra);
  const std::string head = good.substr(0, good.size() - 1);
  const std::string long_token = std::string(Vocabulary::kMaxTokenBytes + 1, 'a');
  std::string many_merges;
  for (int i = 0; i < 300; ++i) many_merges += "a b\n";
  const Damage cases[] = {
      {"empty", "", {}, "vocab.json", "byte"},
      {"not JSON", "#!/bin/sh", {}, "vocab.json", "byte 1"},
      {"cut off", good.substr(0, 1000), {}, "vocab.json", "byte"},
      {"array", "[1, 2]", {}, "vocab.json", "not an object"},
      {"number", "3", {}, "vocab.json", "not an object"},
      {"more after the end", good + "x", {}, "vocab.json", "byte"},
      {"broken UTF-8", "{\"\xFF\": 1}", {}, "vocab.json", "byte"},
      {"id missing", vocab_json({"Ġa", "ab", "bc"}), {}, "vocab.json", "token id 259 is missing"},
      {"id twice", head + ", \"xy\": 5}", {}, "vocab.json", "token id 5 is given twice"},
      {"token twice", vocab_json({"Ġa", "ab", "bc", "bc"}), {}, "vocab.json", "258 and 259 are the same"},
      {"negative id", head + ", \"xy\": -1}", {}, "vocab.json", "token id -1"},
      {"fractional id", head + ", \"xy\": 1.5}", {}, "vocab.json", "not an integer"},
      {"id a string", head + ", \"xy\": \"1\"}", {}, "vocab.json", "not an integer"},
      {"id an object", head + ", \"xy\": {}}", {}, "vocab.json", "not an integer"},
      {"id an array", head + ", \"xy\": [1]}", {}, "vocab.json", "not an integer"},
      {"id null", head + ", \"xy\": null}", {}, "vocab.json", "not an integer"},
      {"not a byte", vocab_json({"Ġa", "ab", "bc", "日"}), {}, "vocab.json", "stands for no byte"},
      {"blank in a token", vocab_json({"Ġa", "ab", "bc", "b c"}), {}, "vocab.json", "stands for no byte"},
      {"token too long", vocab_json({"Ġa", "ab", "bc", long_token}), {}, "vocab.json", "has 1025 bytes"},
      {"empty token", vocab_json({"Ġa", "ab", "bc", ""}), {}, "vocab.json", "token 259 is empty"},
      {"wrong end of text", head + ", \"<|endoftext|>\": 300}", {}, "vocab.json", "<|endoftext|> has id 300"},
      {"merge of one", good, "Ġ a\nab\n", "merges.txt", "merge 1 is not a pair"},
      {"merge of three", good, "a b c\n", "merges.txt", "merge 0 is not a pair"},
      {"merge of nothing", good, " a\n", "merges.txt", "merge 0 is not a pair"},
      {"merge of no token", good, "Ġ a\nq q\n", "merges.txt", "merge 1 makes what is no token"},
      {"merge of broken UTF-8", good, "\xFF a\n", "merges.txt", "merge 0 is not a pair"},
      {"merge too long", good, long_token + long_token + "x a\n", "merges.txt", "merge 0 is not a pair"},
      {"too many merges", good, many_merges, "merges.txt", "more merges than tokens"},
  };
  for (const Damage& damage : cases) {
    const auto result = pair_of(damage.vocab, damage.merges);
    ASSERT_FALSE(result) << damage.name;
    EXPECT_EQ(result.error().code, ErrorCode::kBadModel) << damage.name;
    EXPECT_EQ(result.error().where, damage.where) << damage.name;
    EXPECT_NE(result.error().message.find(damage.message), std::string::npos)
        << damage.name << ": " << result.error().message;
    EXPECT_FALSE(result.error().remedy.empty()) << damage.name;
  }
}

TEST(VocabularyFiles, DamagedTokenizerJsonIsRefused) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "byte"},
      {"{}", "no model.vocab"},
      {"[]", "no model.vocab"},
      {R"({"model": {"vocab": 3}})", "no model.vocab"},
      {R"({"model": {"vocab": {"a": 0}, "vocab": {"a": 0}}})", "two model.vocab"},
      {R"({"model": {"vocab": {"a": 0}}})", "missing"},
      {tokenizer_json("[[\"a\"]]"), "not a pair"},
      {tokenizer_json("[[\"a\", \"b\", \"c\"]]"), "not a pair"},
      {tokenizer_json("[[\"a\", 1]]"), "not a pair"},
      {tokenizer_json("[[\"a\", [\"b\"]]]"), "not a pair"},
      {tokenizer_json("[{\"a\": \"b\"}]"), "not a pair"},
      {tokenizer_json("[1]"), "not a pair"},
      {tokenizer_json("[\"ab\"]"), "not a pair"},
      {std::string(1 << 16, '['), "byte"},
      {std::string(1 << 16, '{'), "byte"},
  };
  for (const auto& [content, message] : cases) {
    const auto result = parse_tokenizer_json(content, kSpec, "tokenizer.json");
    ASSERT_FALSE(result) << content.substr(0, 60);
    EXPECT_EQ(result.error().code, ErrorCode::kBadModel);
    EXPECT_EQ(result.error().where, "tokenizer.json");
    EXPECT_NE(result.error().message.find(message), std::string::npos) << result.error().message;
  }
  const auto unigram = parse_tokenizer_json(R"({"model": {"type": "Unigram", "vocab": {}}})", kSpec, "tokenizer.json");
  ASSERT_FALSE(unigram);
  EXPECT_EQ(unigram.error().code, ErrorCode::kUnsupported);
}

TEST(VocabularyFiles, DamagedTiktokenIsRefused) {
  for (const char* content :
       {"IQ==", "IQ== x", "I*== 0", "IQ== 0 1", "IQ== 99999999999", "IQ== 0\nIQ== 0", "IQ== -5", ""}) {
    const auto result = parse_tiktoken(content, kSpec, "v.tiktoken");
    ASSERT_FALSE(result) << content;
    EXPECT_EQ(result.error().code, ErrorCode::kBadModel);
    EXPECT_EQ(result.error().where, "v.tiktoken");
  }
}

TEST(VocabularyFiles, SeedsOfTheFuzzerAreValid) {
  const std::filesystem::path corpus = std::filesystem::path(SKALD_SOURCE_DIR) / "tests/fuzz/corpus/tokenizer";
  int seeds = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    const std::string seed = read_file(entry.path()).value();
    const std::string content = seed.substr(1);
    const size_t end = content.find("\n%%\n");
    const auto merges =
        end == std::string::npos ? std::nullopt : std::optional(std::string_view(content).substr(end + 4));
    const auto result = seed[0] == 'T'   ? parse_tokenizer_json(content, kSpec, "t")
                        : seed[0] == 'K' ? parse_tiktoken(content, kSpec, "k")
                                         : pair_of(content.substr(0, end), merges);
    EXPECT_TRUE(result) << entry.path() << ": " << (result ? "" : to_string(result.error()));
    ++seeds;
  }
  EXPECT_EQ(seeds, 5);
}

/// The definition: look at all neighbours, merge the first of the smallest rank, again until none is left.
std::vector<int32_t> encode_naively(const Vocabulary& vocabulary, std::string_view piece) {
  std::vector<std::string> parts;
  for (const char c : piece) parts.emplace_back(1, c);
  while (true) {
    int32_t best_rank = Vocabulary::kNoRank;
    size_t best = 0;
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      const int32_t id = vocabulary.find(parts[i] + parts[i + 1]);
      if (id != Vocabulary::kNone && vocabulary.rank(id) < best_rank) {
        best_rank = vocabulary.rank(id);
        best = i;
      }
    }
    if (best_rank == Vocabulary::kNoRank) break;
    parts[best] += parts[best + 1];
    parts.erase(parts.begin() + static_cast<ptrdiff_t>(best) + 1);
  }
  std::vector<int32_t> ids;
  for (const std::string& part : parts) ids.push_back(vocabulary.find(part));
  return ids;
}

TEST(Bpe, EqualsTheDefinition) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    // A vocabulary over three letters, with tokens that no merge reaches and ranks in any order.
    std::vector<std::string> extra;
    while (extra.size() < 24) {
      std::string token;
      for (size_t n = 2 + random() % 4; n > 0; --n) token += static_cast<char>('a' + random() % 3);
      if (std::ranges::find(extra, token) == extra.end()) extra.push_back(token);
    }
    const Vocabulary vocabulary = pair_of(vocab_json(extra), {}, {.tokens = 280}).value();
    for (int i = 0; i < 20; ++i) {
      std::string piece;
      for (size_t n = 7 + random() % 40; n > 0; --n) piece += static_cast<char>('a' + random() % 3);
      std::vector<int32_t> ids;
      BpeScratch scratch;
      encode_piece(vocabulary, piece, scratch, ids);
      ASSERT_EQ(ids, encode_naively(vocabulary, piece)) << piece;
    }
  }
}

}  // namespace
}  // namespace skald::text
