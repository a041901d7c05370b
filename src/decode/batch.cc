#include "decode/batch.h"

namespace skald::decode {

void StepBatch::begin(const StepSize& size) {
  in_.clear();
  out_.clear();
  in_.reserve(size.rows);
  out_.reserve(size.rows);
  masks_.resize(size.rows * mask_words_);
  candidates_.resize(2 * size.candidates);
  logits_.resize(size.logit_rows * vocab_);
  candidates_used_ = 0;
  logits_used_ = 0;
}

std::span<uint64_t> StepBatch::add(const Row& row) {
  const auto take_candidates = [&] {
    const auto taken = std::span(candidates_).subspan(candidates_used_, row.candidates);
    candidates_used_ += row.candidates;
    return taken;
  };
  const auto mask = std::span(masks_).subspan(in_.size() * mask_words_, mask_words_);
  std::span<float> logits;
  if (row.logits) {
    logits = std::span(logits_).subspan(logits_used_, vocab_);
    logits_used_ += vocab_;
  }
  in_.push_back(
      {.slot = row.slot, .tokens = row.tokens, .mask = mask, .no_speech_at = row.no_speech_at, .logits = logits});
  const auto text = take_candidates();
  const auto timestamps = take_candidates();
  out_.push_back({.text = {.top = text, .log_sum_exp = 0},
                  .timestamps = {.top = timestamps, .log_sum_exp = 0},
                  .no_speech_prob = 0});
  return mask;
}

}  // namespace skald::decode
