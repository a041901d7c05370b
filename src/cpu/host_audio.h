#pragma once
// Encoder states in ordinary memory.

#include "base/aligned_buffer.h"
#include "model/encoder.h"

namespace skald::cpu {

class HostAudio final : public model::EncodedAudio {
 public:
  /// Room for `windows` windows of `positions` positions. Throws std::bad_alloc.
  HostAudio(int windows, int positions, int width)
      : states_(static_cast<size_t>(windows) * static_cast<size_t>(positions) * static_cast<size_t>(width)),
        room_(windows),
        width_(width) {}

  int windows() const override { return windows_; }
  int positions() const override { return positions_; }
  int width() const override { return width_; }
  const float* host_f32(int window) const override { return states_.data() + offset(window); }
  Result<void> to_host_f32(int window, std::span<float> out) const override;

  int room() const { return room_; }
  float* window(int index) { return states_.data() + offset(index); }
  void resize(int windows, int positions) {
    windows_ = windows;
    positions_ = positions;
  }

 private:
  size_t offset(int window) const {
    return static_cast<size_t>(window) * static_cast<size_t>(positions_) * static_cast<size_t>(width_);
  }

  AlignedBuffer<float> states_;
  int room_;
  int width_;
  int windows_ = 0;
  int positions_ = 0;
};

}  // namespace skald::cpu
