#pragma once
// Texts of the command line as values of the options' types.

#include <optional>
#include <string>
#include <type_traits>

#include "skald/error.h"

namespace skald::cli {

/// Whether a word is a truth value: True, False, true, false, yes, no, 1, 0.
bool is_bool_word(const std::string& text);

/// Each leaves `out` alone and returns an error with message and remedy (no `where`) when `text` is not such a value.
Result<void> parse_value(const std::string& text, std::string& out);
Result<void> parse_value(const std::string& text, bool& out);
Result<void> parse_value(const std::string& text, int& out);
Result<void> parse_value(const std::string& text, double& out);

/// "None" and "none" empty it.
template <class T>
Result<void> parse_value(const std::string& text, std::optional<T>& out) {
  if (text == "None" || text == "none") {
    out.reset();
    return {};
  }
  T value{};
  if (auto parsed = parse_value(text, value); !parsed) {
    Error error = parsed.error();
    if constexpr (std::is_arithmetic_v<T>) error.remedy += ", or None";
    return std::unexpected(error);
  }
  out = value;
  return {};
}

/// As the help text shows a default; empty for an absent value.
std::string show_value(const std::string& value);
std::string show_value(bool value);
std::string show_value(int value);
std::string show_value(double value);
template <class T>
std::string show_value(const std::optional<T>& value) {
  return value ? show_value(*value) : "None";
}

}  // namespace skald::cli
