#pragma once
// Transcript files in the formats of openai/whisper utils.py (txt, srt, vtt, tsv, json) and of whisper.cpp (lrc, csv).

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

/// Names of all formats: txt, srt, vtt, tsv, json, lrc, csv.
std::span<const std::string_view> formats();

/// The whole file's content. txt, srt, vtt and tsv are the reference's to the byte. lrc and csv are whisper.cpp's. json
/// is one line of ASCII: the reference's object (text, segments, language), then language_probability, task, duration,
/// model, device and compute_type (of `devices`, several joined by "+"), devices, timings, attempts, complete, and
/// error when there is one. Doubles come back exactly; what is not a number is null; broken UTF-8 becomes U+FFFD.
/// Errors: kInvalidArgument for an unknown format, kOutOfMemory.
Result<std::string> write(const Transcript& transcript, std::string_view format, const SubtitleOptions& subtitles = {});

}  // namespace skald::text
