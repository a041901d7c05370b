#include "base/tensor.h"

#include <cassert>
#include <cstring>

#include "base/half.h"

namespace skald {

const char* to_string(DType type) {
  switch (type) {
    case DType::kF32: return "float32";
    case DType::kF16: return "float16";
    case DType::kBF16: return "bfloat16";
    case DType::kI8: return "int8";
    case DType::kU8: return "uint8";
    case DType::kI32: return "int32";
    case DType::kI64: return "int64";
  }
  return "unknown";
}

std::string to_string(const Shape& shape) {
  std::string text = "(";
  for (int i = 0; i < shape.rank; ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + ")";
}

namespace {

/// Elements of a file mapping need not be aligned: they are copied out one by one.
template <class Convert>
void widen(const unsigned char* bytes, std::span<float> out, const Convert& convert) {
  for (size_t i = 0; i < out.size(); ++i) {
    uint16_t bits = 0;
    std::memcpy(&bits, bytes + 2 * i, 2);
    out[i] = convert(bits);
  }
}

}  // namespace

void to_f32(const TensorView& view, std::span<float> out) {
  assert(out.size() == static_cast<size_t>(view.count()));
  if (out.empty()) return;  // memcpy may not be given null, whatever the size
  if (view.dtype == DType::kF32) {
    std::memcpy(out.data(), view.data, view.bytes());
    return;
  }
  const auto* bytes = static_cast<const unsigned char*>(view.data);
  if (view.dtype == DType::kF16) {
    widen(bytes, out, [](uint16_t h) { return f16_to_f32(h); });
  } else {
    assert(view.dtype == DType::kBF16);
    widen(bytes, out, [](uint16_t b) { return bf16_to_f32(b); });
  }
}

}  // namespace skald
