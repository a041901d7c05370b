#include "text/split.h"

#include <array>

#include "text/unicode.h"

namespace skald::text {
namespace {

constexpr std::array<std::string_view, 7> kContractions = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};

/// End of the run of `wanted` from `at`.
size_t run_end(std::string_view text, size_t at, CharClass wanted) {
  while (at < text.size()) {
    const Decoded decoded = decode_utf8(text, at);
    if (char_class(decoded.value) != wanted) break;
    at += decoded.size;
  }
  return at;
}

/// \s+(?!\S)|\s+ : all of a run at the end of the text; elsewhere all but its last character, which the next piece
/// may take as its leading blank; that character alone when there is no other.
size_t space_end(std::string_view text, size_t at) {
  size_t last = at;  // start of the run's last character
  size_t end = at;
  while (end < text.size()) {
    const Decoded decoded = decode_utf8(text, end);
    if (char_class(decoded.value) != CharClass::kSpace) return last == at ? end : last;
    last = end;
    end += decoded.size;
  }
  return end;
}

}  // namespace

size_t next_piece(std::string_view text, size_t at) {
  for (const std::string_view contraction : kContractions) {
    if (text.substr(at).starts_with(contraction)) return at + contraction.size();
  }
  const size_t start = text[at] == ' ' && at + 1 < text.size() ? at + 1 : at;
  const CharClass wanted = char_class(decode_utf8(text, start).value);
  return wanted == CharClass::kSpace ? space_end(text, at) : run_end(text, start, wanted);
}

}  // namespace skald::text
