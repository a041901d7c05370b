#pragma once
// Bytes as text.

#include <cstddef>
#include <span>
#include <string>

namespace skald {

/// Two digits, 0 to f, for each byte.
inline std::string hexadecimal(std::span<const std::byte> bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4U];
    text += kDigits[std::to_integer<unsigned>(byte) & 0xFU];
  }
  return text;
}

}  // namespace skald
