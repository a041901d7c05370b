#pragma once
// Reads the words, names and numbers of one text, and knows where it is.

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skald::npu {

/// Line by line: nothing here crosses the end of a line but next_line.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  /// Goes to the next line that holds something; false at the end of the text.
  bool next_line() {
    while (!rest_.empty()) {
      const size_t end = rest_.find('\n');
      line_ = rest_.substr(0, end);
      rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
      ++number_;
      at_ = 0;
      if (!at_end()) return true;
    }
    line_ = {};
    at_ = 0;
    return false;
  }

  /// Whether the line holds nothing more.
  bool at_end() {
    skip();
    return at_ == line_.size();
  }

  /// Takes `mark` if it comes next; `->` and single characters.
  bool take(std::string_view mark) {
    skip();
    if (!line_.substr(at_).starts_with(mark)) return false;
    at_ += mark.size();
    return true;
  }

  /// Takes a word of letters, digits and _ if one comes next and is `word`.
  bool take_word(std::string_view word) {
    const size_t before = at_;
    if (peek_word() == word) {
      at_ += word.size();
      return true;
    }
    at_ = before;
    return false;
  }

  /// The next word, left where it is; empty if something else comes.
  std::string_view peek_word() {
    skip();
    size_t end = at_;
    while (end < line_.size() && is_word(line_[end])) ++end;
    if (end > at_ && line_[at_] >= '0' && line_[at_] <= '9') return {};
    return line_.substr(at_, end - at_);
  }

  bool next_is(char c, size_t ahead = 0) const { return at_ + ahead < line_.size() && line_[at_ + ahead] == c; }
  bool next_is_number() const {
    return at_ < line_.size() && (line_[at_] == '-' ? at_ + 1 < line_.size() && line_[at_ + 1] != '>'
                                                    : line_[at_] >= '0' && line_[at_] <= '9');
  }
  void skip_bytes(size_t count) { at_ += count; }

  Result<void> expect(std::string_view mark) {
    if (take(mark)) return {};
    return wrong("expected '" + std::string(mark) + "'");
  }

  template <class Integer>
  Result<Integer> number() {
    skip();
    Integer value{};
    const char* begin = line_.data() + at_;
    const auto [end, error] = std::from_chars(begin, line_.data() + line_.size(), value);
    if (error == std::errc::result_out_of_range) return wrong("this number is too large");
    if (error != std::errc{}) return wrong("expected a number");
    at_ += static_cast<size_t>(end - begin);
    return value;
  }

  /// A bare or quoted name.
  Result<std::string> name() {
    const std::string_view word = peek_word();
    if (!word.empty()) {
      at_ += word.size();
      return std::string(word);
    }
    if (!take("\"")) return wrong("expected a name");
    std::string text;
    while (at_ < line_.size() && line_[at_] != '"') {
      if (line_[at_] != '\\') {
        text += line_[at_++];
        continue;
      }
      SKALD_TRY(const char c, escaped());
      text += c;
    }
    if (at_ == line_.size()) return wrong("this name has no closing quote");
    ++at_;
    return text;
  }

  Result<void> end_of_line() {
    if (at_end()) return {};
    return wrong("nothing more is expected on this line");
  }

  std::unexpected<Error> wrong(std::string message) const {
    return fail(ErrorCode::kInvalidArgument, "line " + std::to_string(number_) + ", column " + std::to_string(at_ + 1),
                std::move(message), "see program/text.h for the form");
  }

 private:
  static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }

  void skip() {
    while (at_ < line_.size() && (line_[at_] == ' ' || line_[at_] == '\t' || line_[at_] == '\r')) ++at_;
    if (line_.substr(at_).starts_with("//")) at_ = line_.size();
  }

  Result<char> escaped() {
    const std::string_view left = line_.substr(at_ + 1);
    if (left.starts_with('"') || left.starts_with('\\')) {
      at_ += 2;
      return left[0];
    }
    unsigned value = 0;
    if (left.size() >= 3 && left[0] == 'x') {
      const auto [end, error] = std::from_chars(left.data() + 1, left.data() + 3, value, 16);
      if (error == std::errc{} && end == left.data() + 3) {
        at_ += 4;
        return static_cast<char>(value);
      }
    }
    return wrong("after a backslash comes \", \\ or x and two hexadecimal digits");
  }

  std::string_view rest_;
  std::string_view line_{};
  size_t at_ = 0;
  int64_t number_ = 0;
};

}  // namespace skald::npu
