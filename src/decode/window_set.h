#pragma once
// Windows that are decoded together: each enters when it has been encoded, steps with the others, and ends on its own.

#include <cstdint>
#include <list>
#include <optional>

#include "base/result.h"
#include "decode/batch.h"
#include "decode/decoding.h"
#include "decode/rules.h"
#include "decode/window_run.h"

namespace skald::decode {

/// The windows of any number of recordings, each with its own settings. Results do not depend on neighbours.
/// Threads: one call at a time.
class WindowSet {
 public:
  using Id = uint64_t;

  /// Both must outlive the set.
  WindowSet(model::Decoder& decoder, const text::Tokenizer& tokenizer);

  /// Starts a window; `rules` and their settings must outlive it here, `task.audio` is not needed after the call.
  /// Pre: the decoder has slots_needed(settings) slots and a window free. Errors: those of Decoder; kInvalidArgument
  /// when prompt and prefix do not fit the text context; kOutOfMemory.
  Result<Id> enter(const Rules& rules, Task task);

  /// One step for every window that has not ended.
  void step();

  /// Pre: `id` is here.
  bool ended(Id id) const { return !find(id)->running(); }

  /// Of an ended window, once. Pre: ended(id). Errors: those of Decoder::step, which end every window that runs;
  /// kBadModel when its logits are not numbers; kInvalidArgument when its rules leave nothing to sample.
  Result<WindowResult> result(Id id);

  /// An empty hypothesis over a window, for align_tokens(). Pre: `id` is here.
  model::Slot window(Id id) const { return find(id)->run.window(); }

  /// Drops a window, ended or not. Pre: `id` is here.
  void leave(Id id);

  /// Slots that the windows here may take.
  int slots() const { return slots_; }
  int size() const { return static_cast<int>(entries_.size()); }
  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    Id id;
    int slots;
    WindowRun run;
    std::optional<Error> error;
    bool running() const { return !error && run.running(); }
  };
  using Entries = std::list<Entry>;

  Entries::const_iterator find(Id id) const;
  Result<void> step_all();

  model::Decoder* decoder_;
  const text::Tokenizer* tokenizer_;
  Entries entries_;
  StepBatch batch_;
  Id next_id_ = 0;
  int slots_ = 0;
};

}  // namespace skald::decode
