#pragma once
// A transcript as text: the formats of openai/whisper's writers and three of whisper.cpp's, and the line a program
// shows for a segment.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "skald/error.h"
#include "skald/transcript.h"

namespace skald {

/// Names of all output formats: txt, srt, vtt, tsv, json, lrc, csv, json-full.
std::span<const std::string_view> output_formats();

/// What a file of a format is called behind its last dot but one: the name itself, "full.json" for json-full.
/// Empty for an unknown name.
std::string_view output_extension(std::string_view format);

/// How srt and vtt show words, where a transcript has them (openai/whisper utils.py).
struct SubtitleOptions {
  std::optional<int> max_line_width;      ///< characters; with max_line_count, lines go on across segments
  std::optional<int> max_line_count;      ///< lines of a cue
  std::optional<int> max_words_per_line;  ///< a cue for so many words
  bool highlight_words = false;           ///< a cue for each word, underlined in its line
};

/// The whole content of a file of one format. Errors: kInvalidArgument for an unknown name.
Result<std::string> render(const Transcript& transcript, const std::string& format,
                           const SubtitleOptions& subtitles = {});

/// Writes render(transcript, format) to `path`: complete, or not there at all.
/// Errors: kInvalidArgument (format), kNotFound, kPermission, kIo.
Result<void> save(const Transcript& transcript, const std::string& format, const std::string& path,
                  const SubtitleOptions& subtitles = {});

/// "[00:00.000 --> 00:03.000] text" without a newline. The text has a leading blank of its own as a rule.
std::string segment_line(const Segment& segment);

}  // namespace skald
