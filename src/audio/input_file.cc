#include "audio/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "audio/spool.h"
#include "base/file.h"

namespace skald::audio {

Result<InputFile> InputFile::open(const std::string& path) {
  if (path.empty()) return fail(ErrorCode::kInvalidArgument, "audio", "no file is named", "give a path, or -");
  InputFile input;
  const bool standard_input = path == "-";
  input.name_ = standard_input ? "standard input" : path;
  if (!standard_input) input.hint_ = path;
  input.file_ = Descriptor(standard_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                          : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (input.file_.get() < 0) return std::unexpected(errno_error(input.name_, "cannot be opened"));

  struct stat status{};
  if (::fstat(input.file_.get(), &status) != 0) return std::unexpected(errno_error(input.name_, "cannot be examined"));
  if (S_ISDIR(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, input.name_, "is a directory", "name the recordings in it");
  }
  if (::isatty(input.file_.get()) == 1) {
    return fail(ErrorCode::kInvalidArgument, input.name_, "is a terminal", "pipe or redirect a recording into it");
  }
  if (!S_ISREG(status.st_mode)) {
    SKALD_TRY(input.file_, spool(input.file_.get(), input.name_, temporary_directory()));
    if (::fstat(input.file_.get(), &status) != 0) return std::unexpected(errno_error(input.name_, "cannot be spooled"));
  } else if (standard_input) {
    input.begin_ = std::max<int64_t>(::lseek(input.file_.get(), 0, SEEK_CUR), 0);
  }
  input.size_ = std::max<int64_t>(status.st_size - input.begin_, 0);
  if (input.size_ == 0) {
    return fail(ErrorCode::kBadAudio, input.name_, "is empty", "check that the recording was saved or sent completely");
  }
  return input;
}

int64_t InputFile::read_at(int64_t position, std::span<uint8_t> out) const {
  if (position < 0 || position >= size_) return 0;
  const size_t wanted = std::min(out.size(), static_cast<size_t>(size_ - position));
  size_t done = 0;
  while (done < wanted) {
    const ssize_t got =
        ::pread(file_.get(), out.data() + done, wanted - done, begin_ + position + static_cast<int64_t>(done));
    if (got == 0) break;  // somebody truncated the file
    if (got < 0) {
      if (errno == EINTR) continue;
      if (done == 0) return -1;
      break;  // hand over what came; the next call meets the error again
    }
    done += static_cast<size_t>(got);
  }
  return static_cast<int64_t>(done);
}

}  // namespace skald::audio
