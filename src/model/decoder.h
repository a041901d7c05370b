#pragma once
// THE SEAM, second half: one step of the decoder for any mix of hypotheses. Rules and search live in decode/; a device
// only computes logits, applies the mask it is given and reports the best candidates.

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/encoder.h"
#include "skald/transcript.h"

namespace skald::model {

/// A hypothesis: a KV cache of its own and the window it attends to. Small integers, reused after close().
using Slot = int;

/// One candidate for the next token.
struct Candidate {
  int32_t token = 0;
  float logit = 0;
};

/// The best candidates of one class of tokens (text below the first timestamp, timestamps from it on).
struct ClassResult {
  std::span<Candidate> top;  ///< in: room for k; out: the k best unmasked, best first, equal logits by lower id;
                             ///< if fewer are unmasked the rest has logit -infinity
  float log_sum_exp = 0;     ///< over the unmasked logits of the class; -infinity when there are none
};

/// What one slot is asked in a step.
struct StepIn {
  Slot slot = 0;
  std::span<const int32_t> tokens;  ///< appended to the slot's sequence; at least one
  std::span<const uint64_t>
      mask;                 ///< bit t of the bitset set: token t is suppressed; empty: none is. (V + 63) / 64 words
  int no_speech_at = -1;    ///< index into `tokens` at whose position no_speech_prob is wanted; -1: not
  std::span<float> logits;  ///< in: empty, or room for V: filled with the raw logits of the last position
};

/// What it answers, from the logits after the last of its tokens.
struct StepOut {
  ClassResult text;
  ClassResult timestamps;
  float no_speech_prob = 0;  ///< softmax of the unmasked logits at `no_speech_at`, of <|nospeech|>
};

/// (layer, head), both from 0.
using Head = std::pair<int, int>;

/// Cross-attention scores before softmax: (heads, L, S).
struct Attention {
  int heads = 0;
  int tokens = 0;
  int positions = 0;
  std::vector<float> scores;
  std::vector<float>
      token_probs;  ///< (L): softmax over text tokens up to end-of-text of logits[i - 1] at tokens[i]; 0 for i = 0
};

/// What a decoder has to know of the vocabulary.
struct TokenClasses {
  int32_t end_of_text = 0;
  int32_t no_speech = 0;
  int32_t timestamp_begin = 0;  ///< first timestamp; every id from it on is one
};

/// Threads: one call at a time.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// Makes room for `slots` hypotheses over `windows` different windows at once. Pre: none is open.
  /// Errors: kOutOfMemory, kInvalidArgument.
  virtual Result<void> reserve(int slots, int windows) = 0;

  /// A new empty hypothesis over one window of `audio`. Cross-attention keys and values are computed once and shared by
  /// forks; `audio` is not needed after the call. Errors: kInvalidArgument (no slot free, window out of range).
  virtual Result<Slot> open(const EncodedAudio& audio, int window) = 0;
  /// A copy of a hypothesis; what both have in common may be shared.
  virtual Result<Slot> fork(Slot slot) = 0;
  virtual void close(Slot slot) = 0;
  /// Tokens in the slot's sequence so far.
  virtual int length(Slot slot) const = 0;

  /// One step for any mix of slots (ragged prompts, beams, windows). Results do not depend on the mix. Allocates
  /// nothing once a step of the size has been seen.
  /// Errors: kInvalidArgument (unknown slot, token out of range, sequence longer than text_ctx).
  virtual Result<void> step(std::span<const StepIn> in, std::span<StepOut> out) = 0;

  /// Teacher-forces `tokens` over the window of `slot` (whose own sequence stays as it is) and returns the scores of
  /// the named cross-attention heads.
  virtual Result<Attention> align(Slot slot, std::span<const int32_t> tokens, std::span<const Head> heads) = 0;

  virtual DeviceReport report() const = 0;
};

}  // namespace skald::model
