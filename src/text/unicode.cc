#include "text/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace skald::text {
namespace {

/// What a lead byte asks for: the length of its sequence and the range of the second byte (table 3-7).
struct Lead {
  uint32_t size = 0;  // 0: not a lead byte
  uint8_t low = 0x80;
  uint8_t high = 0xBF;
};

constexpr Lead lead_of(uint8_t byte) {
  if (byte < 0x80) return {.size = 1};
  if (byte >= 0xC2 && byte <= 0xDF) return {.size = 2};
  if (byte == 0xE0) return {.size = 3, .low = 0xA0};
  if (byte == 0xED) return {.size = 3, .high = 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {.size = 3};
  if (byte == 0xF0) return {.size = 4, .low = 0x90};
  if (byte >= 0xF1 && byte <= 0xF3) return {.size = 4};
  if (byte == 0xF4) return {.size = 4, .high = 0x8F};
  return {};
}

uint8_t byte_at(std::string_view text, size_t at) {
  return static_cast<uint8_t>(text[at]);
}

struct Range {
  char32_t first;
  char32_t last;
};

// Assigned by Unicode 15.1 and 16.0, which Debian 12's utf8proc (15.0) does not know yet. Compared with the
// reference's split expression over all code points.
constexpr std::array kNewLetters = {
    Range{0x1C89, 0x1C8A},   Range{0xA7CB, 0xA7CD},   Range{0xA7DA, 0xA7DC},   Range{0x105C0, 0x105F3},
    Range{0x10D4A, 0x10D65}, Range{0x10D6F, 0x10D85}, Range{0x10EC2, 0x10EC4}, Range{0x11380, 0x11389},
    Range{0x1138B, 0x1138B}, Range{0x1138E, 0x1138E}, Range{0x11390, 0x113B5}, Range{0x113B7, 0x113B7},
    Range{0x113D1, 0x113D1}, Range{0x113D3, 0x113D3}, Range{0x11BC0, 0x11BE0}, Range{0x13460, 0x143FA},
    Range{0x16100, 0x1611D}, Range{0x16D40, 0x16D6C}, Range{0x18CFF, 0x18CFF}, Range{0x1E5D0, 0x1E5ED},
    Range{0x1E5F0, 0x1E5F0}, Range{0x2EBF0, 0x2EE5D}};
constexpr std::array kNewNumbers = {Range{0x10D40, 0x10D49}, Range{0x116D0, 0x116E3}, Range{0x11BF0, 0x11BF9},
                                    Range{0x16130, 0x16139}, Range{0x16D70, 0x16D79}, Range{0x1CCF0, 0x1CCF9},
                                    Range{0x1E5F1, 0x1E5FA}};

template <size_t kCount>
bool contains(const std::array<Range, kCount>& ranges, char32_t value) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), value,
                                      [](char32_t wanted, const Range& range) { return wanted < range.first; });
  return after != ranges.begin() && value <= std::prev(after)->last;
}

/// Unicode's White_Space, which \s stands for.
constexpr bool is_white_space(char32_t value) {
  return (value >= 0x09 && value <= 0x0D) || value == 0x20 || value == 0x85 || value == 0xA0 || value == 0x1680 ||
         (value >= 0x2000 && value <= 0x200A) || value == 0x2028 || value == 0x2029 || value == 0x202F ||
         value == 0x205F || value == 0x3000;
}

/// Python's str.isspace: also the four information separators.
constexpr bool is_python_space(char32_t value) {
  return is_white_space(value) || (value >= 0x1C && value <= 0x1F);
}

}  // namespace

Decoded decode_utf8(std::string_view text, size_t at) {
  const uint8_t first = byte_at(text, at);
  if (first < 0x80) return {.value = first, .size = 1, .valid = true};
  const Lead lead = lead_of(first);
  if (lead.size == 0) return {};
  char32_t value = first & (0x7FU >> lead.size);
  for (uint32_t i = 1; i < lead.size; ++i) {
    if (at + i >= text.size()) return {.size = i};
    const uint8_t next = byte_at(text, at + i);
    const bool in_range = i == 1 ? next >= lead.low && next <= lead.high : (next & 0xC0U) == 0x80;
    if (!in_range) return {.size = i};
    value = (value << 6U) | (next & 0x3FU);
  }
  return {.value = value, .size = lead.size, .valid = true};
}

void append_utf8(std::string& out, char32_t value) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const utf8proc_ssize_t size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(value), bytes.data());
  for (utf8proc_ssize_t i = 0; i < size; ++i) out.push_back(static_cast<char>(bytes[static_cast<size_t>(i)]));
}

size_t valid_utf8_prefix(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const Decoded decoded = decode_utf8(text, at);
    if (!decoded.valid) break;
    at += decoded.size;
  }
  return at;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t valid = valid_utf8_prefix(text);
    out.append(text.substr(0, valid));
    text.remove_prefix(valid);
    if (text.empty()) break;
    append_utf8(out, kReplacement);
    text.remove_prefix(decode_utf8(text, 0).size);
  }
  return out;
}

CharClass char_class(char32_t value) {
  if (is_white_space(value)) return CharClass::kSpace;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(value))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return CharClass::kLetter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return CharClass::kNumber;
    case UTF8PROC_CATEGORY_CN: break;
    default: return CharClass::kOther;
  }
  if (contains(kNewLetters, value)) return CharClass::kLetter;
  return contains(kNewNumbers, value) ? CharClass::kNumber : CharClass::kOther;
}

std::string_view strip(std::string_view text) {
  size_t first = 0;
  while (first < text.size()) {
    const Decoded decoded = decode_utf8(text, first);
    if (!decoded.valid || !is_python_space(decoded.value)) break;
    first += decoded.size;
  }
  size_t last = text.size();  // end of the last character that is not a space
  while (last > first) {
    size_t start = last - 1;
    while (start > first && (byte_at(text, start) & 0xC0U) == 0x80) --start;
    const Decoded decoded = decode_utf8(text, start);
    if (!decoded.valid || start + decoded.size != last || !is_python_space(decoded.value)) break;
    last = start;
  }
  return text.substr(first, last - first);
}

}  // namespace skald::text
