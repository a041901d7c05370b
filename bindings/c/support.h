#pragma once
// What all parts of the C API share: objects behind the handles, errors, structs with a size.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <type_traits>

#include "skald/engine.h"
#include "skald/skald.h"

// The names of C's handles.
// NOLINTBEGIN(readability-identifier-naming)
struct skald_error {
  skald::Error error;
  std::string line;
};

struct skald_options {
  skald::LoadOptions load;
  skald::TranscribeOptions transcribe;
};

struct skald_engine {
  skald::Engine engine;
};

struct skald_cancel {
  std::atomic<bool> requested{false};
};

struct skald_transcript {
  skald::Transcript transcript;
  std::unique_ptr<skald_error> error;
};
// NOLINTEND(readability-identifier-naming)

namespace skald::c {

/// Larger sizes are taken for memory that was never set.
inline constexpr size_t kMaxStructSize = 4096;

/// Bytes up to the last member of a struct's first version: what a caller's struct has at least. A member that is added
/// later goes behind the padding, and leaves this as it is.
template <class T>
inline constexpr size_t kFirstSize = 0;
template <>
inline constexpr size_t kFirstSize<skald_option_info> = offsetof(skald_option_info, max) + sizeof(double);
template <>
inline constexpr size_t kFirstSize<skald_model_info> = offsetof(skald_model_info, load_seconds) + sizeof(double);
template <>
inline constexpr size_t kFirstSize<skald_callbacks> = offsetof(skald_callbacks, cancel) + sizeof(void*);
template <>
inline constexpr size_t kFirstSize<skald_transcript_info> =
    offsetof(skald_transcript_info, total_seconds) + sizeof(double);
template <>
inline constexpr size_t kFirstSize<skald_segment_info> = offsetof(skald_segment_info, words) + sizeof(size_t);
template <>
inline constexpr size_t kFirstSize<skald_word_info> = offsetof(skald_word_info, probability) + sizeof(double);
template <>
inline constexpr size_t kFirstSize<skald_device_info> = offsetof(skald_device_info, weight_bytes) + sizeof(int64_t);
template <>
inline constexpr size_t kFirstSize<skald_attempt_info> = offsetof(skald_attempt_info, accepted) + sizeof(bool);
template <>
inline constexpr size_t kFirstSize<skald_subtitle_options> =
    offsetof(skald_subtitle_options, highlight_words) + sizeof(bool);

template <>
inline constexpr size_t kFirstSize<skald_live_options> = offsetof(skald_live_options, keep_context) + sizeof(bool);
template <>
inline constexpr size_t kFirstSize<skald_live_callbacks> = offsetof(skald_live_callbacks, cancel) + sizeof(void*);
template <>
inline constexpr size_t kFirstSize<skald_live_text_info> =
    offsetof(skald_live_text_info, provisional_words) + sizeof(size_t);

/// The error of an argument that must not be NULL.
Result<void> refuse_null(const char* argument);

/// Of a pointer that must not be NULL. `argument` is its name.
template <class T>
Result<void> not_null(T* pointer, const char* argument) {
  return pointer != nullptr ? Result<void>{} : refuse_null(argument);
}

/// Whether `size`, set by the caller, can be that of a struct whose first version has `first` bytes.
Result<void> check_size(size_t size, size_t first);

/// Fills the caller's struct, as far as its size goes.
template <class T>
Result<void> hand_out(T value, T* out) {
  static_assert(std::is_trivially_copyable_v<T> && kFirstSize<T> != 0);
  if (auto given = not_null(out, "out"); !given) return given;
  const size_t size = out->size;
  if (auto checked = check_size(size, kFirstSize<T>); !checked) return checked;
  value.size = size;
  auto* bytes = reinterpret_cast<unsigned char*>(out);
  std::memcpy(bytes, &value, std::min(size, sizeof(T)));
  if (size > sizeof(T)) std::memset(bytes + sizeof(T), 0, size - sizeof(T));
  return {};
}

/// Reads a struct that the caller filled; all 0 for NULL.
template <class T>
Result<T> take_in(const T* in) {
  static_assert(std::is_trivially_copyable_v<T> && kFirstSize<T> != 0);
  T value{};
  if (in == nullptr) return value;
  const size_t size = in->size;
  if (auto checked = check_size(size, kFirstSize<T>); !checked) return std::unexpected(checked.error());
  const auto* bytes = reinterpret_cast<const unsigned char*>(in);
  for (size_t i = sizeof(T); i < size; ++i) {
    if (bytes[i] == 0) continue;
    return fail(ErrorCode::kUnsupported, "size", "the struct has members set that this version does not know",
                "use the library that the header belongs to, or a later one");
  }
  std::memcpy(&value, in, std::min(size, sizeof(T)));
  return value;
}

/// The code of an error, which goes to `*out` unless `out` is NULL.
skald_code report(Error error, skald_error** out) noexcept;

/// An error object; one that needs no memory when there is none.
skald_error* make_error(Error error) noexcept;

/// Runs `body`, which returns a Result<void>, and turns what comes out of it, exceptions too, into a code and an error.
template <class Body>
skald_code guarded(skald_error** error, const Body& body) noexcept {
  if (error != nullptr) *error = nullptr;
  try {
    Result<void> result = body();
    return result ? SKALD_OK : report(std::move(result).error(), error);
  } catch (const std::bad_alloc&) {
    return report({.code = ErrorCode::kOutOfMemory}, error);
  } catch (const std::exception& e) {
    return report({.code = ErrorCode::kInternal, .message = e.what()}, error);
  } catch (...) {
    return report({.code = ErrorCode::kInternal}, error);
  }
}

/// A word as C sees it, without the size.
inline skald_word_info to_c(const Word& word) {
  return {.size = 0, .word = word.word.c_str(), .start = word.start, .end = word.end, .probability = word.probability};
}

/// A segment as C sees it, and back.
inline const skald_segment* to_c(const Segment& segment) {
  return reinterpret_cast<const skald_segment*>(&segment);
}
inline const Segment& from_c(const skald_segment& segment) {
  return reinterpret_cast<const Segment&>(segment);
}

}  // namespace skald::c
