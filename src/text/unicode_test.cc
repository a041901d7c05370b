#include "text/unicode.h"

#include <gtest/gtest.h>

#include "text/split.h"

namespace skald::text {
namespace {

using namespace std::string_literals;

TEST(Unicode, EveryScalarValueComesBack) {
  for (char32_t value = 0; value <= 0x10FFFF; ++value) {
    if (value >= 0xD800 && value <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, value);
    const Decoded decoded = decode_utf8(text, 0);
    ASSERT_TRUE(decoded.valid) << static_cast<uint32_t>(value);
    ASSERT_EQ(decoded.value, value);
    ASSERT_EQ(decoded.size, text.size());
  }
}

TEST(Unicode, MaximalSubpartsAreReplacedAsInPython) {
  const std::string bad = "\xEF\xBF\xBD";
  // input, and how many replacement characters Python puts in its place (none of these holds a character)
  const std::pair<std::string, int> cases[] = {
      {"\x80", 1},         {"\xC0\x80", 2},         {"\xC3", 1},     {"\xE2\x82", 1},         {"\xE0\x80\x80", 3},
      {"\xED\xA0\x80", 3}, {"\xF0\x9F\x98", 1},     {"\xF0\x80", 2}, {"\xF4\x90\x80\x80", 4}, {"\xF5", 1},
      {"\xFF\xFE", 2},     {"\xE2\x82\xE2\x82", 2}, {"\xF0\x9F", 1}, {"\xF1\x80\x80", 1}};
  for (const auto& [text, count] : cases) {
    std::string wanted;
    for (int i = 0; i < count; ++i) wanted += bad;
    EXPECT_EQ(replace_invalid_utf8(text), wanted);
    EXPECT_EQ(replace_invalid_utf8("a" + text + "b"), "a" + wanted + "b");
    EXPECT_EQ(valid_utf8_prefix("a" + text), 1U);
  }
  EXPECT_EQ(replace_invalid_utf8("ordinary"), "ordinary");
}

TEST(Unicode, Classes) {
  for (const char32_t letter : U"aZéßЖ日한ʰǅ𐤀\U0001E5D0\U000105C0\U0002EBF0"s)
    EXPECT_EQ(char_class(letter), CharClass::kLetter) << static_cast<uint32_t>(letter);
  for (const char32_t number : U"0٣१½²Ⅷ〇①𝟙\U00010D40"s)
    EXPECT_EQ(char_class(number), CharClass::kNumber) << static_cast<uint32_t>(number);
  for (const char32_t space : U" \t\n\v\f\r\u0085\u00A0\u1680\u2000\u200A\u2028\u2029\u202F\u205F\u3000"s)
    EXPECT_EQ(char_class(space), CharClass::kSpace) << static_cast<uint32_t>(space);
  for (const char32_t other : U"!'_\u001C\u200B\u200D\u180E\uFEFF\uFFFD\u0301😀\uE000\U0010FFFF"s)
    EXPECT_EQ(char_class(other), CharClass::kOther) << static_cast<uint32_t>(other);
}

TEST(Unicode, StripAsPython) {
  EXPECT_EQ(strip("  a b\t\n"), "a b");
  EXPECT_EQ(strip("\u3000\u2028\x1c text \u0085\u00A0"), "text");
  EXPECT_EQ(strip("\u200b"), "\u200b");
  EXPECT_EQ(strip(" \n "), "");
  EXPECT_EQ(strip(""), "");
  EXPECT_EQ(strip(" \xFF "), "\xFF");
  EXPECT_EQ(strip(" \x80\x80 "), "\x80\x80");
}

std::vector<std::string> pieces(std::string_view text) {
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = next_piece(text, at);
    out.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

TEST(Split, AsTheExpression) {
  using Pieces = std::vector<std::string>;
  EXPECT_EQ(pieces("I'm here, we'll see"), (Pieces{"I", "'m", " here", ",", " we", "'ll", " see"}));
  EXPECT_EQ(pieces("I'M 's 'dx"), (Pieces{"I", "'", "M", " '", "s", " '", "dx"}));
  EXPECT_EQ(pieces("'dx"), (Pieces{"'d", "x"}));
  EXPECT_EQ(pieces("a  b"), (Pieces{"a", " ", " b"}));
  EXPECT_EQ(pieces("a\n\nb"), (Pieces{"a", "\n", "\n", "b"}));
  EXPECT_EQ(pieces("a \n"), (Pieces{"a", " \n"}));
  EXPECT_EQ(pieces(" \u00A0b"), (Pieces{" ", "\u00A0", "b"}));
  EXPECT_EQ(pieces("abc123!?x"), (Pieces{"abc", "123", "!?", "x"}));
  EXPECT_EQ(pieces(" 12 日本 !"), (Pieces{" 12", " 日本", " !"}));
  EXPECT_EQ(pieces("''s"), (Pieces{"''", "s"}));
  EXPECT_EQ(pieces(" "), (Pieces{" "}));
}

}  // namespace
}  // namespace skald::text
