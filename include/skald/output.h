#pragma once
// A transcript as text: the formats of openai/whisper's writers, and the line a program shows for a segment.

#include <span>
#include <string>
#include <string_view>

#include "skald/error.h"
#include "skald/transcript.h"

namespace skald {

/// Names of all output formats, which are also the file name extensions: txt, srt, vtt, tsv, json.
std::span<const std::string_view> output_formats();

/// The whole content of a file of one format. Errors: kInvalidArgument for an unknown name.
Result<std::string> render(const Transcript& transcript, const std::string& format);

/// Writes render(transcript, format) to `path`: complete, or not there at all.
/// Errors: kInvalidArgument (format), kNotFound, kPermission, kIo.
Result<void> save(const Transcript& transcript, const std::string& format, const std::string& path);

/// "[00:00.000 --> 00:03.000] text" without a newline. The text has a leading blank of its own as a rule.
std::string segment_line(const Segment& segment);

}  // namespace skald
