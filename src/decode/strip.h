#pragma once
// White space as Python's str.strip() knows it.

#include <string_view>

namespace skald::decode {

/// `text` (UTF-8) without leading and trailing Unicode white space: what Python's str.isspace() says yes to
/// (bidirectional class WS, B or S, or category Zs).
std::string_view strip(std::string_view text);

}  // namespace skald::decode
