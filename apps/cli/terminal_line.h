#pragma once
// A line of standard error that is rewritten in place, on a terminal only.

#include <string>

namespace skald::cli {

/// Columns of the terminal that standard error is; 80 when it does not say.
int terminal_width();

/// Silent unless `wanted` and standard error is a terminal.
class TerminalLine {
 public:
  explicit TerminalLine(bool wanted);

  bool wanted() const { return wanted_; }
  /// Shows `text` in the place of what was there; no line breaks in it, and less wide than the terminal.
  void show(const std::string& text);
  /// Takes it off the terminal, so that a line can be printed; the next show() brings it back.
  void clear();

 private:
  bool wanted_;
  bool visible_ = false;
};

}  // namespace skald::cli
