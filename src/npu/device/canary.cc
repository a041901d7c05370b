#include "npu/device/canary.h"

#include <algorithm>

namespace skald::npu {
namespace {

/// Byte `index` of the pattern (splitmix64, public domain, S. Vigna): no output of a kernel looks like it.
std::byte pattern(uint64_t seed, size_t index) {
  uint64_t z = seed + (static_cast<uint64_t>(index / 8) + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  z ^= z >> 31U;
  return static_cast<std::byte>((z >> (8U * (index % 8))) & 0xFFU);
}

}  // namespace

std::span<std::byte> Canary::line(size_t index) const {
  return output_.bytes().subspan(starts_[index], line_bytes_);
}

Result<Canary> Canary::plant(const DeviceBuffer& output, uint64_t seed) {
  Canary canary;
  canary.output_ = output;
  canary.seed_ = seed;
  // Whole cache lines within the output; an output without one is a line of its own.
  const size_t first = (kLineBytes - output.offset() % kLineBytes) % kLineBytes;
  const size_t whole = output.size() > first ? (output.size() - first) / kLineBytes : 0;
  canary.line_bytes_ = whole > 0 ? kLineBytes : output.size();
  if (whole == 0 && output.size() > 0) canary.starts_.push_back(0);
  const size_t count = std::min(whole, kLines);
  for (size_t i = 0; i < count; ++i) {
    const size_t at = count > 1 ? i * (whole - 1) / (count - 1) : 0;
    canary.starts_.push_back(first + at * kLineBytes);
  }
  for (size_t i = 0; i < canary.lines(); ++i) {
    const auto bytes = canary.line(i);
    for (size_t b = 0; b < bytes.size(); ++b) bytes[b] = pattern(seed + i, b);
    SKALD_CHECK(output.memory()->sync(SyncDirection::kToDevice, output.offset() + canary.starts_[i], bytes.size()));
  }
  return canary;
}

Result<size_t> Canary::count_changed() const {
  size_t changed = 0;
  for (size_t i = 0; i < lines(); ++i) {
    const auto bytes = line(i);
    SKALD_CHECK(output_.memory()->sync(SyncDirection::kFromDevice, output_.offset() + starts_[i], bytes.size()));
    for (size_t b = 0; b < bytes.size(); ++b) {
      if (bytes[b] == pattern(seed_ + i, b)) continue;
      ++changed;
      break;
    }
  }
  return changed;
}

}  // namespace skald::npu
