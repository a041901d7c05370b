#pragma once
// Element types and a non-owning view of a tensor as it lies in memory.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace skald {

enum class DType : uint8_t { kF32, kF16, kBF16, kI8, kU8, kI32, kI64 };

constexpr size_t size_of(DType type) {
  switch (type) {
    case DType::kF32:
    case DType::kI32: return 4;
    case DType::kF16:
    case DType::kBF16: return 2;
    case DType::kI8:
    case DType::kU8: return 1;
    case DType::kI64: return 8;
  }
  return 0;
}

/// "float32", "float16", "bfloat16", "int8", ...
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

/// A dense row-major tensor that somebody else owns.
struct TensorView {
  const void* data = nullptr;
  DType dtype = DType::kF32;
  Shape shape;

  int64_t count() const { return shape.count(); }
  size_t bytes() const { return static_cast<size_t>(count()) * size_of(dtype); }
};

/// Converts `view` (float32, float16 or bfloat16) to float32. Pre: out.size() == view.count().
void to_f32(const TensorView& view, std::span<float> out);

}  // namespace skald
