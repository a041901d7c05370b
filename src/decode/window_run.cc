#include "decode/window_run.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "decode/beam.h"
#include "decode/fallback.h"
#include "decode/greedy.h"
#include "decode/loops.h"
#include "decode/prompt.h"
#include "decode/ranking.h"
#include "text/unicode.h"

namespace skald::decode {
namespace {

/// The search of one rung: beams at temperature 0 when wanted, else greedy or sampling.
std::unique_ptr<Search> make_search(const Context& context, const Task& task, size_t rung, int max_tokens,
                                    SlotHandle start) {
  const Settings& s = context.rules.settings();
  const double temperature = s.temperatures[rung];
  const int32_t end_of_text = context.tokenizer.special().end_of_text;
  if (temperature <= 0 && s.beam_size) {
    const BeamParams params{.beam_size = *s.beam_size,
                            .max_candidates = static_cast<int>(std::nearbyint(*s.beam_size * s.patience)),
                            .max_tokens = max_tokens,
                            .end_of_text = end_of_text};
    return std::make_unique<BeamSearch>(params, std::move(start));
  }
  const GreedyParams params{.temperature = temperature,
                            .group = temperature > 0 ? s.best_of : 1,
                            .max_tokens = max_tokens,
                            .end_of_text = end_of_text,
                            .seed = s.seed,
                            .window = static_cast<uint64_t>(task.seek),
                            .attempt = rung};
  return std::make_unique<GreedySearch>(params, std::move(start));
}

}  // namespace

Result<void> WindowRun::start() {
  const text::SpecialTokens& special = context_.tokenizer.special();
  SKALD_TRY(initial_, initial_tokens(settings(), special.start_of_prev, task_.prompt));
  const auto sot = std::ranges::find(initial_, special.start_of_transcript);
  no_speech_at_ = static_cast<int>(sot - initial_.begin());
  SKALD_TRY(root_, SlotHandle::open(context_.decoder, *task_.audio, task_.window));
  return start_rung();
}

Result<void> WindowRun::start_rung() {
  const Settings& s = settings();
  SKALD_TRY(SlotHandle slot, root_.fork());
  // The reference samples sample_len tokens at most and stops when the sequence is longer than the context.
  const int max_tokens = std::min(s.sample_len, s.text_ctx + 1 - static_cast<int>(initial_.size()));
  search_ = make_search(context_, task_, rung_, max_tokens, std::move(slot));
  first_step_ = true;
  return {};
}

void WindowRun::count(StepSize& size) const {
  const size_t rows = search_->running().size();
  size.rows += rows;
  size.candidates += rows * search_->candidates();
  if (search_->wants_logits()) size.logit_rows += rows;
}

void WindowRun::gather(StepBatch& batch) {
  first_row_ = batch.in().size();
  for (const Hypothesis& hypothesis : search_->running()) {
    const auto tokens =
        first_step_ ? std::span<const int32_t>(initial_) : std::span<const int32_t>(hypothesis.sampled).last(1);
    const auto mask = batch.add({.slot = hypothesis.slot.get(),
                                 .tokens = tokens,
                                 .no_speech_at = first_step_ ? no_speech_at_ : -1,
                                 .candidates = search_->candidates(),
                                 .logits = search_->wants_logits()});
    context_.rules.mask(hypothesis.sampled, mask);
  }
}

Result<void> WindowRun::consume(StepBatch& batch) {
  const size_t rows = search_->running().size();
  if (next_.size() < rows) next_.resize(rows);
  for (size_t i = 0; i < rows; ++i) {
    next_[i].mask = batch.in()[first_row_ + i].mask;
    next_[i].logits = batch.in()[first_row_ + i].logits;
    SKALD_CHECK(context_.rules.filter(batch.out()[first_row_ + i], search_->candidates(), next_[i]));
  }
  if (first_step_) no_speech_prob_ = static_cast<double>(batch.out()[first_row_].no_speech_prob);
  first_step_ = false;
  SKALD_CHECK(search_->advance(std::span(next_).first(rows)));
  if (search_->running().empty()) return end_rung();
  return {};
}

Result<void> WindowRun::end_rung() {
  const Settings& s = settings();
  WindowResult result = make_result();
  const bool failed = needs_fallback(s, result);
  result.attempts = std::move(result_.attempts);
  result.attempts.push_back({.seek = task_.seek,
                             .temperature = result.temperature,
                             .avg_logprob = result.avg_logprob,
                             .compression_ratio = result.compression_ratio,
                             .no_speech_prob = result.no_speech_prob,
                             .accepted = !failed});
  result_ = std::move(result);
  search_.reset();
  if (failed && ++rung_ < s.temperatures.size()) return start_rung();
  drop_loop();
  return {};
}

/// Of the text that was cut off because it repeated itself, one copy stays. The numbers are those of all that was said.
void WindowRun::drop_loop() {
  const int32_t timestamp_begin = context_.tokenizer.special().timestamp_begin;
  const size_t kept = without_loop(result_.tokens, timestamp_begin, settings().max_repeats);
  if (kept == result_.tokens.size()) return;
  result_.tokens.resize(kept);
  result_.text = std::string(text::strip(context_.tokenizer.decode(result_.tokens)));
}

WindowResult WindowRun::make_result() const {
  const Settings& s = settings();
  std::vector<Sequence> sequences = search_->finish();
  Sequence& best = sequences[best_sequence(sequences, s.length_penalty)];
  WindowResult result;
  result.tokens = std::move(best.tokens);
  result.text = std::string(text::strip(context_.tokenizer.decode(result.tokens)));
  result.avg_logprob = static_cast<double>(best.sum_logprob) / static_cast<double>(result.tokens.size() + 1);
  result.no_speech_prob = no_speech_prob_;
  result.compression_ratio = compression_ratio(result.text);
  result.temperature = s.temperatures[rung_];
  return result;
}

}  // namespace skald::decode
