#include "console.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace skald::cli {
namespace {

constexpr const char* kReaderGone = "the reader went away";

/// 0, or errno.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd, text.data(), text.size());
    if (put < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    text.remove_prefix(static_cast<size_t>(put));
  }
  return 0;
}

/// Control characters, which names of files may hold, would break the line or the terminal.
std::string one_line(std::string text) {
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return text;
}

}  // namespace

Result<void> print(std::string_view text) {
  const int code = write_all(STDOUT_FILENO, text);
  if (code == 0) return {};
  if (code == EPIPE) return fail(ErrorCode::kIo, "standard output", kReaderGone);
  return fail(ErrorCode::kIo, "standard output", std::string("cannot be written: ") + std::strerror(code),
              "free some space, or send it elsewhere");
}

bool is_closed_pipe(const Error& error) {
  return error.message == kReaderGone;
}

ExitCode output_failed(const Error& error) {
  if (is_closed_pipe(error)) return kPipeClosed;
  complain(error);
  return kOutputFailed;
}

ExitCode show(std::string_view text, ExitCode otherwise) {
  const auto printed = print(text);
  return printed ? otherwise : output_failed(printed.error());
}

void complain(const Error& error) {
  tell("skald: " + one_line(to_string(error)));
}

void tell(const std::string& line) {
  // There is no one left to tell when this fails.
  static_cast<void>(write_all(STDERR_FILENO, line + "\n"));
}

}  // namespace skald::cli
