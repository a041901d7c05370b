#pragma once
// Numbers of things in whole parts: tiles, objects, groups, alignments.

#include <cstdint>

namespace skald::npu {

/// Parts of `unit` that hold `value`: ceil(value / unit). Pre: value >= 0, unit > 0.
constexpr int64_t parts(int64_t value, int64_t unit) {
  return (value + unit - 1) / unit;
}

/// `value` in whole parts.
constexpr int64_t whole(int64_t value, int64_t unit) {
  return parts(value, unit) * unit;
}

}  // namespace skald::npu
