#pragma once
// Errors are values: every call that can fail returns Result<T>. Nothing in the library prints, aborts or
// lets an exception out.

#include <expected>
#include <string>
#include <utility>

namespace skald {

/// What kind of thing went wrong. The command line maps each to a documented exit code.
enum class ErrorCode {
  kInvalidArgument,  ///< an option or a call's argument is out of its range or contradicts another
  kNotFound,         ///< a file, model or device that was named does not exist
  kPermission,       ///< it exists but may not be read or written
  kBadAudio,         ///< the audio cannot be decoded
  kBadModel,         ///< the checkpoint is damaged, incomplete or not a Whisper model
  kUnsupported,      ///< valid, but this build, model or machine cannot do it
  kOutOfMemory,      ///< an allocation failed
  kIo,               ///< reading or writing failed half-way (disk full, closed pipe ...)
  kCancelled,        ///< the caller asked to stop
  kInternal,         ///< a broken invariant: a defect of Skald
};

/// One failure. `where` names the file, tensor or option; `message` says what was wrong, `remedy` what to do.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string where;
  std::string message;
  std::string remedy;
};

template <class T = void>
using Result = std::expected<T, Error>;

/// Shorthand for returning an error from a function with a Result: `return fail(code, where, message, remedy);`
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string where, std::string message,
                                                 std::string remedy = {}) {
  return std::unexpected(Error{code, std::move(where), std::move(message), std::move(remedy)});
}

/// "where: message (remedy)" on one line.
std::string to_string(const Error& error);

/// "invalid argument", "not found", ...
const char* to_string(ErrorCode code);

}  // namespace skald
