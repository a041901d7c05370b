#pragma once
// The logit filters of openai/whisper decoding.py: SuppressBlank, SuppressTokens, ApplyTimestampRules. All but one of
// them depend only on the tokens so far and become a mask that the device applies; the last one (timestamps that
// outweigh every text token) needs the logits and is applied to the device's answer.

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "decode/decoding.h"
#include "model/decoder.h"
#include "text/tokenizer.h"

namespace skald::decode {

struct Scored {
  int32_t token = 0;
  float logprob = 0;
};

/// The next token's distribution after all filters.
struct Distribution {
  std::vector<Scored> best;        ///< the likeliest tokens, best first; equals by lower id; never a suppressed one
  double log_sum_exp = 0;          ///< of the logits that are left: log-probability = logit - log_sum_exp
  int32_t first_allowed = 0;       ///< every id below is suppressed, whatever `mask` says
  std::span<const uint64_t> mask;  ///< bit set: suppressed
  std::span<const float> logits;   ///< raw (V), or empty when they were not asked for
};

/// Tokens that a model of this vocabulary knows.
inline int vocabulary_size(const text::Tokenizer& tokenizer) {
  return tokenizer.special().timestamp_begin + text::kTimestamps;
}

/// Immutable; `settings` must outlive it.
class Rules {
 public:
  Rules(const Settings& settings, const text::Tokenizer& tokenizer);

  const Settings& settings() const { return settings_; }

  /// Writes the mask for the token that follows `sampled` (without prompt and prefix). Pre: mask.size() == (V + 63)
  /// / 64. Reference order: blank and end-of-text at the first position; the suppress list; <|notimestamps|>;
  /// timestamps in pairs, not decreasing; a timestamp first, not after max_initial_timestamp. Nothing but the end
  /// follows a text that repeats itself max_repeats times.
  void mask(std::span<const int32_t> sampled, std::span<uint64_t> mask) const;

  /// Turns an answer to that mask into log-probabilities: when the timestamps together are likelier than the likeliest
  /// text token, text is suppressed; then log_softmax over what is left. `candidates` is the number wanted in `best`.
  /// `next.mask` and `next.logits` stay as they are. Errors: kBadModel when the logits are not numbers.
  Result<void> filter(const model::StepOut& out, size_t candidates, Distribution& next) const;

 private:
  void mask_timestamps(std::span<const int32_t> sampled, std::span<uint64_t> mask) const;

  const Settings& settings_;
  int vocab_;
  int32_t end_of_text_;
  int32_t timestamp_begin_;
  std::vector<int32_t> blank_;  // suppressed at the first position: " " and end-of-text
  std::vector<uint64_t> base_;  // suppressed at every position
};

}  // namespace skald::decode
