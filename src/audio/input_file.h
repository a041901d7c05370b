#pragma once
// The bytes of a recording, readable at any position, whatever they came from.

#include <cstdint>
#include <span>
#include <string>

#include "base/descriptor.h"
#include "base/result.h"

namespace skald::audio {

/// Movable. The length is what it was when it was opened: a file that grows meanwhile reads the same twice.
class InputFile {
 public:
  /// Opens a file, or standard input for "-". What cannot be read twice (a pipe, a socket, a device) is spooled.
  /// Errors: kNotFound, kPermission, kInvalidArgument (a directory, a terminal), kBadAudio (empty), kIo.
  static Result<InputFile> open(const std::string& path);

  /// Bytes copied to `out`: fewer than asked for only at the end; -1: errno tells why.
  int64_t read_at(int64_t position, std::span<uint8_t> out) const;

  int64_t size() const { return size_; }
  /// For messages: the path, or "standard input".
  const std::string& name() const { return name_; }
  /// The path, whose ending helps to recognise formats without a signature; empty for standard input.
  const std::string& hint() const { return hint_; }

 private:
  Descriptor file_;
  int64_t begin_ = 0;  // of the recording in the file: a redirected standard input may have been read already
  int64_t size_ = 0;
  std::string name_;
  std::string hint_;
};

}  // namespace skald::audio
