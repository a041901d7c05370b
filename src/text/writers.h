#pragma once
// Transcript files in the formats of openai/whisper utils.py: txt, srt, vtt, tsv, json.

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "skald/transcript.h"

namespace skald::text {

/// "00:03.000" or "01:02:03.456": hours only when not zero or `always_hours`. `mark` separates milliseconds.
/// Rounds as the reference does (half to even on milliseconds).
std::string format_timestamp(double seconds, bool always_hours = false, char mark = '.');

/// Names of all formats: txt, srt, vtt, tsv, json.
std::span<const std::string_view> formats();

/// The whole file's content, ending in a newline. json: the reference's object (text, segments, language) plus
/// model, device, compute_type, duration, timings, devices, complete.
/// Errors: kInvalidArgument for an unknown format.
Result<std::string> write(const Transcript& transcript, std::string_view format);

}  // namespace skald::text
