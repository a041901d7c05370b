#pragma once
// What became of a command, and what the errors of driver and runtime mean to a person.

#include <cstdint>
#include <string>

#include "base/result.h"

namespace skald::npu {

/// States of a command; the numbers are those of XRT's ert.h (ert_cmd_state).
enum class CommandState : uint8_t {
  kNew = 1,
  kQueued = 2,
  kRunning = 3,
  kCompleted = 4,
  kError = 5,
  kAbort = 6,
  kSubmitted = 7,
  kTimeout = 8,
  kNoResponse = 9,
  kSoftKernelError = 10,
  kSoftKernelCrashed = 11,
};

/// "completed", "timeout", ...
const char* to_string(CommandState state);

/// The error of a command of `where` (a kernel) that ended in `state`; `detail` is the runtime's own text, may be
/// empty.
Error error_of_state(CommandState state, const std::string& where, const std::string& detail);

/// What was asked of the driver when it failed: the same number means different things.
enum class Doing : uint8_t { kOpening, kLoading, kContext, kBuffer, kSyncing, kSubmitting, kWaiting };

/// The error of a failed call. `number`: errno, positive; 0: none is known.
Error error_of_call(Doing doing, int number, const std::string& where, const std::string& detail);

}  // namespace skald::npu
