#include "text/words.h"

#include <algorithm>
#include <array>
#include <utility>

#include "text/unicode.h"

namespace skald::text {
namespace {

constexpr auto kWithoutBlanks = std::to_array<std::string_view>({"zh", "ja", "th", "lo", "my", "yue"});

// Python's string.punctuation, in its order: a piece is punctuation when it is a part of this string.
constexpr std::string_view kPunctuation = R"(!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~)";

std::u32string code_points(std::string_view text) {
  std::u32string out;
  for (size_t at = 0; at < text.size();) {
    const Decoded one = decode_utf8(text, at);
    out.push_back(one.value);
    at += one.size;
  }
  return out;
}

/// Pieces of whole characters. A piece with a replacement character is whole when the text of all tokens has one at
/// the same place: the bytes are broken, not cut.
std::vector<WordTokens> split_characters(const Tokenizer& tokenizer, std::span<const int32_t> tokens) {
  const std::u32string all = code_points(tokenizer.decode(tokens));
  std::vector<WordTokens> pieces;
  WordTokens piece;
  size_t before = 0;  // characters
  for (const int32_t token : tokens) {
    piece.tokens.push_back(token);
    piece.word = tokenizer.decode(piece.tokens);
    const std::u32string made = code_points(piece.word);
    const size_t broken = made.find(kReplacement);
    const bool whole =
        broken == std::u32string::npos || (before + broken < all.size() && all[before + broken] == kReplacement);
    if (!whole) continue;
    before += made.size();
    pieces.push_back(std::exchange(piece, {}));
  }
  return pieces;
}

bool begins_word(const WordTokens& piece, int32_t end_of_text) {
  return piece.tokens.front() >= end_of_text || piece.word.starts_with(' ') ||
         kPunctuation.find(strip(piece.word)) != std::string_view::npos;
}

}  // namespace

std::vector<WordTokens> split_words(const Tokenizer& tokenizer, std::span<const int32_t> tokens,
                                    std::string_view language) {
  std::vector<WordTokens> pieces = split_characters(tokenizer, tokens);
  if (std::ranges::find(kWithoutBlanks, language) != kWithoutBlanks.end()) return pieces;
  std::vector<WordTokens> words;
  for (WordTokens& piece : pieces) {
    if (words.empty() || begins_word(piece, tokenizer.special().end_of_text)) {
      words.push_back(std::move(piece));
    } else {
      words.back().word += piece.word;
      words.back().tokens.insert(words.back().tokens.end(), piece.tokens.begin(), piece.tokens.end());
    }
  }
  return words;
}

}  // namespace skald::text
