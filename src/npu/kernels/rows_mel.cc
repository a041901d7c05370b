// The front end.

#include "npu/kernels/mel_sizes.h"
#include "npu/kernels/rows.h"

namespace skald::npu {
namespace {

using enum Element;
using enum Direction;

/// -1.5 with 14 fractional bits: log10(1e-10), scaled.
constexpr std::int32_t kSilence = -24576;

/// What `bands` bands have in common: all arguments but the last.
Rows::Arguments inputs(std::string_view filters, std::string_view starts, int bands) {
  const std::int64_t blocks = bands / 4;
  return {{"pcm", kI16, kMelSamples, kIn, "rows", {}},
          {"high", kI16, kMelWaveFactors, kIn, "waves", "mel_waves_high"},
          {"low", kI8, kMelWaveFactors, kIn, "waves", "mel_waves_low"},
          {"turns", kI16, kMelWaves * 256, kIn, "turns", "mel_turns"},
          {"filters", kBf16, blocks * mel_reach(bands) * 32, kIn, "tiles", filters},
          {"starts", kI32, kMelStarts, kIn, "rows", starts},
          {"waves", kI32, 256, kInOut, "scratch", {}},
          {"spectrum", kI32, kMelWaves * 64, kInOut, "scratch", {}},
          {"power", kF32, kMelBins * 4, kInOut, "scratch", {}},
          {"tiles", kBf16, kMelTiles * 32, kInOut, "scratch", {}}};
}

void add_mel(Rows& rows, std::string_view filters, std::string_view starts, int bands) {
  Rows::Arguments arguments = inputs(filters, starts, bands);
  const std::int64_t out = std::int64_t{kMelFrames} * bands;
  const std::string suffix = std::to_string(bands);
  arguments.push_back({"y", kBf16, out, kOut, "blocks 4x4", {}});
  rows.add("mel_bf16_" + suffix, {"mel.cc", "16 frames of int16 PCM to log-mel"}, arguments, {"floor"}, {kSilence});
  arguments.back().element = kI8;
  rows.add("mel_i8_" + suffix, {"mel.cc", "16 frames of int16 PCM to log-mel, quantised"}, arguments,
           {"floor", "factor", "shift"}, {kSilence, 75, 14});
}

}  // namespace

void add_mel_rows(Rows& rows) {
  add_mel(rows, "mel_filters_80", "mel_starts_80", 80);
  add_mel(rows, "mel_filters_128", "mel_starts_128", 128);
}

}  // namespace skald::npu
