#pragma once
// DeviceMemory that host and array both see. Nothing moves by itself: sync() says when, in either direction.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"

namespace skald::npu {

enum class SyncDirection : uint8_t { kToDevice, kFromDevice };

/// One allocation of a device. The bytes stay where they are for its life.
class DeviceMemory {
 public:
  DeviceMemory() = default;
  virtual ~DeviceMemory() = default;
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  virtual std::span<std::byte> bytes() = 0;
  /// Pre: offset + count <= size.
  virtual Result<void> sync(SyncDirection direction, size_t offset, size_t count) = 0;

 private:
  friend class Device;
  const void* device_ = nullptr;  // which device made it
};

/// A part of an allocation, or all of it. Copies and parts share the allocation, so that no part outlives it; a span
/// of bytes() is good as long as any of them.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  /// All of `memory`.
  explicit DeviceBuffer(std::shared_ptr<DeviceMemory> memory)
      : memory_(std::move(memory)), count_(memory_->bytes().size()) {}

  size_t size() const { return count_; }
  size_t offset() const { return offset_; }  ///< in the allocation
  std::span<std::byte> bytes() const {
    return memory_ ? memory_->bytes().subspan(offset_, count_) : std::span<std::byte>();
  }
  const std::shared_ptr<DeviceMemory>& memory() const { return memory_; }

  /// `count` bytes from `offset`. Errors: kInvalidArgument when they lie outside.
  Result<DeviceBuffer> part(size_t offset, size_t count) const {
    if (offset > count_ || count > count_ - offset) {
      return fail(ErrorCode::kInvalidArgument, "buffer", "the part lies outside", "ask for a part within the buffer");
    }
    DeviceBuffer part = *this;
    part.offset_ += offset;
    part.count_ = count;
    return part;
  }

  /// Whether the two share a byte.
  bool overlaps(const DeviceBuffer& other) const {
    return memory_ == other.memory_ && offset_ < other.offset_ + other.count_ && other.offset_ < offset_ + count_;
  }

 private:
  std::shared_ptr<DeviceMemory> memory_;
  size_t offset_ = 0;
  size_t count_ = 0;
};

}  // namespace skald::npu
