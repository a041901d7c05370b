#pragma once
// Which cross-attention heads of the published models follow the audio.

#include <span>
#include <utility>

#include "model/dims.h"

namespace skald::model {

/// (decoder layer, head) of the published model of these sizes; empty: none has them. Sources: openai/whisper
/// __init__.py, _ALIGNMENT_HEADS. large-v1 and large-v2 have the same sizes: the heads are the second's.
std::span<const std::pair<int, int>> published_alignment_heads(const Dims& dims);

}  // namespace skald::model
