#pragma once
// A model whose encoder is one small layer, with random weights.

#include "model/random_checkpoint.h"

namespace skald::npu {

inline constexpr model::Dims kSmallModel{.mel_bands = 80,
                                         .audio_ctx = 64,
                                         .audio_state = 128,
                                         .audio_heads = 2,
                                         .audio_layers = 1,
                                         .audio_ffn = 512,
                                         .text_ctx = 8,
                                         .text_state = 128,
                                         .text_heads = 2,
                                         .text_layers = 1,
                                         .text_ffn = 512,
                                         .vocab = 51864};

inline const model::Checkpoint& small_checkpoint() {
  static const auto kCheckpoint = model::make_random_checkpoint(kSmallModel).value();
  return *kCheckpoint;
}

}  // namespace skald::npu
