#pragma once
// UTF-8 as Python reads it, and the character classes of the tokenizer's split expression.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace skald::text {

inline constexpr char32_t kReplacement = 0xFFFD;  // U+FFFD REPLACEMENT CHARACTER

/// One character of a byte string, or one maximal ill-formed piece of it.
struct Decoded {
  char32_t value = kReplacement;  ///< kReplacement when ill-formed
  uint32_t size = 1;              ///< bytes it takes, at least 1
  bool valid = false;
};

/// Reads the character at `at`. An ill-formed sequence takes its maximal subpart: the longest prefix of a well-formed
/// sequence, or one byte (The Unicode Standard, section 3.9, table 3-7; Python's decode(errors="replace")).
/// Pre: at < text.size().
Decoded decode_utf8(std::string_view text, size_t at);

/// Appends `value` as UTF-8. Pre: a scalar value (no surrogate, at most U+10FFFF).
void append_utf8(std::string& out, char32_t value);

/// Offset of the first ill-formed sequence; text.size() when there is none.
size_t valid_utf8_prefix(std::string_view text);

/// The text with each maximal ill-formed piece replaced by U+FFFD.
std::string replace_invalid_utf8(std::string_view text);

/// Classes of the split expression: \p{L}, \p{N}, \s and everything else (Unicode 16.0 whatever utf8proc's version is).
enum class CharClass : uint8_t { kLetter, kNumber, kSpace, kOther };
CharClass char_class(char32_t value);

/// The text without leading and trailing white space, as Python's str.strip() does it.
std::string_view strip(std::string_view text);

}  // namespace skald::text
