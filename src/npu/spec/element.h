#pragma once
// Types of elements in host arguments, streams, core buffers and kernel arguments.

#include <array>
#include <cstddef>
#include <cstdint>

namespace skald::npu {

enum class Element : uint8_t { kI8, kU8, kI16, kI32, kBf16, kF32 };

struct ElementFacts {
  int bytes;
  const char* name;  ///< in the text of Programs
};

inline constexpr std::array<ElementFacts, 6> kElements{
    {{1, "i8"}, {1, "u8"}, {2, "i16"}, {4, "i32"}, {2, "bf16"}, {4, "f32"}}};

constexpr int bytes_of(Element element) {
  return kElements[static_cast<size_t>(element)].bytes;
}

constexpr const char* to_string(Element element) {
  return kElements[static_cast<size_t>(element)].name;
}

}  // namespace skald::npu
