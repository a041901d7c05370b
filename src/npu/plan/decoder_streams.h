#pragma once
// What the parts of the decoder's planner share.

#include "npu/plan/decoder.h"
#include "npu/plan/resident.h"

namespace skald::npu::plan {

/// What the word kPhase chooses.
enum class DecoderChoice : int32_t { kProduct, kAttention, kNorm };

/// What the word kEnd chooses of a product: how results leave.
enum class DecoderEnd : int32_t { kPlain, kTerms, kGelu, kSums };

/// Streams, buffers, parameters and cores.
ResidentStreams add_decoder_cores(const DecoderProblem& problem, const DecoderLayout& layout, Program& program);

}  // namespace skald::npu::plan
