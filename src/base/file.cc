#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/descriptor.h"

namespace skald {
namespace {

struct Opened {
  Descriptor fd;
  size_t size;
};

Result<Opened> open_regular(const std::filesystem::path& path) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return std::unexpected(errno_error(path.string(), "cannot be opened"));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return std::unexpected(errno_error(path.string(), "cannot be examined"));
  if (S_ISDIR(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, path.string(), "is a directory", "name a file");
  }
  return Opened{std::move(fd), static_cast<size_t>(status.st_size)};
}

}  // namespace

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

Error errno_error(const std::string& where, const std::string& doing, int code) {
  const std::string reason = std::strerror(code);
  switch (code) {
    case ENOENT:
    case ENOTDIR: return {ErrorCode::kNotFound, where, doing + ": " + reason, "check the path"};
    case EACCES:
    case EPERM:
    case EROFS: return {ErrorCode::kPermission, where, doing + ": " + reason, "check its permissions"};
    case EISDIR: return {ErrorCode::kInvalidArgument, where, "is a directory", "name a file"};
    case ENOSPC:
    case EDQUOT: return {ErrorCode::kIo, where, doing + ": " + reason, "free some space and try again"};
    default: return {ErrorCode::kIo, where, doing + ": " + reason, {}};
  }
}

Result<std::string> read_file(const std::filesystem::path& path, size_t limit) {
  SKALD_TRY(Opened file, open_regular(path));
  std::string content;
  for (;;) {
    const size_t old = content.size();
    const size_t step = old == 0 && file.size > 0 ? file.size + 1 : size_t{65536};
    content.resize(old + step);
    const ssize_t got = ::read(file.fd.get(), content.data() + old, step);
    if (got < 0) return std::unexpected(errno_error(path.string(), "cannot be read"));
    content.resize(old + static_cast<size_t>(got));
    if (content.size() > limit) {
      return fail(ErrorCode::kInvalidArgument, path.string(),
                  "is larger than " + std::to_string(limit) + " bytes, which no such file is");
    }
    if (got == 0) return content;
  }
}

Result<void> write_file(const std::filesystem::path& path, std::string_view content) {
  std::string temporary = path.string() + ".XXXXXX";
  Descriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (fd.get() < 0) return std::unexpected(errno_error(path.string(), "cannot be written"));
  const auto give_up = [&]() -> Result<void> {
    Error error = errno_error(path.string(), "cannot be written");
    ::unlink(temporary.c_str());
    return std::unexpected(std::move(error));
  };
  while (!content.empty()) {
    const ssize_t put = ::write(fd.get(), content.data(), content.size());
    if (put < 0) {
      if (errno == EINTR) continue;
      return give_up();
    }
    content.remove_prefix(static_cast<size_t>(put));
  }
  // mkostemp makes the file private; an ordinary output file has the mode the user's mask allows.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(fd.get(), 0666U & ~mask) != 0) return give_up();
  if (::fsync(fd.get()) != 0 && errno != EINVAL) return give_up();
  if (::close(fd.release()) != 0) return give_up();
  if (::rename(temporary.c_str(), path.c_str()) != 0) return give_up();
  return {};
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  SKALD_TRY(Opened file, open_regular(path));
  MappedFile mapped;
  if (file.size == 0) return mapped;
  void* memory = ::mmap(nullptr, file.size, PROT_READ, MAP_PRIVATE, file.fd.get(), 0);
  if (memory == MAP_FAILED) return std::unexpected(errno_error(path.string(), "cannot be mapped"));
  mapped.data_ = static_cast<const std::byte*>(memory);
  mapped.size_ = file.size;
  return mapped;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::drop_pages() const {
  if (data_ != nullptr) ::madvise(const_cast<std::byte*>(data_), size_, MADV_DONTNEED);
}

}  // namespace skald
