#include "decode/strip.h"

#include <algorithm>
#include <array>

namespace skald::decode {
namespace {

using std::string_view_literals::operator""sv;

// UTF-8 of every code point for which Python 3.11's str.isspace() holds.
constexpr std::array kSpaces = {
    "\t"sv,           "\n"sv,           "\v"sv,           "\f"sv,           "\r"sv,
    "\x1c"sv,         "\x1d"sv,         "\x1e"sv,         "\x1f"sv,         " "sv,
    "\xc2\x85"sv,     "\xc2\xa0"sv,     "\xe1\x9a\x80"sv, "\xe2\x80\x80"sv, "\xe2\x80\x81"sv,
    "\xe2\x80\x82"sv, "\xe2\x80\x83"sv, "\xe2\x80\x84"sv, "\xe2\x80\x85"sv, "\xe2\x80\x86"sv,
    "\xe2\x80\x87"sv, "\xe2\x80\x88"sv, "\xe2\x80\x89"sv, "\xe2\x80\x8a"sv, "\xe2\x80\xa8"sv,
    "\xe2\x80\xa9"sv, "\xe2\x80\xaf"sv, "\xe2\x81\x9f"sv, "\xe3\x80\x80"sv};

}  // namespace

std::string_view strip(std::string_view text) {
  for (;;) {
    const auto* space = std::ranges::find_if(kSpaces, [&](std::string_view s) { return text.starts_with(s); });
    if (space == kSpaces.end()) break;
    text.remove_prefix(space->size());
  }
  for (;;) {
    const auto* space = std::ranges::find_if(kSpaces, [&](std::string_view s) { return text.ends_with(s); });
    if (space == kSpaces.end()) break;
    text.remove_suffix(space->size());
  }
  return text;
}

}  // namespace skald::decode
