#include "npu/emit/text.h"

#include <iterator>
#include <utility>

#include "npu/program/blocks.h"

namespace skald::npu::text {

std::string_view element_type(Element type) {
  switch (type) {
    case Element::kI8:
    case Element::kU8: return "i8";
    case Element::kI16: return "i16";
    case Element::kI32: return "i32";
    case Element::kBf16: return "bf16";
    case Element::kF32: break;
  }
  return "f32";
}

std::string memref(Element type, int64_t elements) {
  return "memref<" + std::to_string(elements) + "x" + std::string(element_type(type)) + ">";
}

std::string memref(const Block& block) {
  return memref(block.type, elements_of(block));
}

std::string tile_value(Tile tile) {
  return "%tile_" + std::to_string(tile.column) + "_" + std::to_string(tile.row);
}

std::string dims(const Pattern& pattern) {
  std::string text = "[";
  for (size_t i = 0; i < pattern.size(); ++i) {
    text += i == 0 ? "<size = " : ", <size = ";
    text += std::to_string(pattern[i].size) + ", stride = " + std::to_string(pattern[i].stride) + ">";
  }
  return text + "]";
}

Lines::Place Lines::add(std::string line) {
  lines_.push_back({.depth = depth_, .text = std::move(line)});
  return std::prev(lines_.end());
}

void Lines::add_after(Place& place, std::string line, int depth) {
  place = lines_.insert(std::next(place), {.depth = depth, .text = std::move(line)});
}

std::string Lines::joined() const {
  std::string text;
  for (const Line& line : lines_) {
    if (!line.text.empty()) text.append(static_cast<size_t>(line.depth) * 2, ' ');
    text += line.text + "\n";
  }
  return text;
}

}  // namespace skald::npu::text
