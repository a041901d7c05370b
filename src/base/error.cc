#include "skald/error.h"

namespace skald {

std::string to_string(const Error& error) {
  std::string text = error.where;
  if (!text.empty() && !error.message.empty()) text += ": ";
  text += error.message;
  if (!error.remedy.empty()) text += " (" + error.remedy + ")";
  return text;
}

const char* to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return "invalid argument";
    case ErrorCode::kNotFound: return "not found";
    case ErrorCode::kPermission: return "permission denied";
    case ErrorCode::kBadAudio: return "bad audio";
    case ErrorCode::kBadModel: return "bad model";
    case ErrorCode::kUnsupported: return "unsupported";
    case ErrorCode::kOutOfMemory: return "out of memory";
    case ErrorCode::kIo: return "input/output error";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kInternal: return "internal error";
  }
  return "unknown error";
}

}  // namespace skald
