#pragma once
// Tokens grouped into words, as openai/whisper tokenizer.py split_to_word_tokens() does it for word timestamps.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace skald::text {

struct WordTokens {
  std::string word;  ///< with the blank before it
  std::vector<int32_t> tokens;
};

/// Words of `tokens` (text, perhaps with end-of-text at the end): a word begins with a blank, is ASCII punctuation or a
/// special token; in languages that are written without blanks (zh, ja, th, lo, my, yue) every character is one. A
/// character of several tokens is never split; tokens after the last whole character belong to no word.
std::vector<WordTokens> split_words(const Tokenizer& tokenizer, std::span<const int32_t> tokens,
                                    std::string_view language);

}  // namespace skald::text
