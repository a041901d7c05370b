#pragma once
// Files: whole reads, read-only mappings, and writes that are complete or not there at all.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skald {

/// Whether something is at `path`, as far as it may be looked at.
bool is_there(const std::filesystem::path& path);

/// The whole file. Errors: kNotFound, kPermission, kInvalidArgument (a directory, larger than `limit`), kIo.
Result<std::string> read_file(const std::filesystem::path& path, size_t limit = size_t{1} << 30U);

/// Writes to a temporary name beside `path`, flushes it and renames it into place; on failure nothing is left behind.
/// Errors: kNotFound, kPermission, kIo.
Result<void> write_file(const std::filesystem::path& path, std::string_view content);

/// A read-only mapping of a whole file. Movable; the bytes stay where they are. A file that is truncated by
/// another program while it is mapped ends this one (SIGBUS): models are not files one edits in place.
class MappedFile {
 public:
  /// Errors: kNotFound, kPermission, kInvalidArgument (a directory), kIo.
  static Result<MappedFile> open(const std::filesystem::path& path);

  MappedFile() = default;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {data_, size_}; }

  /// Tells the kernel that the pages are not needed any more (they can be read again).
  void drop_pages() const;

 private:
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

/// The error for a value of errno, `where` being the file and `doing` what failed ("cannot be read").
Error errno_error(const std::string& where, const std::string& doing, int code = errno);

}  // namespace skald
