#pragma once
// The buffers of one Decoder::step call over many hypotheses; kept from step to step.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/decoder.h"

namespace skald::decode {

/// How much a step will hold; known before the first row, so that spans into the buffers stay valid.
struct StepSize {
  size_t rows = 0;
  size_t candidates = 0;  ///< sum over rows
  size_t logit_rows = 0;
};

/// One hypothesis of a step.
struct Row {
  model::Slot slot = -1;
  std::span<const int32_t> tokens;
  int no_speech_at = -1;
  size_t candidates = 0;
  bool logits = false;
};

class StepBatch {
 public:
  explicit StepBatch(size_t vocab) : vocab_(vocab), mask_words_((vocab + 63) / 64) {}

  /// Empties the batch and makes room.
  void begin(const StepSize& size);
  /// Adds a row and returns its mask, to be filled. Pre: within the size given to begin().
  std::span<uint64_t> add(const Row& row);

  std::span<const model::StepIn> in() const { return in_; }
  std::span<model::StepOut> out() { return out_; }
  bool empty() const { return in_.empty(); }

 private:
  size_t vocab_;
  size_t mask_words_;
  std::vector<model::StepIn> in_;
  std::vector<model::StepOut> out_;
  std::vector<uint64_t> masks_;
  std::vector<model::Candidate> candidates_;  // two classes a row
  std::vector<float> logits_;
  size_t candidates_used_ = 0;
  size_t logits_used_ = 0;
};

}  // namespace skald::decode
