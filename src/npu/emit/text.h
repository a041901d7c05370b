#pragma once
// Pieces of MLIR text: types, patterns, and lines that can still be added to further up.

#include <cstdint>
#include <list>
#include <string>
#include <string_view>

#include "npu/program/program.h"

namespace skald::npu::text {

/// i8, i16, i32, bf16 or f32. MLIR's integers have no sign: the kernel knows.
std::string_view element_type(Element type);

/// "memref<2048xbf16>": all memory is one-dimensional, so that a kernel's types do not depend on how a shape is
/// written.
std::string memref(const Block& block);
std::string memref(Element type, int64_t elements);

/// "%tile_1_2"
std::string tile_value(Tile tile);

/// Between the parts of a list: nothing in front of the first.
inline std::string_view separator(std::string_view list) {
  return list.empty() ? "" : ", ";
}

/// "[<size = 4, stride = 64>, <size = 64, stride = 1>]"
std::string dims(const Pattern& pattern);

/// Lines in order. A place stays valid while lines are added anywhere.
class Lines {
 public:
  struct Line {
    int depth = 0;
    std::string text;
  };
  using Place = std::list<Line>::iterator;

  /// Adds at the end, as deep as indent() says; returns where it stands.
  Place add(std::string line);

  /// Adds after `place` and moves `place` to the added line.
  void add_after(Place& place, std::string line, int depth);

  void indent() { ++depth_; }
  void outdent() { --depth_; }

  /// Moves all lines of `other` to the end of these, as deep as they are.
  void append(Lines&& other) { lines_.splice(lines_.end(), other.lines_); }

  /// Each on a line, two spaces a level.
  std::string joined() const;

 private:
  std::list<Line> lines_;
  int depth_ = 0;
};

}  // namespace skald::npu::text
