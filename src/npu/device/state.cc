#include "npu/device/state.h"

#include <fmt/format.h>

#include <cerrno>

namespace skald::npu {
namespace {

constexpr const char* kSeeInfo = "skald npu info shows what is missing";
constexpr const char* kMemlockFix =
    "raise the limit of locked memory: ulimit -l unlimited, or 'memlock unlimited' in /etc/security/limits.d/";
constexpr const char* kPinFix =
    "use smaller or fewer buffers, or raise the limit of locked memory: ulimit -l unlimited";
constexpr const char* kRenderFix = "sudo usermod -aG render $USER, then log in again";
constexpr const char* kContextFix =
    "close other programs that use the NPU, or unload a kernel of another configuration";
constexpr const char* kReloadFix =
    "load the kernel again; if that fails too: sudo modprobe -r amdxdna, sudo modprobe amdxdna";

const char* doing_text(Doing doing) {
  switch (doing) {
    case Doing::kOpening: return "the NPU cannot be opened";
    case Doing::kLoading: return "the configuration cannot be loaded";
    case Doing::kContext: return "no hardware context could be had";
    case Doing::kBuffer: return "no buffer could be had";
    case Doing::kSyncing: return "a buffer could not be synchronised";
    case Doing::kSubmitting: return "the run could not be submitted";
    case Doing::kWaiting: return "waiting for the run failed";
  }
  return "the NPU failed";
}

struct Meaning {
  ErrorCode code = ErrorCode::kIo;
  const char* reason = "";
  const char* remedy = kSeeInfo;
};

Meaning meaning_when_opening(int number) {
  if (number == EACCES || number == EPERM) {
    return {ErrorCode::kPermission, "this user may not open it", kRenderFix};
  }
  return {ErrorCode::kNotFound, "", kSeeInfo};
}

/// In-tree driver: EINVAL at the seventh context; out-of-tree: ENOENT, EBUSY, ENOSPC (aie2_ctx_runqueue.c).
Meaning meaning_of_context(int number) {
  switch (number) {
    case EINVAL:
    case ENOENT:
    case EBUSY: return {ErrorCode::kUnsupported, "all of them, or the columns, are taken", kContextFix};
    case ENOSPC:
      return {ErrorCode::kUnsupported, "the configuration needs more columns than are free",
              "use a configuration of fewer columns, or close other programs that use the NPU"};
    default: return {};
  }
}

Meaning meaning_of(Doing doing, int number) {
  // The driver locks the pages of a mapping: EAGAIN is the limit, not absent hardware.
  if (number == EAGAIN) return {ErrorCode::kOutOfMemory, "the limit of locked memory is reached", kMemlockFix};
  if (doing == Doing::kOpening) return meaning_when_opening(number);
  if (doing == Doing::kContext) return meaning_of_context(number);
  if (number == ENOMEM || (doing == Doing::kBuffer && (number == EPERM || number == ENOSPC))) {
    return {ErrorCode::kOutOfMemory, "there is not enough memory that can be pinned", kPinFix};
  }
  if (doing == Doing::kLoading) return {ErrorCode::kUnsupported, "", "build the configuration again for npu1"};
  if (doing == Doing::kSubmitting || doing == Doing::kWaiting) return {ErrorCode::kIo, "", kReloadFix};
  return {};
}

}  // namespace

const char* to_string(CommandState state) {
  switch (state) {
    case CommandState::kNew: return "new";
    case CommandState::kQueued: return "queued";
    case CommandState::kRunning: return "running";
    case CommandState::kCompleted: return "completed";
    case CommandState::kError: return "error";
    case CommandState::kAbort: return "abort";
    case CommandState::kSubmitted: return "submitted";
    case CommandState::kTimeout: return "timeout";
    case CommandState::kNoResponse: return "no response";
    case CommandState::kSoftKernelError: return "soft kernel error";
    case CommandState::kSoftKernelCrashed: return "soft kernel crashed";
  }
  return "unknown state";
}

Error error_of_state(CommandState state, const std::string& where, const std::string& detail) {
  const std::string end = detail.empty() ? "" : ": " + detail;
  switch (state) {
    // The driver's watchdog (2 s) reports a hang so, and a context that was taken away with work pending.
    case CommandState::kTimeout:
      return {ErrorCode::kIo, where, "the array hung, and the driver stopped it (timeout)" + end, kReloadFix};
    // A missing or misplaced argument shows itself in no other way.
    case CommandState::kError:
      return {ErrorCode::kIo, where, "the run ended in an error" + end,
              "check that the instructions, the configuration and the number of arguments belong together"};
    case CommandState::kNoResponse:
      return {ErrorCode::kIo, where, "the NPU's firmware does not answer" + end,
              "suspend and wake the machine, or restart it"};
    case CommandState::kCompleted:
      return {ErrorCode::kInternal, where, "a completed run is no error", "please report this"};
    default:
      return {ErrorCode::kIo, where, fmt::format("the run did not complete ({}){}", to_string(state), end), kReloadFix};
  }
}

Error error_of_call(Doing doing, int number, const std::string& where, const std::string& detail) {
  const Meaning meaning = meaning_of(doing, number);
  std::string message = doing_text(doing);
  if (meaning.reason[0] != '\0') message += fmt::format(": {}", meaning.reason);
  if (!detail.empty()) message += fmt::format(": {}", detail);
  if (number != 0) message += fmt::format(" [errno {}]", number);
  return {meaning.code, where, message, meaning.remedy};
}

}  // namespace skald::npu
