#include "skald/output.h"

#include <new>

#include "base/file.h"
#include "base/result.h"
#include "text/writers.h"

namespace skald {

std::span<const std::string_view> output_formats() {
  return text::formats();
}

std::string_view output_extension(std::string_view format) {
  return text::extension(format);
}

Result<std::string> render(const Transcript& transcript, const std::string& format, const SubtitleOptions& subtitles) {
  try {
    return text::write(transcript, format, subtitles);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, format, "there is not enough memory to write it");
  }
}

Result<void> save(const Transcript& transcript, const std::string& format, const std::string& path,
                  const SubtitleOptions& subtitles) {
  SKALD_TRY(const std::string content, render(transcript, format, subtitles));
  return write_file(path, content);
}

std::string segment_line(const Segment& segment) {
  return "[" + text::format_timestamp(segment.start) + " --> " + text::format_timestamp(segment.end) + "] " +
         segment.text;
}

}  // namespace skald
