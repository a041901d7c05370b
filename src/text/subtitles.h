#pragma once
// Subtitle cues of openai/whisper utils.py (SubtitlesWriter): segments, or lines of words.

#include <functional>
#include <string>
#include <vector>

#include "skald/output.h"
#include "skald/transcript.h"

namespace skald::text {

/// What is shown from `start` to `end`, times as they are written.
struct Cue {
  std::string start;
  std::string end;
  std::string text;
};

/// All cues in order. `format` writes a time in seconds. Without words: a cue a segment, its text stripped and its
/// arrows shortened. With words: cut as `options` say; a highlighted cue for each word where that is wanted.
std::vector<Cue> make_cues(const Transcript& transcript, const SubtitleOptions& options,
                           const std::function<std::string(double)>& format);

}  // namespace skald::text
