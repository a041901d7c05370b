#pragma once
// Element types and a non-owning view of a tensor as it lies in memory.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace skald {

/// The last five are ggml's: blocks of 32 elements of a row with a float16 step (and a float16 minimum in _1) in front.
enum class DType : uint8_t { kF32, kF16, kBF16, kI8, kU8, kI32, kI64, kQ4v0, kQ4v1, kQ5v0, kQ5v1, kQ8v0 };

/// What elements are stored in: one, or a block.
struct Storage {
  int64_t elements = 1;
  size_t bytes = 0;
};

constexpr Storage storage_of(DType type) {
  switch (type) {
    case DType::kF32:
    case DType::kI32: return {1, 4};
    case DType::kF16:
    case DType::kBF16: return {1, 2};
    case DType::kI8:
    case DType::kU8: return {1, 1};
    case DType::kI64: return {1, 8};
    case DType::kQ4v0: return {32, 2 + 16};
    case DType::kQ4v1: return {32, 2 + 2 + 16};
    case DType::kQ5v0: return {32, 2 + 4 + 16};
    case DType::kQ5v1: return {32, 2 + 2 + 4 + 16};
    case DType::kQ8v0: return {32, 2 + 32};
  }
  return {};
}

/// "float32", "float16", "bfloat16", "int8", "q8_0", ...
const char* to_string(DType type);

/// Extents of up to four dimensions, slowest first.
struct Shape {
  static constexpr int kMaxRank = 4;  // conv weights are the deepest tensors Whisper has (3)
  std::array<int64_t, kMaxRank> extent{};
  int rank = 0;

  constexpr Shape() = default;
  constexpr Shape(std::initializer_list<int64_t> extents) {
    for (int64_t e : extents) extent[static_cast<size_t>(rank++)] = e;
  }
  constexpr int64_t operator[](int i) const { return extent[static_cast<size_t>(i)]; }
  /// Product of the extents; 1 for rank 0.
  constexpr int64_t count() const {
    int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= (*this)[i];
    return n;
  }
  friend constexpr bool operator==(const Shape&, const Shape&) = default;
};

/// "(512, 80, 3)"
std::string to_string(const Shape& shape);

/// A dense row-major tensor that somebody else owns, of any alignment. A row is what one step of the slowest dimension
/// holds; blocks do not reach over its end.
struct TensorView {
  const void* data = nullptr;
  DType dtype = DType::kF32;
  Shape shape{};
  const float* row_steps = nullptr;  ///< kI8: what a row's integers are multiplied by, aligned; else null

  int64_t count() const { return shape.count(); }
  size_t bytes() const {
    const Storage storage = storage_of(dtype);
    return static_cast<size_t>(count() / storage.elements) * storage.bytes;
  }
  /// Row `i` as a tensor of one row. Pre: rank at least 1, 0 <= i < shape[0].
  TensorView row(int64_t i) const;
};

/// Whether to_f32 takes it.
bool holds_numbers(const TensorView& view);

/// Converts `view` to float32: float32, float16, bfloat16, ggml's blocks, int8 with row_steps.
/// Pre: holds_numbers(view), out.size() == view.count().
void to_f32(const TensorView& view, std::span<float> out);

}  // namespace skald
