#pragma once
// Small questions about the parts of a Program.

#include <cstdint>
#include <optional>
#include <string>

#include "npu/program/program.h"

namespace skald::npu {

/// Nothing in a Program is larger, in elements or bytes: more than any memory, far from an overflow.
inline constexpr int64_t kLargestBlock = int64_t{1} << 40;

/// "(0,2)": column, row.
std::string to_string(Tile tile);

/// Elements of a block; nothing when an extent is below 1 or the block is larger than kLargestBlock.
std::optional<int64_t> checked_elements(const Block& block);
/// The same for blocks that are known to be sound.
int64_t elements_of(const Block& block);
int64_t bytes_of(const Block& block);

/// Product of a pattern's sizes; `whole` for an empty pattern. Pre: sound sizes.
int64_t pattern_elements(const Pattern& pattern, int64_t whole);
/// The largest offset that a pattern reaches. Pre: sound sizes and strides.
int64_t pattern_reach(const Pattern& pattern, int64_t whole);

/// Whether `name` is a name: a letter or _, then letters, digits or _, at most 64; MLIR symbol and C identifier alike.
bool is_name(const std::string& name);

}  // namespace skald::npu
