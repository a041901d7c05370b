#include "cpu/kv_cache.h"

#include <algorithm>
#include <string>

namespace skald::cpu {

void KvCache::resize(int slots, int windows) {
  slots_.clear();
  windows_.clear();
  self_ = {};  // the old memory goes before the new comes
  cross_ = {};
  const auto pages = static_cast<size_t>((slots + 1) * pages_of_slot());
  self_ = AlignedBuffer<float>(pages * static_cast<size_t>(page_size()));
  pages_.assign(pages, nullptr);
  page_users_.assign(pages, 0);
  free_pages_.clear();
  free_pages_.reserve(pages);
  for (size_t page = pages; page-- > 0;) free_pages_.push_back(self_.data() + page * static_cast<size_t>(page_size()));
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
  const int full = state.length / kPageRows;
  for (int page = 0; page < full; ++page) {
    pages_of(copy)[page] = pages_of(slot)[page];
    ++users_of(pages_of(copy)[page]);
  }
  if (const int rest = state.length % kPageRows; rest > 0) {
    pages_of(copy)[full] = take_page();
    for (int64_t at = 0; at < page_size(); at += value_offset()) {
      std::copy_n(pages_of(slot)[full] + at, rest * int64_t{head_width()}, pages_of(copy)[full] + at);
    }
  }
  return copy;
}

void KvCache::write(model::Slot slot, int layer, int position, const float* keys_and_values) {
  float* const page = pages(slot)[position / kPageRows] + position % kPageRows * int64_t{head_width()};
  for (int head = 0; head < dims_.text_heads; ++head) {
    const float* const from = keys_and_values + int64_t{head} * head_width();
    float* const key = page + key_offset(layer, head);
    std::copy_n(from, head_width(), key);
    std::copy_n(from + dims_.text_state, head_width(), key + value_offset());
  }
}

void KvCache::extend(model::Slot slot, int rows) {
  int& length = slots_[static_cast<size_t>(slot)].length;
  for (int page = ceil_div(length, kPageRows); page < ceil_div(length + rows, kPageRows); ++page) {
    pages_of(slot)[page] = take_page();
  }
  length += rows;
}

/// There are enough for all slots to have their own.
float* KvCache::take_page() {
  float* const page = free_pages_.back();
  free_pages_.pop_back();
  users_of(page) = 1;
  return page;
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
      .pack(kernel, keys, keys + dims_.text_state, 2 * int64_t{dims_.text_state},
            cross_.data() + head_offset(window, layer, head));
}

void KvCache::close(model::Slot slot) {
  if (!is_open(slot)) return;
  SlotState& state = slots_[static_cast<size_t>(slot)];
  --windows_[static_cast<size_t>(state.window)].users;
  for (int page = ceil_div(state.length, kPageRows) - 1; page >= 0; --page) {
    if (--users_of(pages_of(slot)[page]) == 0) free_pages_.push_back(pages_of(slot)[page]);
  }
  state = {};
}

bool KvCache::any_open() const {
  return std::ranges::any_of(slots_, [](const SlotState& state) { return state.window >= 0; });
}

}  // namespace skald::cpu
