#pragma once
// What a window's sequence starts with: openai/whisper decoding.py, DecodingTask._get_initial_tokens.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "decode/decoding.h"

namespace skald::decode {

/// tokens[-n:] as Python slices it: the last n; all of them for n = 0; all but the first -n for a negative n.
std::span<const int32_t> last_tokens(std::span<const int32_t> tokens, int n);

/// `text` as a prompt or prefix is encoded: one blank, then the text without surrounding white space.
std::vector<int32_t> encode_prompt(const text::Tokenizer& tokenizer, std::string_view text);

/// The tokens of a prefix that a window keeps: tokens[-(text_ctx / 2 - sample_len):]. With the default sample_len that
/// is [-0:], the whole prefix, as in the reference.
std::vector<int32_t> trim_prefix(std::span<const int32_t> prefix, int text_ctx, int sample_len);

/// [prev] + hotwords + prompt[-(text_ctx / 2 - 1 - hotwords):] + sot_sequence + prefix; without [prev] when there are
/// neither hotwords nor prompt. Pre: hotwords leave room for a token of the prompt.
/// Errors: kInvalidArgument when that is longer than text_ctx.
Result<std::vector<int32_t>> initial_tokens(const Settings& settings, int32_t start_of_prev,
                                            std::span<const int32_t> prompt);

}  // namespace skald::decode
