// From the user's options to what every window needs: DecodingTask.__init__ and cli() of openai/whisper.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <new>
#include <utility>

#include "base/log.h"
#include "decode/decoding.h"
#include "decode/fallback.h"
#include "decode/prompt.h"
#include "text/unicode.h"

namespace skald::decode {
namespace {

/// What `--suppress-tokens` says, before the special tokens are added.
struct SuppressList {
  std::vector<int32_t> tokens;
  bool non_speech = false;  ///< -1 was among them
};

Result<SuppressList> parse_suppress_list(std::string_view list, int vocab) {
  constexpr const char* kWhere = "suppress-tokens";
  constexpr const char* kRemedy = "give token ids separated by commas; -1 stands for the non-speech symbols";
  SuppressList result;
  for (bool more = true; more;) {
    const size_t comma = list.find(',');
    more = comma != std::string_view::npos;
    const std::string_view item = text::strip(list.substr(0, comma));
    if (more) list.remove_prefix(comma + 1);
    int32_t token = 0;
    const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), token);
    if (error == std::errc::invalid_argument || end != item.data() + item.size()) {
      return fail(ErrorCode::kInvalidArgument, kWhere, fmt::format("'{}' is not a token id", item), kRemedy);
    }
    if (error != std::errc{} || token < -1 || token >= vocab) {
      return fail(ErrorCode::kInvalidArgument, kWhere,
                  fmt::format("{} is not in the vocabulary of {} tokens", item, vocab), kRemedy);
    }
    if (token == -1) {
      result.non_speech = true;
    } else {
      result.tokens.push_back(token);
    }
  }
  return result;
}

/// Tokens of digits and signs for them: what whisperX suppresses, so that numbers are written as words and can be
/// aligned.
std::vector<int32_t> numerals(const text::Tokenizer& tokenizer) {
  std::vector<int32_t> tokens;
  constexpr auto kNowhere = std::string_view::npos;
  for (int32_t token = 0; token < tokenizer.special().end_of_text; ++token) {
    const std::string_view bytes = tokenizer.bytes(token);
    if (bytes.find_first_of("0123456789%$") != kNowhere || bytes.find("£") != kNowhere) tokens.push_back(token);
  }
  return tokens;
}

/// The reference adds no filter at all for an empty string; with any other list, the special tokens that never belong
/// in a text are suppressed too.
Result<std::vector<int32_t>> suppressed_tokens(const std::string& option, const text::Tokenizer& tokenizer) {
  if (option.empty()) return std::vector<int32_t>{};
  const text::SpecialTokens& special = tokenizer.special();
  SKALD_TRY(SuppressList list, parse_suppress_list(option, special.timestamp_begin + text::kTimestamps));
  std::vector<int32_t> tokens = std::move(list.tokens);
  if (list.non_speech) {
    const auto& symbols = tokenizer.non_speech_tokens();
    tokens.insert(tokens.end(), symbols.begin(), symbols.end());
  }
  tokens.insert(tokens.end(), {special.transcribe, special.translate, special.start_of_transcript,
                               special.start_of_prev, special.start_of_lm, special.no_speech});
  return tokens;
}

Result<std::vector<int32_t>> start_sequence(const TranscribeOptions& options, const text::Tokenizer& tokenizer,
                                            const std::string& language) {
  const bool translate = options.task == "translate";
  const bool multilingual = tokenizer.special().multilingual;
  if (!multilingual && translate) {
    return fail(ErrorCode::kUnsupported, "task", "an English-only model cannot translate",
                "choose a multilingual model, or --task transcribe");
  }
  if (!multilingual && language != "en") {
    log().warn("an English-only model was asked for language '{}'; using English instead", language);
  }
  if (multilingual && !tokenizer.language_token(language)) {
    return fail(ErrorCode::kInvalidArgument, "language",
                fmt::format("this model does not know the language '{}'", language),
                "choose another language, or a model that was trained on it");
  }
  std::vector<int32_t> tokens = tokenizer.sot_sequence(multilingual ? language : "en", translate);
  if (options.without_timestamps) tokens.push_back(tokenizer.special().no_timestamps);
  return tokens;
}

Result<void> check(const TranscribeOptions& options, const std::vector<double>& temperatures) {
  constexpr auto kInvalid = ErrorCode::kInvalidArgument;
  if (options.beam_size && *options.beam_size < 1) {
    return fail(kInvalid, "beam-size", "must be at least 1", "leave it out for greedy decoding");
  }
  if (options.best_of && *options.best_of < 1) return fail(kInvalid, "best-of", "must be at least 1", "give 1 or more");
  if (options.patience && !options.beam_size && std::ranges::any_of(temperatures, [](double t) { return t <= 0; })) {
    return fail(kInvalid, "patience", "is for beam search only", "give --beam-size too, or leave --patience out");
  }
  if (options.patience && options.beam_size && std::nearbyint(*options.beam_size * *options.patience) < 1) {
    return fail(kInvalid, "patience", "beam size times patience rounds to 0: the search would keep no candidate",
                "give a larger --patience");
  }
  if (options.length_penalty && !(*options.length_penalty >= 0 && *options.length_penalty <= 1)) {
    return fail(kInvalid, "length-penalty", "must lie between 0 and 1", "give a value between 0 and 1");
  }
  return {};
}

Result<Settings> build(const TranscribeOptions& options, const text::Tokenizer& tokenizer, const std::string& language,
                       int text_ctx) {
  if (options.temperature_increment_on_fallback && !(*options.temperature_increment_on_fallback > 0)) {
    return fail(ErrorCode::kInvalidArgument, "temperature-increment-on-fallback", "must be above 0",
                "give a step above 0, or none for no fallback");
  }
  Settings s;
  s.temperatures = temperature_ladder(options.temperature, options.temperature_increment_on_fallback);
  SKALD_CHECK(check(options, s.temperatures));
  SKALD_TRY(s.sot_sequence, start_sequence(options, tokenizer, language));
  SKALD_TRY(s.suppress, suppressed_tokens(options.suppress_tokens, tokenizer));
  if (options.suppress_numerals) std::ranges::copy(numerals(tokenizer), std::back_inserter(s.suppress));
  std::ranges::sort(s.suppress);
  const auto repeated = std::ranges::unique(s.suppress);
  s.suppress.erase(repeated.begin(), repeated.end());
  s.suppress_blank = options.suppress_blank;
  s.timestamps = !options.without_timestamps;
  if (options.max_initial_timestamp && *options.max_initial_timestamp != 0) {
    s.max_initial_timestamp =
        static_cast<int>(std::nearbyint(*options.max_initial_timestamp / text::kTimestampSeconds));
  }
  s.best_of = options.best_of.value_or(1);
  s.beam_size = options.beam_size;
  s.patience = options.patience.value_or(1);
  s.length_penalty = options.length_penalty;
  s.compression_ratio_threshold = options.compression_ratio_threshold;
  s.logprob_threshold = options.logprob_threshold;
  s.no_speech_threshold = options.no_speech_threshold;
  s.text_ctx = text_ctx;
  s.sample_len = options.sample_len.value_or(text_ctx / 2);
  s.seed = static_cast<uint64_t>(options.seed);
  if (options.prefix && !options.prefix->empty()) {
    s.prefix = trim_prefix(encode_prompt(tokenizer, *options.prefix), text_ctx, s.sample_len);
  }
  // Half of a prompt at most: the text before a window says more about it. With a prefix the window is begun already.
  if (options.hotwords && s.prefix.empty()) {
    s.hotwords = encode_prompt(tokenizer, *options.hotwords);
    s.hotwords.resize(std::min(s.hotwords.size(), static_cast<size_t>(text_ctx / 4)));
  }
  s.max_repeats = options.max_repeats.value_or(0);
  SKALD_CHECK(initial_tokens(s, tokenizer.special().start_of_prev, {}));
  return s;
}

}  // namespace

Result<Settings> make_settings(const TranscribeOptions& options, const text::Tokenizer& tokenizer,
                               const std::string& language, int text_ctx) {
  try {
    return build(options, tokenizer, language, text_ctx);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "options", "out of memory", "close other programs");
  }
}

}  // namespace skald::decode
