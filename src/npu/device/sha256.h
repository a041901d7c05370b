#pragma once
// SHA-256 of bytes in memory.

#include <array>
#include <cstddef>
#include <span>

namespace skald::npu {

using Sha256 = std::array<std::byte, 32>;

Sha256 sha256(std::span<const std::byte> bytes);

}  // namespace skald::npu
