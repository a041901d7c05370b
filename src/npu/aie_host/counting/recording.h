#pragma once
// Collects what the hooks of record.h report while a kernel of the counting build runs.

#include <cstddef>
#include <memory>
#include <span>

#include "npu/aie_host/counting/trace.h"

namespace skald::npu::counting {

/// Records this thread's operations from construction to `finish`. One at a time per thread; hooks that are called
/// while there is none do nothing. Addresses inside `image`, a tile's 64 KiB, tell which bank an access hits.
class Recording {
 public:
  explicit Recording(std::span<const std::byte> image = {});
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  /// Ends the recording. `fault` of the result tells of unbalanced brackets.
  Trace finish();

  class Recorder;

 private:
  std::unique_ptr<Recorder> recorder_;
};

}  // namespace skald::npu::counting
