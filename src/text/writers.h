#pragma once
// Transcript files in the formats of openai/whisper utils.py (txt, srt, vtt, tsv, json) and of whisper.cpp (lrc, csv,
// json-full).

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "skald/output.h"
#include "skald/transcript.h"

namespace skald::text {

/// "00:03.000" or "01:02:03.456": hours only when not zero or `always_hours`. `mark` separates milliseconds.
/// Rounds as the reference does (half to even on milliseconds).
std::string format_timestamp(double seconds, bool always_hours = false, char mark = '.');

/// Names of all formats: txt, srt, vtt, tsv, json, lrc, csv, json-full.
std::span<const std::string_view> formats();

/// Of a format's files, without the first dot: its name, or "full.json"; empty for an unknown format.
std::string_view extension(std::string_view format);

/// Milliseconds, half to even as Python's round(). What is no time is 0.
int64_t milliseconds(double seconds);

/// The whole file's content. txt, srt, vtt and tsv are the reference's to the byte. lrc and csv are whisper.cpp's. json
/// is one line of ASCII: the reference's object (text, segments, language), then language_probability, task, duration,
/// model, device and compute_type (of `devices`, several joined by "+"), devices, timings, attempts, complete, and
/// error when there is one. Doubles come back exactly; what is not a number is null; broken UTF-8 becomes U+FFFD.
/// json-full is write_json_full(). Errors: kInvalidArgument for an unknown format, kOutOfMemory.
Result<std::string> write(const Transcript& transcript, std::string_view format, const SubtitleOptions& subtitles = {});

}  // namespace skald::text
