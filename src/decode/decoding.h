#pragma once
// One window in, text tokens out: prompt, logit rules, search and temperature fallback of openai/whisper
// (decoding.py, and decode_with_fallback of transcribe.py). window_set.h decodes any number of windows at once.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/decoder.h"
#include "skald/options.h"
#include "skald/transcript.h"
#include "text/tokenizer.h"

namespace skald::decode {

/// What stays the same for all windows of a recording; made once from the user's options.
struct Settings {
  std::vector<int32_t> sot_sequence;  ///< [sot], [sot, language, task], with notimestamps when wanted
  std::vector<int32_t> prefix;        ///< tokens every window starts with
  std::vector<int32_t> hotwords;      ///< tokens that stand before every window's prompt
  std::vector<int32_t> suppress;      ///< sorted ids, reference: _get_suppress_tokens
  int max_repeats = 0;                ///< a phrase that stands there so often in a row ends the text; 0: none does
  bool suppress_blank = true;
  bool timestamps = true;
  std::optional<int> max_initial_timestamp;  ///< index of the last timestamp a window may start with
  std::vector<double> temperatures;          ///< the ladder, first rung first
  int best_of = 1;                           ///< samples at temperature > 0
  std::optional<int> beam_size;              ///< at temperature 0; none: greedy
  double patience = 1;
  std::optional<double> length_penalty;
  std::optional<double> compression_ratio_threshold;
  std::optional<double> logprob_threshold;
  std::optional<double> no_speech_threshold;
  int sample_len = 224;
  int text_ctx = 448;
  uint64_t seed = 0;
};

/// `language` is a code; an English-only model uses English whatever it is, with a warning (as the reference does).
/// Errors: kInvalidArgument (unknown id in suppress_tokens, a language the model lacks, ...), kUnsupported
/// (English-only model asked to translate).
Result<Settings> make_settings(const TranscribeOptions& options, const text::Tokenizer& tokenizer,
                               const std::string& language, int text_ctx);

/// One window to decode.
struct Task {
  const model::EncodedAudio* audio = nullptr;
  int window = 0;               ///< index into `audio`
  int64_t seek = 0;             ///< first frame of the window: names it in attempts and keys its random numbers
  std::vector<int32_t> prompt;  ///< tokens of the previous text, without <|startofprev|>; may be longer than fits
};

/// Field for field the reference's DecodingResult.
struct WindowResult {
  std::vector<int32_t> tokens;  ///< sampled tokens, without end-of-text
  std::string text;             ///< decoded and stripped
  double avg_logprob = 0;
  double no_speech_prob = 0;
  double compression_ratio = 0;
  double temperature = 0;
  std::vector<Attempt> attempts;  ///< every rung tried, in order
};

/// Most slots that decoding `windows` windows at once holds.
int slots_needed(const Settings& settings, int windows);

/// Probability of each language (in token order), from one step of [sot]: softmax over the language tokens alone.
/// Needs one slot. Errors: those of Decoder; kInvalidArgument for an English-only model.
Result<std::vector<float>> detect_language(model::Decoder& decoder, const text::Tokenizer& tokenizer,
                                           const model::EncodedAudio& audio, int window);

/// UTF-8 bytes / zlib-compressed bytes (level -1) of `text`; 0 for an empty one, not a number when zlib has no memory.
double compression_ratio(const std::string& text);

}  // namespace skald::decode
