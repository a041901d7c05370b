#pragma once
// From probabilities of speech to regions, windows and a recording's account of its seconds. Pure functions; times in
// frames of 10 ms.

#include <cstdint>
#include <span>
#include <vector>

#include "engine/segments.h"
#include "skald/options.h"
#include "skald/transcript.h"

namespace skald::engine {

/// Where somebody speaks: from where a probability (one for each 20 ms) reaches `threshold` to where it has been below
/// threshold - 0.15 for min_silence. Regions shorter than min_speech are dropped. In order, apart, inside
/// [0, content_frames).
std::vector<Stretch> speech_regions(std::span<const float> probabilities, const TranscribeOptions& options,
                                    int64_t content_frames);

/// The regions with vad_speech_pad_ms around each, as far as there is room; those that meet become one.
std::vector<Stretch> padded(std::span<const Stretch> regions, const TranscribeOptions& options, int64_t content_frames);

/// The parts of `regions` that lie in `clips`, both in order.
std::vector<Stretch> intersection(std::span<const Stretch> regions, std::span<const Stretch> clips);

/// Windows of at most 30 s that hold all regions, as few as possible while keeping to the order: neighbours share a
/// window, with what lies between them, while they fit. A region that is longer is cut where speech is least likely.
std::vector<WindowPlace> pack_windows(std::span<const Stretch> regions, std::span<const float> probabilities);

/// Takes a segment's ends back to the speech it overlaps; false: it overlaps none.
bool move_into_speech(Segment& segment, std::span<const Stretch> regions);

/// What became of every second: of `regions`, what is near a word (or inside a segment that has none), what is not, and
/// the rest.
Coverage account(std::span<const Segment> segments, std::span<const Stretch> regions, int64_t content_frames);

}  // namespace skald::engine
