#include <array>
#include <cerrno>
#include <cstdarg>
#include <string_view>

#include "audio/av_reader.h"
#include "base/log.h"

extern "C" {
#include <libavutil/log.h>
}

namespace skald::audio {
namespace {

constexpr int kBufferBytes = 32768;  // of one read; the program ffmpeg uses the same for files

void forward_av_log(void* object, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_INFO || !log().should_log(spdlog::level::debug)) return;
  std::array<char, 512> line{};
  int print_prefix = 1;
  av_log_format_line2(object, level, format, arguments, line.data(), static_cast<int>(line.size()), &print_prefix);
  std::string_view text(line.data());
  while (text.ends_with('\n')) text.remove_suffix(1);
  log().debug("ffmpeg: {}", text);
}

}  // namespace

void redirect_av_log() {
  [[maybe_unused]] static const bool once = [] {
    av_log_set_callback(forward_av_log);
    return true;
  }();
}

std::unique_ptr<AvInput> AvInput::create(const InputFile& file) {
  std::unique_ptr<AvInput> input(new AvInput(file));
  auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferBytes));
  if (buffer == nullptr) return nullptr;
  input->context_.reset(
      avio_alloc_context(buffer, kBufferBytes, 0, input.get(), &AvInput::read, nullptr, &AvInput::seek));
  if (input->context_ == nullptr) {
    av_free(buffer);
    return nullptr;
  }
  return input;
}

int AvInput::read(void* self, uint8_t* buffer, int size) {
  auto& input = *static_cast<AvInput*>(self);
  if (size <= 0) return AVERROR(EINVAL);
  const int64_t got = input.file_->read_at(input.position_, {buffer, static_cast<size_t>(size)});
  if (got < 0) {
    input.read_error_ = errno;
    return AVERROR(input.read_error_);
  }
  if (got == 0) return AVERROR_EOF;
  input.position_ += got;
  return static_cast<int>(got);
}

int64_t AvInput::seek(void* self, int64_t offset, int whence) {
  auto& input = *static_cast<AvInput*>(self);
  int64_t base = 0;
  switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE: return input.file_->size();
    case SEEK_SET: break;
    case SEEK_CUR: base = input.position_; break;
    case SEEK_END: base = input.file_->size(); break;
    default: return AVERROR(EINVAL);
  }
  if (offset < -base || offset > INT64_MAX - base) return AVERROR(EINVAL);
  input.position_ = base + offset;
  return input.position_;
}

}  // namespace skald::audio
