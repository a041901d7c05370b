#include "option_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string_view>

namespace skald::cli {
namespace {

constexpr auto kTrue = std::to_array<std::string_view>({"True", "true", "yes", "1"});
constexpr auto kFalse = std::to_array<std::string_view>({"False", "false", "no", "0"});

bool holds(std::span<const std::string_view> words, std::string_view text) {
  return std::ranges::find(words, text) != words.end();
}

/// The whole of `text` must be the number.
template <class T>
Result<void> parse_number(const std::string& text, T& out, const char* kind) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code == std::errc::result_out_of_range) {
    return fail(ErrorCode::kInvalidArgument, "", "'" + text + "' is too large", fmt::format("give {}", kind));
  }
  if (code != std::errc{} || stop != end) {
    return fail(ErrorCode::kInvalidArgument, "", fmt::format("'{}' is not {}", text, kind),
                fmt::format("give {}", kind));
  }
  out = value;
  return {};
}

}  // namespace

bool is_bool_word(const std::string& text) {
  return holds(kTrue, text) || holds(kFalse, text);
}

Result<void> parse_value(const std::string& text, std::string& out) {
  out = text;
  return {};
}

Result<void> parse_value(const std::string& text, bool& out) {
  if (!is_bool_word(text)) {
    return fail(ErrorCode::kInvalidArgument, "", "'" + text + "' is neither True nor False", "give True or False");
  }
  out = holds(kTrue, text);
  return {};
}

Result<void> parse_value(const std::string& text, int& out) {
  return parse_number(text, out, "a whole number");
}

Result<void> parse_value(const std::string& text, double& out) {
  return parse_number(text, out, "a number");
}

std::string show_value(const std::string& value) {
  return value;
}

std::string show_value(bool value) {
  return value ? "True" : "False";
}

std::string show_value(int value) {
  return fmt::format("{}", value);
}

std::string show_value(double value) {
  return fmt::format("{}", value);
}

}  // namespace skald::cli
