#pragma once
// The log-mel of a recording on the array: int16 samples in, (frame, band) out as bfloat16 or int8; kernels/mel.cc.
//
// A core takes 16 frames at a time, 2,816 samples that overlap the next ones: the transfer reads these twice, host
// memory has the samples once. Two objects at each end of a core's streams: one is moved while the other is worked on.
//
// What a batch of frames cannot know is the recording's loudest band, below which by 8 decades everything is equal. The
// array clamps at 1e-10 (or at a given floor, if the maximum is known); the host raises to the maximum - 2 (in scaled
// units) what lies below, in finish_mel, the one pass that it makes over the result anyway.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "npu/plan/streamed.h"

namespace skald::npu::plan {

struct MelProblem {
  int64_t frames = 0;
  int bands = 80;                 ///< or 128
  Element type = Element::kBf16;  ///< of the result, or kI8
  double floor = -1.5;            ///< least result, scaled: (log10(1e-10) + 4) / 4
  int scale = 75;                 ///< kI8: the result is the nearest integer to this many times the scaled log-mel
};

/// Arguments of the Program: "x", samples from pack_mel_samples; "y" (frames of whole rounds, bands).
/// Errors: kUnsupported: other bands or types; those of plan_streamed.
Result<Program> plan_mel(const MelProblem& problem, const Spread& spread, const std::string& device);

/// The samples that the Program reads, from a recording's: frame t is the 400 samples from 160 t - 200 on; before the
/// recording it is mirrored, behind it there are zeros (audio/mel_blocks.h).
std::vector<int16_t> pack_mel_samples(const MelProblem& problem, const Spread& spread,
                                      std::span<const int16_t> recording);

/// The Program's result as numbers, (frames, bands): (max(x, the largest of all x - 8) + 4) / 4.
/// Errors: kInvalidArgument: `y` is too short.
Result<std::vector<float>> finish_mel(const MelProblem& problem, std::span<const std::byte> y);

}  // namespace skald::npu::plan
