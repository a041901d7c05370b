#pragma once
// Keys and values that hypotheses keep: each its own self-attention rows, and the cross-attention rows of the window it
// listens to, which forks share.

#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/result.h"
#include "cpu/packed_head.h"
#include "model/decoder.h"
#include "model/dims.h"

namespace skald::cpu {

/// Self-attention rows are (key, value) of 2 D elements: row i of layer l at slot_rows(slot, l) + i * stride().
/// Cross-attention keys and values are packed per head: all hypotheses of a window read them in one matrix product.
class KvCache {
 public:
  KvCache(const model::Dims& dims, HeadType type) : dims_(dims), type_(type) {}

  /// Room for `slots` hypotheses over `windows` windows; all are closed. Throws std::bad_alloc.
  void resize(int slots, int windows);

  /// A free slot attending to a free window. Errors: kInvalidArgument when there is none.
  Result<model::Slot> open(int positions);
  /// A copy of the used rows of `slot`, attending to the same window. Pre: is_open(slot).
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
  void set_length(model::Slot slot, int length) { slots_[static_cast<size_t>(slot)].length = length; }
  int positions(model::Slot slot) const {
    return windows_[static_cast<size_t>(slots_[static_cast<size_t>(slot)].window)].positions;
  }

  int64_t stride() const { return 2 * int64_t{dims_.text_state}; }
  float* slot_rows(model::Slot slot, int layer) { return self_.data() + (slot * layers() + layer) * slot_size(); }
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
  int64_t slot_size() const { return dims_.text_ctx * stride(); }
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
  AlignedBuffer<float> self_;       ///< (slots + 1, layers, text_ctx, 2 D)
  AlignedBuffer<std::byte> cross_;  ///< (windows, layers, heads) packed
};

}  // namespace skald::cpu
