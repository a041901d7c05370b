#include "audio/spool.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <span>

#include "base/file.h"

namespace skald::audio {
namespace {

Result<Descriptor> unnamed_file(const std::string& directory) {
  Descriptor file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.get() >= 0) return file;
  // Not every file system can do that (open(2) lists the three errors): make a name and take it away again.
  if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL) {
    std::string name = directory + "/skald-XXXXXX";
    file = Descriptor(::mkostemp(name.data(), O_CLOEXEC));
    if (file.get() >= 0) {
      ::unlink(name.c_str());
      return file;
    }
  }
  Error error = errno_error(directory, "no temporary file can be made here");
  error.remedy = "set TMPDIR to a directory that can be written";
  return std::unexpected(std::move(error));
}

Result<void> write_all(int file, std::span<const char> bytes, const std::string& directory) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(file, bytes.data(), bytes.size());
    if (put < 0) {
      if (errno == EINTR) continue;
      Error error = errno_error(directory, "the piped recording cannot be kept here");
      error.code = ErrorCode::kIo;
      error.remedy = "free some space, or set TMPDIR to a directory with more";
      return std::unexpected(std::move(error));
    }
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return {};
}

}  // namespace

std::string temporary_directory() {
  const char* chosen = std::getenv("TMPDIR");
  if (chosen != nullptr && *chosen != '\0') return chosen;
  return ::access("/var/tmp", W_OK | X_OK) == 0 ? "/var/tmp" : "/tmp";
}

Result<Descriptor> spool(int source, const std::string& name, const std::string& directory) {
  SKALD_TRY(Descriptor file, unnamed_file(directory));
  std::array<char, 65536> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
  for (;;) {
    const ssize_t got = ::read(source, buffer.data(), buffer.size());
    if (got == 0) return file;
    if (got < 0) {
      if (errno == EINTR) continue;
      return std::unexpected(errno_error(name, "cannot be read"));
    }
    SKALD_CHECK(write_all(file.get(), std::span(buffer).first(static_cast<size_t>(got)), directory));
  }
}

}  // namespace skald::audio
