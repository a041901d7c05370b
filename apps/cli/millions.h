#pragma once
// Parameters and bytes as they are shown.

#include <cstdint>

namespace skald::cli {

/// `count` in millions: of bytes, MB.
inline double millions(int64_t count) {
  return static_cast<double>(count) * 1e-6;
}

}  // namespace skald::cli
