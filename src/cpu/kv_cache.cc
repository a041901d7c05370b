#include "cpu/kv_cache.h"

#include <algorithm>
#include <string>

namespace skald::cpu {

void KvCache::resize(int slots, int windows) {
  slots_.clear();
  windows_.clear();
  self_ = {};  // the old memory goes before the new comes
  cross_ = {};
  self_ = AlignedBuffer<float>(static_cast<size_t>((slots + 1) * layers() * slot_size()));
  cross_ = AlignedBuffer<std::byte>(head_offset(windows, 0, 0));
  slots_.resize(static_cast<size_t>(slots) + 1);
  windows_.resize(static_cast<size_t>(windows));
}

Result<model::Slot> KvCache::free_slot() const {
  const auto free = std::ranges::find(slots_, -1, &SlotState::window);
  if (slots_.empty() || free >= slots_.end() - 1) {
    return fail(ErrorCode::kInvalidArgument, "decoder", "all slots are open", "reserve() more or close some");
  }
  return static_cast<model::Slot>(free - slots_.begin());
}

Result<model::Slot> KvCache::open(int positions) {
  SKALD_TRY(const model::Slot slot, free_slot());
  const auto window = std::ranges::find(windows_, 0, &WindowState::users);
  if (window == windows_.end()) {
    return fail(ErrorCode::kInvalidArgument, "decoder",
                "all " + std::to_string(windows_.size()) + " windows are in use",
                "reserve() more or close their slots");
  }
  *window = {.users = 1, .positions = positions};
  slots_[static_cast<size_t>(slot)] = {.window = static_cast<int>(window - windows_.begin()), .length = 0};
  return slot;
}

Result<model::Slot> KvCache::fork(model::Slot slot) {
  SKALD_TRY(const model::Slot copy, free_slot());
  const SlotState& state = slots_[static_cast<size_t>(slot)];
  slots_[static_cast<size_t>(copy)] = state;
  ++windows_[static_cast<size_t>(state.window)].users;
  for (int layer = 0; layer < dims_.text_layers; ++layer) {
    std::copy_n(slot_rows(slot, layer), state.length * stride(), slot_rows(copy, layer));
  }
  return copy;
}

model::Slot KvCache::open_spare(model::Slot slot) {
  const auto spare = static_cast<model::Slot>(slots_.size()) - 1;
  close(spare);
  slots_.back() = {.window = slots_[static_cast<size_t>(slot)].window, .length = 0};
  ++windows_[static_cast<size_t>(slots_.back().window)].users;
  return spare;
}

void KvCache::pack_head(const Kernels& kernel, const float* rows, int window, int layer, int head) {
  const float* keys = rows + int64_t{head} * head_width();
  head_layout(windows_[static_cast<size_t>(window)].positions)
      .pack(kernel, keys, keys + dims_.text_state, stride(), cross_.data() + head_offset(window, layer, head));
}

void KvCache::close(model::Slot slot) {
  if (!is_open(slot)) return;
  SlotState& state = slots_[static_cast<size_t>(slot)];
  --windows_[static_cast<size_t>(state.window)].users;
  state = {};
}

bool KvCache::any_open() const {
  return std::ranges::any_of(slots_, [](const SlotState& state) { return state.window >= 0; });
}

}  // namespace skald::cpu
