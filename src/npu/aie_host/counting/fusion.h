#pragma once
// Pairs of recorded operations that one machine operation does.

#include <cstddef>
#include <vector>

#include "npu/aie_host/counting/trace.h"

namespace skald::npu::counting {

/// Bytes that an operation reads or writes.
struct Access {
  std::uint32_t op = 0;
  bool store = false;
  const std::byte* begin = nullptr;
  const std::byte* end = nullptr;
};

inline bool overlap(const Access& a, const Access& b) {
  return a.begin < b.end && b.begin < a.end;
}

/// In the operations of one body: load then widen, narrow then store, and accumulators of a vector's size to and from
/// memory become one operation; the other one's count becomes 0. `accesses` follow the operations that make them.
void fuse(std::vector<Recorded>& ops, std::vector<Access>& accesses);

}  // namespace skald::npu::counting
