#include "text/languages.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace skald::text {
namespace {

constexpr std::array<Language, 100> kLanguages = {{
    {"en", "english"},        {"zh", "chinese"},       {"de", "german"},    {"es", "spanish"},    {"ru", "russian"},
    {"ko", "korean"},         {"fr", "french"},        {"ja", "japanese"},  {"pt", "portuguese"}, {"tr", "turkish"},
    {"pl", "polish"},         {"ca", "catalan"},       {"nl", "dutch"},     {"ar", "arabic"},     {"sv", "swedish"},
    {"it", "italian"},        {"id", "indonesian"},    {"hi", "hindi"},     {"fi", "finnish"},    {"vi", "vietnamese"},
    {"he", "hebrew"},         {"uk", "ukrainian"},     {"el", "greek"},     {"ms", "malay"},      {"cs", "czech"},
    {"ro", "romanian"},       {"da", "danish"},        {"hu", "hungarian"}, {"ta", "tamil"},      {"no", "norwegian"},
    {"th", "thai"},           {"ur", "urdu"},          {"hr", "croatian"},  {"bg", "bulgarian"},  {"lt", "lithuanian"},
    {"la", "latin"},          {"mi", "maori"},         {"ml", "malayalam"}, {"cy", "welsh"},      {"sk", "slovak"},
    {"te", "telugu"},         {"fa", "persian"},       {"lv", "latvian"},   {"bn", "bengali"},    {"sr", "serbian"},
    {"az", "azerbaijani"},    {"sl", "slovenian"},     {"kn", "kannada"},   {"et", "estonian"},   {"mk", "macedonian"},
    {"br", "breton"},         {"eu", "basque"},        {"is", "icelandic"}, {"hy", "armenian"},   {"ne", "nepali"},
    {"mn", "mongolian"},      {"bs", "bosnian"},       {"kk", "kazakh"},    {"sq", "albanian"},   {"sw", "swahili"},
    {"gl", "galician"},       {"mr", "marathi"},       {"pa", "punjabi"},   {"si", "sinhala"},    {"km", "khmer"},
    {"sn", "shona"},          {"yo", "yoruba"},        {"so", "somali"},    {"af", "afrikaans"},  {"oc", "occitan"},
    {"ka", "georgian"},       {"be", "belarusian"},    {"tg", "tajik"},     {"sd", "sindhi"},     {"gu", "gujarati"},
    {"am", "amharic"},        {"yi", "yiddish"},       {"lo", "lao"},       {"uz", "uzbek"},      {"fo", "faroese"},
    {"ht", "haitian creole"}, {"ps", "pashto"},        {"tk", "turkmen"},   {"nn", "nynorsk"},    {"mt", "maltese"},
    {"sa", "sanskrit"},       {"lb", "luxembourgish"}, {"my", "myanmar"},   {"bo", "tibetan"},    {"tl", "tagalog"},
    {"mg", "malagasy"},       {"as", "assamese"},      {"tt", "tatar"},     {"haw", "hawaiian"},  {"ln", "lingala"},
    {"ha", "hausa"},          {"ba", "bashkir"},       {"jw", "javanese"},  {"su", "sundanese"},  {"yue", "cantonese"},
}};

// Other English names (tokenizer.py TO_LANGUAGE_CODE).
constexpr std::array<Language, 12> kAliases = {{
    {"my", "burmese"},
    {"ca", "valencian"},
    {"nl", "flemish"},
    {"ht", "haitian"},
    {"lb", "letzeburgesch"},
    {"ps", "pushto"},
    {"pa", "panjabi"},
    {"ro", "moldavian"},
    {"ro", "moldovan"},
    {"si", "sinhalese"},
    {"es", "castilian"},
    {"zh", "mandarin"},
}};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// Insertions, deletions and substitutions that turn `a` into `b` (Levenshtein).
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

struct Match {
  size_t distance;
  const Language* language;
};

/// "did you mean german (de) or ...?" for the nearest names; a general hint when none is near.
std::string suggestion(std::string_view wanted) {
  constexpr size_t kLongest = 32;  // twice the longest name: nothing is near a longer word
  constexpr size_t kMost = 3;
  constexpr const char* kHint = "give a code such as en or an English name such as german";
  if (wanted.empty() || wanted.size() > kLongest) return kHint;
  std::vector<Match> near;
  const size_t limit = 1 + wanted.size() / 4;  // a slip in four letters
  const auto consider = [&](const Language& language) {
    const size_t distance = edit_distance(wanted, language.name);
    const bool begins = wanted.size() >= 3 && std::string_view(language.name).starts_with(wanted);
    if (distance <= limit || begins) near.push_back({.distance = distance, .language = &language});
  };
  std::ranges::for_each(kLanguages, consider);
  std::ranges::for_each(kAliases, consider);
  if (near.empty()) return kHint;
  std::ranges::sort(
      near, {}, [](const Match& match) { return std::pair(match.distance, std::string_view(match.language->name)); });
  if (near.size() > kMost) near.resize(kMost);
  std::string text = "did you mean ";
  for (size_t i = 0; i < near.size(); ++i) {
    if (i > 0) text += i + 1 == near.size() ? " or " : ", ";
    text += std::string(near[i].language->name) + " (" + near[i].language->code + ")";
  }
  return text + "?";
}

}  // namespace

std::span<const Language> languages() {
  return kLanguages;
}

Result<std::string> language_code(std::string_view name) {
  const std::string wanted = lower(name);
  for (const Language& language : kLanguages) {
    if (wanted == language.code || wanted == language.name) return language.code;
  }
  for (const Language& alias : kAliases) {
    if (wanted == alias.name) return alias.code;
  }
  return fail(ErrorCode::kInvalidArgument, "language", "unknown language \"" + std::string(name.substr(0, 40)) + "\"",
              suggestion(wanted));
}

std::string_view language_name(std::string_view code) {
  const auto* const found = std::ranges::find(kLanguages, code, &Language::code);
  return found == kLanguages.end() ? std::string_view{} : std::string_view(found->name);
}

}  // namespace skald::text
