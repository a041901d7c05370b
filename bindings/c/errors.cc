#include <utility>

#include "skald/version.h"
#include "support.h"

namespace skald::c {
namespace {

skald_code code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return SKALD_INVALID_ARGUMENT;
    case ErrorCode::kNotFound: return SKALD_NOT_FOUND;
    case ErrorCode::kPermission: return SKALD_PERMISSION;
    case ErrorCode::kBadAudio: return SKALD_BAD_AUDIO;
    case ErrorCode::kBadModel: return SKALD_BAD_MODEL;
    case ErrorCode::kUnsupported: return SKALD_UNSUPPORTED;
    case ErrorCode::kOutOfMemory: return SKALD_OUT_OF_MEMORY;
    case ErrorCode::kIo: return SKALD_IO;
    case ErrorCode::kCancelled: return SKALD_CANCELLED;
    case ErrorCode::kInternal: return SKALD_INTERNAL;
  }
  return SKALD_INTERNAL;
}

/// Stands in where there is no memory for an error; its texts fit into the strings themselves.
skald_error& no_memory() {
  static skald_error error{.error = {.code = ErrorCode::kOutOfMemory, .message = "no memory"}, .line = "no memory"};
  return error;
}

}  // namespace

Result<void> refuse_null(const char* argument) {
  return fail(ErrorCode::kInvalidArgument, argument, "is NULL", "give an object");
}

Result<void> check_size(size_t size, size_t first) {
  if (size >= first && size <= kMaxStructSize) return {};
  return fail(ErrorCode::kInvalidArgument, "size", std::to_string(size) + " is not the size of this struct",
              "set it to sizeof the struct before the call");
}

skald_error* make_error(Error error) noexcept {
  try {
    if (error.message.empty()) error.message = to_string(error.code);
    std::string line = to_string(error);
    return new skald_error{.error = std::move(error), .line = std::move(line)};
  } catch (const std::bad_alloc&) {
    return &no_memory();
  }
}

skald_code report(Error error, skald_error** out) noexcept {
  const skald_code code = code_of(error.code);
  if (out != nullptr) *out = make_error(std::move(error));
  return code;
}

}  // namespace skald::c

skald_code skald_error_code(const skald_error* error) {
  return error == nullptr ? SKALD_OK : skald::c::code_of(error->error.code);
}

const char* skald_error_where(const skald_error* error) {
  return error == nullptr ? "" : error->error.where.c_str();
}

const char* skald_error_what(const skald_error* error) {
  return error == nullptr ? "" : error->error.message.c_str();
}

const char* skald_error_hint(const skald_error* error) {
  return error == nullptr ? "" : error->error.remedy.c_str();
}

const char* skald_error_string(const skald_error* error) {
  return error == nullptr ? "" : error->line.c_str();
}

void skald_error_free(skald_error* error) {
  if (error != &skald::c::no_memory()) delete error;
}

const char* skald_code_name(skald_code code) {
  if (code == SKALD_OK) return "ok";
  if (code < SKALD_INVALID_ARGUMENT || code > SKALD_INTERNAL) return "unknown";
  return skald::to_string(static_cast<skald::ErrorCode>(code - SKALD_INVALID_ARGUMENT));
}

const char* skald_version(void) {
  return skald::version();
}
