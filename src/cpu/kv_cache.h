#pragma once
// Keys and values that hypotheses keep: self-attention rows, in pages, and the cross-attention rows of the window it
// listens to. Forks share the window, and the pages that were full.

#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/result.h"
#include "base/rounding.h"
#include "cpu/packed_head.h"
#include "model/decoder.h"
#include "model/dims.h"

namespace skald::cpu {

/// Self-attention rows lie in pages of kPageRows positions: (layers, heads, key or value, kPageRows, E), so that what
/// one query reads of a page is all in one place. Cross-attention keys and values are packed per head: all hypotheses
/// of a window read them in one matrix product.
class KvCache {
 public:
  KvCache(const model::Dims& dims, HeadType type) : dims_(dims), type_(type) {}

  /// Room for `slots` hypotheses over `windows` windows; all are closed. Throws std::bad_alloc.
  void resize(int slots, int windows);

  /// A free slot attending to a free window. Errors: kInvalidArgument when there is none.
  Result<model::Slot> open(int positions);
  /// A slot with the rows of `slot`, attending to the same window. Pre: is_open(slot).
  Result<model::Slot> fork(model::Slot slot);
  /// The one slot beyond those of resize(), which open() and fork() never give: an empty sequence over the window of
  /// `slot`. Pre: is_open(slot).
  model::Slot open_spare(model::Slot slot);
  void close(model::Slot slot);

  bool any_open() const;
  bool is_open(model::Slot slot) const {
    return slot >= 0 && static_cast<size_t>(slot) < slots_.size() && slots_[static_cast<size_t>(slot)].window >= 0;
  }

  int length(model::Slot slot) const { return slots_[static_cast<size_t>(slot)].length; }
  /// Room for so many more rows. Pre: no more than text_ctx in all.
  void extend(model::Slot slot, int rows);
  int positions(model::Slot slot) const {
    return windows_[static_cast<size_t>(slots_[static_cast<size_t>(slot)].window)].positions;
  }

  /// The pages of a slot, in which keys of a head begin at key_offset(), its values value_offset() behind them.
  float* const* pages(model::Slot slot) const { return pages_.data() + slot * pages_of_slot(); }
  int64_t key_offset(int layer, int64_t head) const {
    return (layer * int64_t{dims_.text_heads} + head) * 2 * value_offset();
  }
  int64_t value_offset() const { return int64_t{kPageRows} * head_width(); }
  /// Keeps a row of a layer, keys of all heads and then values. Pre: the slot has it.
  void write(model::Slot slot, int layer, int position, const float* keys_and_values);
  /// Pre: is_open(slot).
  int window(model::Slot slot) const { return slots_[static_cast<size_t>(slot)].window; }
  /// Where the parts of a window's heads lie.
  HeadLayout head_layout(int positions) const { return {type_, positions, head_width()}; }
  const std::byte* head(int window, int layer, int head) const {
    return cross_.data() + head_offset(window, layer, head);
  }
  /// Keeps the keys and values (positions, 2 D) of a layer of a window; `head` by `head`, to be called for each.
  void pack_head(const Kernels& kernel, const float* rows, int window, int layer, int head);

 private:
  struct SlotState {
    int window = -1;  ///< -1: closed
    int length = 0;
  };
  struct WindowState {
    int users = 0;
    int positions = 0;
  };

  int64_t layers() const { return dims_.text_layers; }
  int64_t page_size() const { return key_offset(dims_.text_layers, 0); }
  int64_t pages_of_slot() const { return ceil_div(dims_.text_ctx, kPageRows); }
  int& users_of(const float* page) { return page_users_[static_cast<size_t>((page - self_.data()) / page_size())]; }
  float** pages_of(model::Slot slot) { return pages_.data() + slot * pages_of_slot(); }
  float* take_page();
  int head_width() const { return dims_.text_state / dims_.text_heads; }
  size_t head_offset(int window, int layer, int head) const {
    return static_cast<size_t>((window * layers() + layer) * dims_.text_heads + head) *
           head_layout(dims_.audio_ctx).bytes();
  }
  Result<model::Slot> free_slot() const;

  model::Dims dims_;
  HeadType type_;
  std::vector<SlotState> slots_;
  std::vector<WindowState> windows_;
  AlignedBuffer<float> self_;    ///< (pages, layers, heads, 2, kPageRows, E)
  std::vector<float*> pages_;    ///< (slots + 1, pages_of_slot()): the first ones, as many as the length wants, count
  std::vector<int> page_users_;  ///< slots that hold each page
  std::vector<float*> free_pages_;  ///< the last one is taken first: its memory is warm
  AlignedBuffer<std::byte> cross_;  ///< (windows, layers, heads) packed
};

}  // namespace skald::cpu
