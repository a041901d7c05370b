#pragma once
// Sizes of the mel kernel and its tables (mel.cc, mel_tables.cc). The frame's 400 samples are x[8 a + b], 50 by 8.

namespace {

constexpr int kMelFrames = 16;                            // of a call
constexpr int kMelHop = 160;                              // samples; openai/whisper audio.py
constexpr int kMelColumns = 8;                            // b
constexpr int kMelRows = 52;                              // a: 50, padded to whole blocks of 4
constexpr int kMelSamples = 15 * kMelHop + kMelRows * 8;  // that a call reads: 2816
constexpr int kMelGroups = 7;                             // of 4 waves: -1 to 26
constexpr int kMelWaves = 4 * kMelGroups;
constexpr int kMelWaveFactors = 2944;  // kMelWaves * 2 * kMelRows, and what fills the last 64 bytes of int8
constexpr int kMelStarts = 32;         // of up to 128 bands, four at a time
constexpr int kMelBins = 208;          // 201, padded to whole tiles of 8
constexpr int kMelTiles = kMelBins / 8;

/// Tiles of 8 bins that 4 neighbouring filters reach.
constexpr int mel_reach(int bands) {
  return bands == 80 ? 5 : 3;
}

}  // namespace
