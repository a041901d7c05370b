#include "npu/decoder/decoder_slots.h"

#include <algorithm>

#include "model/decoder_checks.h"

namespace skald::npu {

using model::Slot;

DecoderSlots::DecoderSlots(int slots, int windows)
    : slots_(static_cast<size_t>(slots)), windows_(static_cast<size_t>(windows)) {}

Result<Slot> DecoderSlots::free_slot() const {
  const auto found = std::ranges::find(slots_, -1, &Hypothesis::window);
  if (found == slots_.end()) {
    return std::unexpected(
        model::bad_decoder_call("all " + std::to_string(slots_.size()) + " slots are in use", "close one first"));
  }
  return static_cast<Slot>(found - slots_.begin());
}

Result<Slot> DecoderSlots::open(int positions) {
  SKALD_TRY(const Slot slot, free_slot());
  const auto window = std::ranges::find(windows_, 0, &Window::users);
  if (window == windows_.end()) {
    return std::unexpected(
        model::bad_decoder_call("all " + std::to_string(windows_.size()) + " windows are in use", "close one first"));
  }
  *window = {.users = 1, .positions = positions};
  slots_[static_cast<size_t>(slot)] = {.window = static_cast<int>(window - windows_.begin()), .tokens = {}};
  return slot;
}

Result<Slot> DecoderSlots::fork(Slot slot) {
  SKALD_TRY(const Slot made, free_slot());
  slots_[static_cast<size_t>(made)] = slots_[static_cast<size_t>(slot)];
  ++windows_[static_cast<size_t>(window(slot))].users;
  return made;
}

void DecoderSlots::close(Slot slot) {
  if (!is_open(slot)) return;
  --windows_[static_cast<size_t>(window(slot))].users;
  slots_[static_cast<size_t>(slot)].window = -1;
}

bool DecoderSlots::any_open() const {
  return std::ranges::any_of(windows_, [](const Window& window) { return window.users > 0; });
}

bool DecoderSlots::is_open(Slot slot) const {
  return slot >= 0 && std::cmp_less(slot, slots_.size()) && slots_[static_cast<size_t>(slot)].window >= 0;
}

}  // namespace skald::npu
