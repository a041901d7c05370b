#pragma once
// Ids of the English vocabulary, as tests write them.

#include <cstdint>

namespace skald::decode::testing {

inline constexpr int32_t kEot = 50256;
inline constexpr int32_t kBegin = 50363;  ///< <|0.00|>

}  // namespace skald::decode::testing
