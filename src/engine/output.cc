#include "skald/output.h"

#include <new>

#include "base/file.h"
#include "base/result.h"
#include "text/writers.h"

namespace skald {

std::span<const std::string_view> output_formats() {
  return text::formats();
}

Result<std::string> render(const Transcript& transcript, const std::string& format) {
  try {
    return text::write(transcript, format);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, format, "there is not enough memory to write it");
  }
}

Result<void> save(const Transcript& transcript, const std::string& format, const std::string& path) {
  SKALD_TRY(const std::string content, render(transcript, format));
  return write_file(path, content);
}

std::string segment_line(const Segment& segment) {
  return "[" + text::format_timestamp(segment.start) + " --> " + text::format_timestamp(segment.end) + "] " +
         segment.text;
}

}  // namespace skald
