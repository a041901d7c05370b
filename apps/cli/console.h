#pragma once
// Standard output with its failures seen, and one-line messages on standard error.

#include <optional>
#include <string>
#include <string_view>

#include "exit_code.h"
#include "skald/error.h"

namespace skald::cli {

/// Writes all of `text` to standard output at once, so that a reader sees every line as it is found.
/// Errors: kIo, message "the reader went away" when the pipe is closed (SIGPIPE is ignored), else the system's.
Result<void> print(std::string_view text);

/// Whether an error of print() is a closed pipe.
bool is_closed_pipe(const Error& error);

/// What a command ends with whose output failed: kPipeClosed, or kOutputFailed after the error was said.
ExitCode output_failed(const Error& error);

/// Prints all that a command has to say; what it ends with: `otherwise`, or why printing failed.
ExitCode show(std::string_view text, ExitCode otherwise = kOk);

/// "skald: where: message (remedy)" on standard error, on one line whatever the texts hold.
void complain(const Error& error);

/// One line on standard error, as it is.
void tell(const std::string& line);

}  // namespace skald::cli
