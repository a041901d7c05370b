#include "text/languages.h"

#include <gtest/gtest.h>

#include <set>

namespace skald::text {
namespace {

TEST(Languages, HundredInTokenOrder) {
  ASSERT_EQ(languages().size(), 100U);
  EXPECT_STREQ(languages()[0].code, "en");
  EXPECT_STREQ(languages()[2].code, "de");
  EXPECT_STREQ(languages()[98].code, "su");
  EXPECT_STREQ(languages()[99].code, "yue");
  std::set<std::string> codes;
  for (const Language& language : languages()) codes.insert(language.code);
  EXPECT_EQ(codes.size(), 100U);
}

TEST(Languages, EveryCodeAndNameIsKnownInAnyCase) {
  for (const Language& language : languages()) {
    EXPECT_EQ(language_code(language.code).value(), language.code);
    EXPECT_EQ(language_code(language.name).value(), language.code);
    std::string upper = language.name;
    for (char& c : upper) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(language_code(upper).value(), language.code);
    EXPECT_EQ(language_name(language.code), language.name);
  }
  EXPECT_EQ(language_code("DE").value(), "de");
  EXPECT_EQ(language_code("Haitian Creole").value(), "ht");
  EXPECT_EQ(language_name("xx"), "");
}

TEST(Languages, Aliases) {
  const std::pair<const char*, const char*> aliases[] = {
      {"burmese", "my"},  {"valencian", "ca"}, {"flemish", "nl"},   {"haitian", "ht"},
      {"pushto", "ps"},   {"panjabi", "pa"},   {"moldavian", "ro"}, {"letzeburgesch", "lb"},
      {"Moldovan", "ro"}, {"sinhalese", "si"}, {"Castilian", "es"}, {"mandarin", "zh"}};
  for (const auto& [name, code] : aliases) EXPECT_EQ(language_code(name).value(), code) << name;
}

std::string remedy(std::string_view name) {
  const auto result = language_code(name);
  EXPECT_FALSE(result) << name;
  return result ? "" : result.error().remedy;
}

TEST(Languages, UnknownNamesGetNearMatches) {
  const auto result = language_code("germn");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(result.error().where, "language");
  EXPECT_EQ(result.error().message, "unknown language \"germn\"");
  EXPECT_EQ(result.error().remedy, "did you mean german (de)?");
  EXPECT_NE(remedy("Portugese").find("portuguese (pt)"), std::string::npos);
  EXPECT_NE(remedy("castillian").find("castilian (es)"), std::string::npos);
  EXPECT_NE(remedy("ukr").find("ukrainian (uk)"), std::string::npos);
  EXPECT_NE(remedy("qqqqqqqqqqqq").find("give a code"), std::string::npos);
  EXPECT_NE(remedy("").find("give a code"), std::string::npos);
  EXPECT_NE(remedy(std::string(100000, 'x')).find("give a code"), std::string::npos);
  EXPECT_LT(language_code(std::string(100000, 'x')).error().message.size(), 100U);
}

}  // namespace
}  // namespace skald::text
