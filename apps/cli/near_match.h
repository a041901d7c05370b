#pragma once
// "Did you mean": the known word nearest to a mistyped one.

#include <span>
#include <string>
#include <string_view>

namespace skald::cli {

/// The candidate with the fewest insertions, deletions and replacements of a character, if few enough to be a slip
/// (at most a third of the word); else empty. The first of equals.
std::string near_match(std::string_view word, std::span<const std::string> candidates);

}  // namespace skald::cli
