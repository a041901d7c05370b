#pragma once
// GPT-2's split of text into the pieces that BPE works on.

#include <cstddef>
#include <string_view>

namespace skald::text {

/// End of the piece that starts at `at`: the first match of
///   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
/// which always matches (openai/whisper tokenizer.py get_encoding).
/// Pre: `text` is well-formed UTF-8, `at` the start of a character.
size_t next_piece(std::string_view text, size_t at);

}  // namespace skald::text
