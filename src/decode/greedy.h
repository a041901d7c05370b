#pragma once
// Greedy decoding and best-of-n sampling: GreedyDecoder of openai/whisper decoding.py.

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "decode/sampler.h"
#include "decode/search.h"

namespace skald::decode {

struct GreedyParams {
  double temperature = 0;  ///< 0: the likeliest token; else one drawn from softmax(logits / temperature)
  int group = 1;           ///< independent samples; 1 at temperature 0
  int max_tokens = 1;      ///< most tokens to sample, end-of-text among them
  int32_t end_of_text = 0;
  uint64_t seed = 0;  ///< random numbers depend on (seed, window, attempt, index in the group) only
  uint64_t window = 0;
  uint64_t attempt = 0;
};

/// Log-probabilities are log_softmax of the filtered logits without the temperature. The group's prompts are equal:
/// they are stepped once, then forked.
class GreedySearch final : public Search {
 public:
  /// `start`: an empty slot.
  GreedySearch(const GreedyParams& params, SlotHandle start);

  std::span<const Hypothesis> running() const override { return running_; }
  size_t candidates() const override { return 1; }
  bool wants_logits() const override { return params_.temperature > 0; }
  Result<void> advance(std::span<const Distribution> next) override;
  std::vector<Sequence> finish() override { return std::move(sequences_); }

 private:
  Result<Scored> pick(const Distribution& next, size_t member);
  Result<void> branch(const Distribution& next);
  bool append(Hypothesis& hypothesis, const Scored& token, size_t member);

  GreedyParams params_;
  std::vector<Hypothesis> running_;
  std::vector<size_t> members_;      // members_[i]: place in the group of running_[i]
  std::vector<KeyedRandom> random_;  // one stream a member
  std::vector<Sequence> sequences_;  // one a member
  Categorical categorical_;
};

}  // namespace skald::decode
