#pragma once
// Beam search with patience: BeamSearchDecoder of openai/whisper decoding.py (patience: arXiv 2204.05424).

#include <cstdint>
#include <span>
#include <vector>

#include "decode/search.h"

namespace skald::decode {

struct BeamParams {
  int beam_size = 5;
  int max_candidates = 5;  ///< round-half-even(beam_size * patience): the search is over with that many finished
  int max_tokens = 1;      ///< most tokens to sample, end-of-text among them
  int32_t end_of_text = 0;
};

/// Every step extends each hypothesis by its beam_size + 1 likeliest tokens and sorts all by their sum. Going down the
/// list, those that end are finished candidates (while there is room), the best beam_size others go on.
/// The reference starts with beam_size equal hypotheses and merges the equal extensions; here there is one at first,
/// with the same outcome. It may also keep suppressed tokens at -infinity when fewer than beam_size are left; they can
/// never win and are dropped here.
class BeamSearch final : public Search {
 public:
  /// `start`: an empty slot.
  BeamSearch(const BeamParams& params, SlotHandle start);

  std::span<const Hypothesis> running() const override {
    return over_ ? std::span<const Hypothesis>{} : std::span<const Hypothesis>(running_);
  }
  size_t candidates() const override { return static_cast<size_t>(params_.beam_size) + 1; }
  bool wants_logits() const override { return false; }
  Result<void> advance(std::span<const Distribution> next) override;
  std::vector<Sequence> finish() override;

 private:
  struct Extension {
    size_t place = 0;   // among all extensions of the step
    size_t source = 0;  // index into running_
    int32_t token = 0;
    float sum_logprob = 0;
  };

  std::vector<Extension> rank_extensions(std::span<const Distribution> next) const;
  Result<void> follow(std::span<const Extension> saved);

  BeamParams params_;
  std::vector<Hypothesis> running_;
  std::vector<Sequence> finished_;  // in the order they ended
  int steps_ = 0;
  bool over_ = false;
};

}  // namespace skald::decode
