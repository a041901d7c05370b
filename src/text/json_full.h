#pragma once
// whisper.cpp's full JSON (examples/cli/cli.cpp, output_json), for the scripts that read it.

#include <string>

#include "skald/output.h"
#include "skald/transcript.h"

namespace skald::text {

/// systeminfo, model, params, result and transcription as there, indented with tabs. What cannot be known is left out:
///   * model.ftype, a number of ggml's file types;
///   * a token's p, offsets and timestamps without word_timestamps; t_dtw is -1 then, as there when it was not asked
///     for. p is the probability among text tokens, offsets are those of the alignment; t_dtw is their end, as there.
///     Timestamp tokens have the offsets that they say, and never p.
/// model.type is "unknown" for sizes that were not published. params.language is "auto" when it was detected. Special
/// tokens have whisper.cpp's names ("[_BEG_]", "[_TT_50]").
std::string write_json_full(const Transcript& transcript, const SubtitleOptions& options);

}  // namespace skald::text
