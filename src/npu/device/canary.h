#pragma once
// Did the run write its outputs? "Completed" does not say so: runs have been seen that completed and left every
// output as it was. So lines of 64 bytes all over an output are filled with a pattern before the run and looked at
// after it.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "npu/device/buffer.h"

namespace skald::npu {

class Canary {
 public:
  /// Lines of one output at most; they lie evenly, first and last included.
  static constexpr size_t kLines = 64;
  static constexpr size_t kLineBytes = 64;  ///< a cache line: syncing it touches no neighbour

  /// Writes the pattern of `seed` into lines of `output` and syncs them to the device.
  static Result<Canary> plant(const DeviceBuffer& output, uint64_t seed);

  /// Syncs the lines from the device: how many of them are no longer the pattern.
  Result<size_t> count_changed() const;

  size_t lines() const { return starts_.size(); }

 private:
  std::span<std::byte> line(size_t index) const;

  DeviceBuffer output_;
  uint64_t seed_ = 0;
  size_t line_bytes_ = 0;
  std::vector<size_t> starts_;  // in output_
};

}  // namespace skald::npu
