#include "audio/mel_lanes.h"

namespace skald::audio {

void mel_frames_avx2(const MelTables& tables, const float* samples, size_t frames, float* out) {
  MelLanes<4>::run(tables, samples, frames, out);
}

}  // namespace skald::audio
