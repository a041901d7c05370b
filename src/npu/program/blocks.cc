#include "npu/program/blocks.h"

#include <algorithm>

namespace skald::npu {

std::string to_string(Tile tile) {
  return "(" + std::to_string(tile.column) + "," + std::to_string(tile.row) + ")";
}

std::optional<int64_t> checked_elements(const Block& block) {
  int64_t elements = bytes_of(block.type);
  for (const int64_t extent : block.shape) {
    if (extent < 1 || extent > kLargestBlock || elements > kLargestBlock / extent) return std::nullopt;
    elements *= extent;
  }
  if (block.shape.empty()) return std::nullopt;
  return elements / bytes_of(block.type);
}

int64_t elements_of(const Block& block) {
  return checked_elements(block).value_or(0);
}

int64_t bytes_of(const Block& block) {
  return elements_of(block) * bytes_of(block.type);
}

int64_t pattern_elements(const Pattern& pattern, int64_t whole) {
  if (pattern.empty()) return whole;
  int64_t elements = 1;
  for (const Dim& dim : pattern) elements *= dim.size;
  return elements;
}

int64_t pattern_reach(const Pattern& pattern, int64_t whole) {
  if (pattern.empty()) return whole - 1;
  int64_t reach = 0;
  for (const Dim& dim : pattern) reach += (dim.size - 1) * dim.stride;
  return reach;
}

bool is_name(const std::string& name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && name.size() <= 64 && letter(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || digit(c); });
}

}  // namespace skald::npu
