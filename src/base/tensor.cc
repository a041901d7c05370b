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
    case DType::kQ4v0: return "q4_0";
    case DType::kQ4v1: return "q4_1";
    case DType::kQ5v0: return "q5_0";
    case DType::kQ5v1: return "q5_1";
    case DType::kQ8v0: return "q8_0";
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

/// Whatever its alignment.
template <class T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class Convert>
void widen(const std::byte* bytes, std::span<float> out, const Convert& convert) {
  for (size_t i = 0; i < out.size(); ++i) out[i] = convert(load<uint16_t>(bytes + 2 * i));
}

constexpr size_t kBlock = 32;
constexpr size_t kHalf = kBlock / 2;

/// ggml's block formats (ggml-quants.c, dequantize_row_q*): nibble j holds element j below and j + 16 above, `high`
/// their fifth bits. value = (q - offset) * step + minimum.
struct BlockFormat {
  bool has_minimum = false;
  bool has_fifth_bit = false;
  int offset = 0;
};

void widen_nibbles(const std::byte* from, std::span<float, kBlock> out, const BlockFormat& format) {
  const float step = f16_to_f32(load<uint16_t>(from));
  from += sizeof(uint16_t);
  float minimum = 0;
  if (format.has_minimum) {
    minimum = f16_to_f32(load<uint16_t>(from));
    from += sizeof(uint16_t);
  }
  uint32_t high = 0;
  if (format.has_fifth_bit) {
    high = load<uint32_t>(from);
    from += sizeof(uint32_t);
  }
  for (size_t j = 0; j < kHalf; ++j) {
    const auto nibbles = std::to_integer<uint32_t>(from[j]);
    const auto low = static_cast<int>((nibbles & 15U) | (high >> j << 4U & 16U));
    const auto upper = static_cast<int>((nibbles >> 4U) | (high >> (j + kHalf) << 4U & 16U));
    out[j] = static_cast<float>(low - format.offset) * step + minimum;
    out[j + kHalf] = static_cast<float>(upper - format.offset) * step + minimum;
  }
}

void widen_q8_0(const std::byte* from, std::span<float, kBlock> out) {
  const float step = f16_to_f32(load<uint16_t>(from));
  for (size_t j = 0; j < kBlock; ++j) out[j] = static_cast<float>(load<int8_t>(from + sizeof(uint16_t) + j)) * step;
}

void widen_blocks(const TensorView& view, std::span<float> out) {
  const auto* from = static_cast<const std::byte*>(view.data);
  for (size_t at = 0; at < out.size(); at += kBlock, from += storage_of(view.dtype).bytes) {
    const std::span<float, kBlock> block(out.data() + at, kBlock);
    switch (view.dtype) {
      case DType::kQ4v0: widen_nibbles(from, block, {.offset = 8}); break;
      case DType::kQ4v1: widen_nibbles(from, block, {.has_minimum = true}); break;
      case DType::kQ5v0: widen_nibbles(from, block, {.has_fifth_bit = true, .offset = 16}); break;
      case DType::kQ5v1: widen_nibbles(from, block, {.has_minimum = true, .has_fifth_bit = true}); break;
      default: widen_q8_0(from, block); break;
    }
  }
}

void widen_i8(const TensorView& view, std::span<float> out) {
  const auto* from = static_cast<const std::byte*>(view.data);
  const auto width = static_cast<size_t>(view.count() / view.shape[0]);
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<float>(load<int8_t>(from + i)) * view.row_steps[i / width];
}

}  // namespace

TensorView TensorView::row(int64_t i) const {
  const int64_t width = count() / shape[0];
  const Storage storage = storage_of(dtype);
  const size_t offset = static_cast<size_t>(i * width / storage.elements) * storage.bytes;
  return {.data = static_cast<const std::byte*>(data) + offset,
          .dtype = dtype,
          .shape = {1, width},
          .row_steps = row_steps == nullptr ? nullptr : row_steps + i};
}

bool holds_numbers(const TensorView& view) {
  switch (view.dtype) {
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
    case DType::kQ4v0:
    case DType::kQ4v1:
    case DType::kQ5v0:
    case DType::kQ5v1:
    case DType::kQ8v0: return true;
    case DType::kI8: return view.row_steps != nullptr;
    case DType::kU8:
    case DType::kI32:
    case DType::kI64: return false;
  }
  return false;
}

void to_f32(const TensorView& view, std::span<float> out) {
  assert(out.size() == static_cast<size_t>(view.count()) && holds_numbers(view));
  if (out.empty()) return;  // memcpy may not be given null, whatever the size
  const auto* bytes = static_cast<const std::byte*>(view.data);
  switch (view.dtype) {
    case DType::kF32: std::memcpy(out.data(), view.data, view.bytes()); return;
    case DType::kF16: widen(bytes, out, [](uint16_t h) { return f16_to_f32(h); }); return;
    case DType::kBF16: widen(bytes, out, [](uint16_t b) { return bf16_to_f32(b); }); return;
    case DType::kI8: widen_i8(view, out); return;
    default: widen_blocks(view, out); return;
  }
}

}  // namespace skald
