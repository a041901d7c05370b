#pragma once
// A decoder slot that closes itself, so that every way out of a search gives its slots back.

#include <utility>

#include "base/result.h"
#include "model/decoder.h"

namespace skald::decode {

/// Owns one slot of a decoder that outlives it; empty when default-constructed or moved from.
class SlotHandle {
 public:
  SlotHandle() = default;
  SlotHandle(const SlotHandle&) = delete;
  SlotHandle& operator=(const SlotHandle&) = delete;
  SlotHandle(SlotHandle&& other) noexcept
      : decoder_(std::exchange(other.decoder_, nullptr)), slot_(std::exchange(other.slot_, -1)) {}
  SlotHandle& operator=(SlotHandle&& other) noexcept {
    if (this != &other) {
      close();
      decoder_ = std::exchange(other.decoder_, nullptr);
      slot_ = std::exchange(other.slot_, -1);
    }
    return *this;
  }
  ~SlotHandle() { close(); }

  static Result<SlotHandle> open(model::Decoder& decoder, const model::EncodedAudio& audio, int window) {
    SKALD_TRY(const model::Slot slot, decoder.open(audio, window));
    return SlotHandle(decoder, slot);
  }

  /// A copy of the hypothesis. Pre: not empty.
  Result<SlotHandle> fork() const {
    SKALD_TRY(const model::Slot slot, decoder_->fork(slot_));
    return SlotHandle(*decoder_, slot);
  }

  void close() {
    if (decoder_ != nullptr) std::exchange(decoder_, nullptr)->close(std::exchange(slot_, -1));
  }

  model::Slot get() const { return slot_; }

 private:
  SlotHandle(model::Decoder& decoder, model::Slot slot) : decoder_(&decoder), slot_(slot) {}

  model::Decoder* decoder_ = nullptr;
  model::Slot slot_ = -1;
};

}  // namespace skald::decode
