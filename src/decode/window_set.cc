#include "decode/window_set.h"

#include <algorithm>
#include <new>
#include <utility>

namespace skald::decode {
namespace {

std::unexpected<Error> no_memory() {
  return fail(ErrorCode::kOutOfMemory, "decoding", "out of memory",
              "choose fewer beams, samples or windows at once, or close other programs");
}

}  // namespace

WindowSet::WindowSet(model::Decoder& decoder, const text::Tokenizer& tokenizer)
    : decoder_(&decoder), tokenizer_(&tokenizer), batch_(static_cast<size_t>(vocabulary_size(tokenizer))) {}

Result<WindowSet::Id> WindowSet::enter(const Rules& rules, Task task) {
  try {
    entries_.push_back(
        {.id = next_id_,
         .slots = slots_needed(rules.settings(), 1),
         .run = WindowRun({.decoder = *decoder_, .tokenizer = *tokenizer_, .rules = rules}, std::move(task)),
         .error = std::nullopt});
    if (auto started = entries_.back().run.start(); !started) {
      entries_.pop_back();
      return std::unexpected(std::move(started).error());
    }
    slots_ += entries_.back().slots;
    return next_id_++;
  } catch (const std::bad_alloc&) {
    return no_memory();
  }
}

WindowSet::Entries::const_iterator WindowSet::find(Id id) const {
  return std::ranges::find(entries_, id, &Entry::id);
}

void WindowSet::leave(Id id) {
  const auto entry = find(id);
  slots_ -= entry->slots;
  entries_.erase(entry);
}

Result<WindowResult> WindowSet::result(Id id) {
  const auto entry = std::ranges::find(entries_, id, &Entry::id);
  if (std::optional<Error>& error = entry->error; error) return std::unexpected(std::move(*error));
  return entry->run.take_result();
}

void WindowSet::step() {
  Result<void> done;
  try {
    done = step_all();
  } catch (const std::bad_alloc&) {
    done = no_memory();
  }
  if (done) return;
  for (Entry& entry : entries_) {
    if (entry.running()) entry.error = done.error();
  }
}

Result<void> WindowSet::step_all() {
  StepSize size;
  for (const Entry& entry : entries_) {
    if (entry.running()) entry.run.count(size);
  }
  if (size.rows == 0) return {};
  batch_.begin(size);
  for (Entry& entry : entries_) {
    if (entry.running()) entry.run.gather(batch_);
  }
  SKALD_CHECK(decoder_->step(batch_.in(), batch_.out()));
  for (Entry& entry : entries_) {
    if (!entry.running()) continue;
    if (auto consumed = entry.run.consume(batch_); !consumed) entry.error = std::move(consumed).error();
  }
  return {};
}

}  // namespace skald::decode
