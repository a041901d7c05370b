#pragma once
// What the program's exit status means. README.md and `skald --help` hold the same table.

#include "skald/error.h"

namespace skald::cli {

enum ExitCode : int {
  kOk = 0,
  kInputFailed = 1,   ///< at least one recording could not be transcribed (the others were); doctor: something is wrong
  kUsage = 2,         ///< an option, command or environment variable is wrong, or cannot be met here
  kModelFailed = 3,   ///< the model was not found or cannot be used
  kOutputFailed = 4,  ///< output could not be written (disk full, no permission ...)
  kResources = 5,     ///< out of memory, or a defect of the program
  kInterrupted = 130,  ///< stopped by Ctrl-C or SIGTERM; what was finished has been written (128 + SIGINT)
  kPipeClosed = 141,   ///< the reader of standard output went away (128 + SIGPIPE)
};

inline constexpr const char* kExitCodeHelp =
    "Exit status:\n"
    "  0    everything was transcribed\n"
    "  1    at least one recording failed, the others were transcribed (doctor: something is wrong)\n"
    "  2    wrong command, option or environment variable, or one that cannot be met here\n"
    "  3    the model was not found or cannot be used\n"
    "  4    output could not be written\n"
    "  5    out of memory, or a defect of the program\n"
    "  130  interrupted; what was finished has been written\n"
    "  141  the reader of standard output went away\n";

/// For a failure of Engine::load() after its options were checked: the model's fault, or the machine's.
inline ExitCode exit_code_of_load(ErrorCode code) {
  switch (code) {
    case ErrorCode::kOutOfMemory:
    case ErrorCode::kInternal: return kResources;
    default: return kModelFailed;
  }
}

}  // namespace skald::cli
