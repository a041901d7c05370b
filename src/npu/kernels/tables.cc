// Lookup tables of the kernels, made from their definitions, in the order that aie::lut wants: 128 bits of entries, the
// same again, the next 128 bits ...; a kernel gets two such copies, in two banks.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <numbers>
#include <span>
#include <vector>

#include "base/half.h"
#include "npu/kernels/catalogue.h"
#include "npu/kernels/mel_tables.h"

namespace skald::npu {
namespace {

constexpr size_t kGroupBytes = 16;  // entries of 128 bits, repeated (AIE API, aie::lut)

/// `entries` as aie::lut wants them.
template <size_t kBytes>
std::array<std::byte, 2 * kBytes> doubled(const std::array<std::byte, kBytes>& entries) {
  std::array<std::byte, 2 * kBytes> table{};
  for (size_t at = 0; at < kBytes; at += kGroupBytes) {
    std::memcpy(&table[2 * at], &entries[at], kGroupBytes);
    std::memcpy(&table[2 * at + kGroupBytes], &entries[at], kGroupBytes);
  }
  return table;
}

/// Slope (bfloat16 in the upper half of 32 bits) and offset (float32) of 64 segments of 1/8 from -4: the chord, moved
/// by half of its largest error; the outermost two are -1 and 1, for all that lies beyond.
std::span<const std::byte> tanh_segments() {
  constexpr int kSegments = 64;
  constexpr double kWidth = 0.125;
  static const auto kTable = [] {
    std::array<std::byte, size_t{kSegments} * 8> entries{};
    for (int i = 0; i < kSegments; ++i) {
      const int place = i - kSegments / 2;
      const double from = place * kWidth;
      const double middle = from + kWidth / 2;
      const bool outermost = i == 0 || i == kSegments - 1;
      const double chord = outermost ? 0.0 : (std::tanh(from + kWidth) - std::tanh(from)) / kWidth;
      const uint32_t slope = uint32_t{f32_to_bf16(static_cast<float>(chord))} << 16U;
      const double rounded = bf16_to_f32(static_cast<uint16_t>(slope >> 16U));
      const double ends = (std::tanh(from) + std::tanh(from + kWidth)) / 2;
      const double level = (ends + std::tanh(middle)) / 2 - rounded * middle;
      const auto offset = static_cast<float>(outermost ? std::copysign(1.0, from) : level);
      std::memcpy(&entries[static_cast<size_t>(i) * 8], &slope, sizeof slope);
      std::memcpy(&entries[static_cast<size_t>(i) * 8 + 4], &offset, sizeof offset);
    }
    return doubled(entries);
  }();
  return kTable;
}

/// For each lane of a native result of four keys by four queries: the key, then the key less the query. A query sees
/// the keys up to a limit of the one or the other (attention_bf16.cc).
std::span<const std::byte> attention_lanes() {
  static constexpr auto kLanes = [] {
    std::array<int32_t, 32> lanes{};
    for (int lane = 0; lane < 16; ++lane) {
      lanes[static_cast<size_t>(lane)] = lane / 4;
      lanes[size_t{16} + static_cast<size_t>(lane)] = lane / 4 - lane % 4;
    }
    return lanes;
  }();
  return std::as_bytes(std::span(kLanes));
}

/// 127 * 2^(-i / 32), rounded; the last, for all that lies beyond, is 0.
std::span<const std::byte> attention_exp() {
  constexpr int kEntries = 256;
  static const auto kTable = [] {
    std::array<std::byte, size_t{kEntries}> entries{};
    for (int i = 0; i + 1 < kEntries; ++i) {
      entries[static_cast<size_t>(i)] = static_cast<std::byte>(std::lround(127 * std::exp2(-i / 32.0)));
    }
    return doubled(entries);
  }();
  return kTable;
}

constexpr int kGeluEntries = 256;

std::span<const std::byte> gelu_i8() {
  static const auto kTable = [] {
    std::array<std::byte, kGeluEntries> entries{};
    for (int i = 0; i < kGeluEntries; ++i) {
      entries[static_cast<size_t>(i)] =
          static_cast<std::byte>(gelu_i8_entry(static_cast<int8_t>(i - kGeluEntries / 2)));
    }
    return doubled(entries);
  }();
  return kTable;
}

/// What sums begin with (resident.cc).
std::span<const std::byte> zeros() {
  static constexpr std::array<std::byte, 128> kZeros{};
  return kZeros;
}

constexpr auto kTables = std::to_array<KernelTable>({
    {"attention_exp", Element::kI8, attention_exp},
    {"attention_lanes", Element::kI32, attention_lanes},
    {"gelu_i8", Element::kI8, gelu_i8},
    {"tanh", Element::kF32, tanh_segments},
    {"zeros", Element::kI32, zeros},
});

}  // namespace

std::int8_t gelu_i8_entry(std::int8_t x) {
  const double value = x * kGeluStep;
  const double gelu = 0.5 * value * (1.0 + std::erf(value / std::numbers::sqrt2));
  return static_cast<std::int8_t>(std::nearbyint(gelu / kGeluStep));
}

std::span<const KernelTable> kernel_tables() {
  static const std::vector<KernelTable> kAll = [] {
    std::vector<KernelTable> all(kTables.begin(), kTables.end());
    std::ranges::copy(mel_tables(), std::back_inserter(all));
    return all;
  }();
  return kAll;
}

const KernelTable* find_table(std::string_view name) {
  const std::span<const KernelTable> tables = kernel_tables();
  const auto found = std::ranges::find(tables, name, &KernelTable::name);
  return found == tables.end() ? nullptr : &*found;
}

}  // namespace skald::npu
