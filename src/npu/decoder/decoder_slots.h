#pragma once
// Hypotheses and the windows they listen to: who is open, and which tokens each has.

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "model/decoder.h"

namespace skald::npu {

class DecoderSlots {
 public:
  DecoderSlots(int slots, int windows);

  /// A slot of no tokens and a window of its own. Errors: kInvalidArgument: all are in use.
  Result<model::Slot> open(int positions);
  /// One with the same tokens and window. Pre: is_open(slot). Errors: as open.
  Result<model::Slot> fork(model::Slot slot);
  void close(model::Slot slot);

  bool any_open() const;
  bool is_open(model::Slot slot) const;
  /// Pre of what follows: is_open(slot).
  int length(model::Slot slot) const { return static_cast<int>(tokens(slot).size()); }
  const std::vector<int32_t>& tokens(model::Slot slot) const { return slots_[static_cast<size_t>(slot)].tokens; }
  std::vector<int32_t>& tokens(model::Slot slot) { return slots_[static_cast<size_t>(slot)].tokens; }
  int window(model::Slot slot) const { return slots_[static_cast<size_t>(slot)].window; }
  int positions(model::Slot slot) const { return windows_[static_cast<size_t>(window(slot))].positions; }

 private:
  struct Hypothesis {
    int window = -1;  // -1: closed
    std::vector<int32_t> tokens;
  };
  struct Window {
    int users = 0;
    int positions = 0;
  };
  Result<model::Slot> free_slot() const;

  std::vector<Hypothesis> slots_;
  std::vector<Window> windows_;
};

}  // namespace skald::npu
