#include "npu/sim/pattern.h"

#include <algorithm>
#include <cstring>
#include <ranges>

namespace skald::npu::sim {

PatternCursor::PatternCursor(const Pattern& pattern, int64_t elements) {
  if (pattern.empty()) {
    run_ = left_ = elements;
    return;
  }
  left_ = 1;
  for (const Dim& dim : pattern) {
    levels_.push_back({.size = dim.size, .stride = dim.stride, .at = 0});
    left_ *= dim.size;
  }
  // Levels that continue where the faster one ends are part of the stretch.
  while (!levels_.empty() && (levels_.back().stride == run_ || levels_.back().size == 1)) {
    run_ *= levels_.back().size;
    levels_.pop_back();
  }
}

Stretch PatternCursor::next(int64_t most) {
  Stretch stretch{.offset = in_run_, .length = std::min(most, run_ - in_run_)};
  for (const Level& level : levels_) stretch.offset += level.at * level.stride;
  left_ -= stretch.length;
  in_run_ += stretch.length;
  if (in_run_ < run_) return stretch;
  in_run_ = 0;
  for (Level& level : std::views::reverse(levels_)) {
    if (++level.at < level.size) break;
    level.at = 0;
  }
  return stretch;
}

namespace {

template <class Copy>
void walk(PatternCursor& cursor, int64_t count, const Copy& copy) {
  for (int64_t done = 0; done < count;) {
    const Stretch stretch = cursor.next(count - done);
    copy(done, stretch);
    done += stretch.length;
  }
}

}  // namespace

void gather(const std::byte* memory, PatternCursor& cursor, int64_t count, int element_bytes, std::byte* stream) {
  walk(cursor, count, [&](int64_t at, const Stretch& stretch) {
    std::memcpy(stream + at * element_bytes, memory + stretch.offset * element_bytes,
                static_cast<size_t>(stretch.length * element_bytes));
  });
}

void scatter(const std::byte* stream, PatternCursor& cursor, int64_t count, int element_bytes, std::byte* memory) {
  walk(cursor, count, [&](int64_t at, const Stretch& stretch) {
    std::memcpy(memory + stretch.offset * element_bytes, stream + at * element_bytes,
                static_cast<size_t>(stretch.length * element_bytes));
  });
}

}  // namespace skald::npu::sim
