#pragma once
// Parts of a recording to transcribe (openai/whisper transcribe.py, clip_timestamps).

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/segments.h"

namespace skald::engine {

/// From "start,end,start,end,...", in seconds; a missing last end is that of the recording, which no clip exceeds.
/// Nothing: all of it. Errors: kInvalidArgument: not numbers, or a clip that ends before it begins.
Result<std::vector<Stretch>> parse_clips(std::string_view times, int64_t content_frames);

}  // namespace skald::engine
