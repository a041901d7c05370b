#pragma once
// The languages Whisper knows, in token order (openai/whisper tokenizer.py LANGUAGES).

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skald::text {

struct Language {
  const char* code;  ///< "en"
  const char* name;  ///< "english"
};

/// All 100; a 99-language vocabulary has the first 99 (all but Cantonese).
std::span<const Language> languages();

/// The code of a code, English name or alias in any case ("German", "castilian", "de"). Errors: kInvalidArgument,
/// naming near matches.
Result<std::string> language_code(std::string_view name);

/// "german" for "de"; empty when unknown.
std::string_view language_name(std::string_view code);

}  // namespace skald::text
