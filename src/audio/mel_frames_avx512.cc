#include "audio/mel_lanes.h"

namespace skald::audio {

void mel_frames_avx512(const MelTables& tables, const float* samples, size_t frames, float* out) {
  MelLanes<8>::run(tables, samples, frames, out);
}

}  // namespace skald::audio
