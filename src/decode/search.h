#pragma once
// A search over one window at one temperature, as a state machine: it names the hypotheses that want a step, is told
// the distribution of each one's next token, and says when it is over. Whoever drives it batches many of them.

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "decode/rules.h"
#include "decode/slot.h"

namespace skald::decode {

/// A hypothesis that may still grow.
struct Hypothesis {
  SlotHandle slot;               ///< its sequence lacks the newest of `sampled` (before the first step: the prompt)
  std::vector<int32_t> sampled;  ///< without prompt and prefix
  float sum_logprob = 0;         ///< float32 sums, as the reference adds them
};

/// A candidate for the window's result, without end-of-text.
struct Sequence {
  std::vector<int32_t> tokens;
  float sum_logprob = 0;
};

class Search {
 public:
  Search() = default;
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;
  Search(Search&&) = delete;
  Search& operator=(Search&&) = delete;
  virtual ~Search() = default;

  /// Those to step now: at first one, whose step is the prompt; none when the search is over.
  virtual std::span<const Hypothesis> running() const = 0;
  /// How many of the likeliest tokens advance() wants to see of each.
  virtual size_t candidates() const = 0;
  /// Whether advance() wants the raw logits too.
  virtual bool wants_logits() const = 0;
  /// Takes one token further. `next` has one entry for each of running(). Errors: those of Decoder; kInvalidArgument
  /// when the filters leave nothing to sample.
  virtual Result<void> advance(std::span<const Distribution> next) = 0;
  /// All candidates, in the reference's order. Pre: running() is empty.
  virtual std::vector<Sequence> finish() = 0;
};

/// The error of a search whose filters leave no token.
inline std::unexpected<Error> nothing_to_sample() {
  return fail(ErrorCode::kInvalidArgument, "suppress-tokens", "every token that could follow is suppressed",
              "suppress fewer tokens");
}

}  // namespace skald::decode
