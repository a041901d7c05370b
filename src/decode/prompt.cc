#include "decode/prompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "text/unicode.h"

namespace skald::decode {

std::span<const int32_t> last_tokens(std::span<const int32_t> tokens, int n) {
  const auto size = static_cast<int64_t>(tokens.size());
  const int64_t first = n > 0 ? std::max<int64_t>(size - n, 0) : std::min<int64_t>(-int64_t{n}, size);
  return tokens.subspan(static_cast<size_t>(first));
}

std::vector<int32_t> encode_prompt(const text::Tokenizer& tokenizer, std::string_view text) {
  std::string blank_first = " ";
  blank_first += text::strip(text);
  return tokenizer.encode(blank_first);
}

std::vector<int32_t> trim_prefix(std::span<const int32_t> prefix, int text_ctx, int sample_len) {
  const auto kept = last_tokens(prefix, text_ctx / 2 - sample_len);
  return {kept.begin(), kept.end()};
}

Result<std::vector<int32_t>> initial_tokens(const Settings& settings, int32_t start_of_prev,
                                            std::span<const int32_t> prompt) {
  std::vector<int32_t> tokens;
  const std::vector<int32_t>& hot = settings.hotwords;
  if (!prompt.empty() || !hot.empty()) {
    const auto kept = last_tokens(prompt, settings.text_ctx / 2 - 1 - static_cast<int>(hot.size()));
    tokens.reserve(1 + hot.size() + kept.size() + settings.sot_sequence.size() + settings.prefix.size());
    tokens.push_back(start_of_prev);
    tokens.insert(tokens.end(), hot.begin(), hot.end());
    tokens.insert(tokens.end(), kept.begin(), kept.end());
  }
  tokens.insert(tokens.end(), settings.sot_sequence.begin(), settings.sot_sequence.end());
  tokens.insert(tokens.end(), settings.prefix.begin(), settings.prefix.end());
  if (std::cmp_greater(tokens.size(), settings.text_ctx)) {
    return fail(ErrorCode::kInvalidArgument, "prefix",
                fmt::format("prompt and prefix have {} tokens, more than the {} of the text context", tokens.size(),
                            settings.text_ctx),
                "shorten the prefix");
  }
  return tokens;
}

}  // namespace skald::decode
