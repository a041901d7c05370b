#pragma once
// The shape of a Whisper model.

#include <cstdint>

#include "base/result.h"

namespace skald::model {

/// Sizes that fix a Whisper checkpoint; names follow the dimension letters of docs/ARCHITECTURE.md.
struct Dims {
  int mel_bands = 80;    ///< M: 80, or 128 (large-v3)
  int audio_ctx = 1500;  ///< S: encoder positions of a full window (two mel frames each)
  int audio_state = 0;   ///< D of the encoder
  int audio_heads = 0;   ///< H of the encoder
  int audio_layers = 0;
  int audio_ffn = 0;   ///< F of the encoder
  int text_ctx = 448;  ///< most tokens in a decoder sequence
  int text_state = 0;  ///< D of the decoder (equals audio_state in every Whisper model)
  int text_heads = 0;
  int text_layers = 0;
  int text_ffn = 0;
  int vocab = 0;  ///< V: 51864 English-only, 51865 multilingual, 51866 large-v3

  int head_width() const { return audio_state / audio_heads; }  ///< E
};

/// Every extent positive and within limits no Whisper model reaches, widths divisible by heads, equal widths.
/// Errors: kBadModel with `where`.
Result<void> validate(const Dims& dims, const char* where);

}  // namespace skald::model
