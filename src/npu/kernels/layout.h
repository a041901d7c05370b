#pragma once
// Orders of elements in kernel arguments, by the name that a KernelArgument gives, and host functions that pack and
// unpack them. DMA does this on the array (plan/); tests and references do it here.
//
//   "rows"         row-major
//   "blocks r x c" the matrix cut into blocks of r rows and c columns; blocks from left to right, then down; rows first
//                  within a block. What the native products want: of int8 A 4 x 8, B 8 x 8, C 4 x 8; of bfloat16 A 4 x
//                  8, B 8 x 4, C 4 x 4; of int16 4 x 4 each (AIE API, mmul; npu1 only).

//   "panels"       what the encoder keeps in host memory: cells of 256 bytes, each the 4 x 8 blocks of four rows (a
//   strip)
//                  and of 64 bytes' worth of columns (a panel: 64 of int8, 32 of bfloat16); a panel's strips one after
//                  the other, then the next panel. A few strips of a few panels in that order are what a core gets.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace skald::npu {

/// Rows and columns of the blocks of a layout; 0, 0: row-major.
struct BlockOrder {
  int rows = 0;
  int columns = 0;
  bool operator==(const BlockOrder&) const = default;
};

/// Reads a layout's name, as "blocks 4x8".
constexpr BlockOrder block_order(std::string_view layout) {
  constexpr std::string_view kPrefix = "blocks ";
  if (!layout.starts_with(kPrefix) || layout.size() != kPrefix.size() + 3) {
    return {};
  }
  return {layout[kPrefix.size()] - '0', layout[kPrefix.size() + 2] - '0'};
}

/// Where element (row, column) of a matrix of `width` columns lies.
constexpr std::int64_t block_index(BlockOrder order, std::int64_t width, std::int64_t row, std::int64_t column) {
  if (order.rows == 0) {
    return row * width + column;
  }
  const std::int64_t block = row / order.rows * (width / order.columns) + column / order.columns;
  return block * order.rows * order.columns + row % order.rows * order.columns + column % order.columns;
}

/// Where element (row, column) of an array in panels lies, that has `strips` of four rows; `wide`: columns of a panel.
constexpr std::int64_t panel_index(std::int64_t wide, std::int64_t strips, std::int64_t row, std::int64_t column) {
  const std::int64_t cell = column / wide * strips + row / 4;
  return cell * 4 * wide + column % wide / 8 * 32 + row % 4 * 8 + column % 8;
}

/// Row-major `from` (height x width, both whole blocks) into blocks at `to`.
template <typename T>
void pack_blocks(BlockOrder order, std::int64_t height, std::int64_t width, const T* from, T* to) {
  for (std::int64_t row = 0; row < height; ++row) {
    for (std::int64_t column = 0; column < width; ++column) {
      to[block_index(order, width, row, column)] = from[row * width + column];
    }
  }
}

/// The reverse.
template <typename T>
void unpack_blocks(BlockOrder order, std::int64_t height, std::int64_t width, const T* from, T* to) {
  for (std::int64_t row = 0; row < height; ++row) {
    for (std::int64_t column = 0; column < width; ++column) {
      to[row * width + column] = from[block_index(order, width, row, column)];
    }
  }
}

/// Both copies of a table of int8 by int8 index (kTableI8Bytes), as a lookup reads two banks: groups of 16 in turn.
inline void pack_table_i8(std::span<const std::byte> entries, std::byte* to) {
  constexpr std::size_t kGroup = 16;
  for (std::size_t at = 0; at < entries.size(); at += kGroup) {
    std::memcpy(to + 2 * at, &entries[at], kGroup);
    std::memcpy(to + 2 * at + kGroup, &entries[at], kGroup);
  }
}

/// "pairs of 64": two weights of four bits (-8 to 7) a byte; of every 128, the first 64 in the lower halves.
inline void pack_i4(std::span<const std::int8_t> weights, std::byte* to) {
  for (std::size_t i = 0; i < weights.size() / 2; ++i) {
    const std::size_t at = i / 64 * 128 + i % 64;
    const auto low = static_cast<unsigned>(weights[at]) & 15U;
    const auto high = static_cast<unsigned>(weights[at + 64]) & 15U;
    to[i] = static_cast<std::byte>(low | high << 4U);
  }
}

/// Bytes of "groups of 8" and "groups of 4" for so many columns.
constexpr std::int64_t requantise_parameter_bytes(std::int64_t columns) {
  return columns / 8 * 64;
}
constexpr std::int64_t finish_bias_bytes(std::int64_t columns) {
  return columns / 4 * 64;
}

/// "groups of 8" from a bias and a factor per column; whole groups.
inline void pack_requantise_parameters(std::span<const std::int32_t> bias, std::span<const std::int16_t> factors,
                                       std::byte* to) {
  for (std::size_t group = 0; group < bias.size() / 8; ++group) {
    std::byte* at = to + 64 * group;
    std::memcpy(at, &bias[8 * group], 32);
    std::memcpy(at + 32, &factors[8 * group], 16);
    std::memcpy(at + 48, &factors[8 * group], 16);
  }
}

/// "groups of 4" from a bias per column; whole groups.
inline void pack_finish_bias(std::span<const float> bias, std::byte* to) {
  for (std::size_t group = 0; group < bias.size() / 4; ++group) {
    for (std::size_t row = 0; row < 4; ++row) {
      std::memcpy(to + 64 * group + 16 * row, &bias[4 * group], 16);
    }
  }
}

}  // namespace skald::npu
