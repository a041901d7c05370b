// Feeds the readers of tokenizer.json, vocab.json with merges.txt, and tiktoken files, and encodes and decodes with
// what they accept. The first byte of an input chooses the format and is dropped:
//   'T' tokenizer.json   'V' vocab.json, then a line "%%", then merges.txt   'K' tiktoken
// The vocabulary has 260 text tokens here (the 256 bytes and four merges): parsers see the number as a limit only.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "text/bpe.h"
#include "text/unicode.h"
#include "text/vocabulary_files.h"

namespace {

using skald::Result;
using skald::text::Vocabulary;
using skald::text::VocabularySpec;

constexpr VocabularySpec kSpec{.tokens = 260};

Result<Vocabulary> parse_pair(std::string_view input) {
  constexpr std::string_view kBreak = "\n%%\n";
  skald::text::VocabularyPair files{
      .vocab_json = input, .merges_txt = {}, .vocab_where = "vocab.json", .merges_where = "merges.txt"};
  if (const size_t end = input.find(kBreak); end != std::string_view::npos) {
    files.vocab_json = input.substr(0, end);
    files.merges_txt = input.substr(end + kBreak.size());
  }
  return skald::text::parse_vocab_json(files, kSpec);
}

Result<Vocabulary> parse(char format, std::string_view input) {
  if (format == 'V') return parse_pair(input);
  if (format == 'K') return skald::text::parse_tiktoken(input, kSpec, "v.tiktoken");
  return skald::text::parse_tokenizer_json(input, kSpec, "tokenizer.json");
}

/// What holds for every vocabulary that was accepted: tokens of a text, joined, are the text.
void check_round_trip(const Vocabulary& vocabulary, std::string_view input) {
  const std::string text = skald::text::replace_invalid_utf8(input);
  std::string joined;
  for (const int32_t id : skald::text::encode_text(vocabulary, text)) {
    if (id < 0 || id >= vocabulary.size()) std::abort();
    joined += vocabulary.bytes(id);
  }
  if (joined != text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto vocabulary = parse(static_cast<char>(data[0]), input);
  if (vocabulary) {
    check_round_trip(*vocabulary, input);
  } else if (vocabulary.error().message.empty()) {
    std::abort();
  }
  return 0;
}
