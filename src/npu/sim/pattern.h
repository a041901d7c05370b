#pragma once
// Walks the elements of an address pattern in stream order.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "npu/program/program.h"

namespace skald::npu::sim {

/// A stretch of contiguous elements.
struct Stretch {
  int64_t offset = 0;  ///< elements from the pattern's origin
  int64_t length = 0;
};

/// Goes through a pattern once, in stretches as long as memory allows.
class PatternCursor {
 public:
  /// An empty pattern is `elements` contiguous ones.
  PatternCursor(const Pattern& pattern, int64_t elements);

  int64_t left() const { return left_; }

  /// The next stretch of at most `most` elements. Pre: left() > 0, most > 0.
  Stretch next(int64_t most);

 private:
  struct Level {
    int64_t size;
    int64_t stride;
    int64_t at;
  };
  std::vector<Level> levels_;  ///< slowest first, without the contiguous innermost stretch
  int64_t run_ = 1;            ///< elements in a stretch
  int64_t in_run_ = 0;         ///< of them, already given
  int64_t left_ = 0;
};

/// stream[i] = memory[pattern(i)], all elements of the cursor's pattern up to `count`.
void gather(const std::byte* memory, PatternCursor& cursor, int64_t count, int element_bytes, std::byte* stream);

/// memory[pattern(i)] = stream[i].
void scatter(const std::byte* stream, PatternCursor& cursor, int64_t count, int element_bytes, std::byte* memory);

}  // namespace skald::npu::sim
