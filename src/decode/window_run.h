#pragma once
// One window on its way up the temperature ladder: decode_with_fallback of openai/whisper transcribe.py around
// DecodingTask.run of decoding.py.

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "decode/batch.h"
#include "decode/decoding.h"
#include "decode/rules.h"
#include "decode/search.h"
#include "decode/slot.h"

namespace skald::decode {

/// What a window is decoded with; outlives it.
struct Context {
  model::Decoder& decoder;
  const text::Tokenizer& tokenizer;
  const Rules& rules;
};

class WindowRun {
 public:
  WindowRun(const Context& context, Task task) : context_(context), task_(std::move(task)) {}

  /// Opens the window and starts the first rung.
  Result<void> start();
  /// Whether it wants another step.
  bool running() const { return search_ != nullptr; }
  /// Adds what gather() will add. Pre, here and below: running().
  void count(StepSize& size) const;
  /// Adds its hypotheses to the step.
  void gather(StepBatch& batch);
  /// Takes its answers out of the step; goes to the next rung or ends when the search is over.
  Result<void> consume(StepBatch& batch);
  /// Pre: started and not running any more.
  WindowResult take_result() { return std::move(result_); }
  /// An empty hypothesis over the window. Pre: started.
  model::Slot window() const { return root_.get(); }

 private:
  Result<void> start_rung();
  Result<void> end_rung();
  void drop_loop();
  WindowResult make_result() const;

  const Settings& settings() const { return context_.rules.settings(); }

  Context context_;
  Task task_;
  std::vector<int32_t> initial_;  // the sequence before the first sampled token
  int no_speech_at_ = 0;          // where in it start-of-transcript stands
  SlotHandle root_;               // empty hypothesis over the window
  size_t rung_ = 0;
  std::unique_ptr<Search> search_;
  bool first_step_ = true;
  size_t first_row_ = 0;  // of this window in the step
  std::vector<Distribution> next_;
  double no_speech_prob_ = 0;
  WindowResult result_;
};

}  // namespace skald::decode
