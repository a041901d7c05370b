#pragma once
// The CPU wing's door: encoder and decoder over packed weights.

#include <cstdint>
#include <memory>

#include "base/cpu_features.h"
#include "base/parallel.h"
#include "base/result.h"
#include "model/checkpoint.h"
#include "model/decoder.h"
#include "model/encoder.h"

namespace skald::cpu {

/// What weights are kept in and products are made of.
enum class ComputeType : uint8_t {
  kFloat32,
  kBfloat16,  ///< weights and what they are multiplied with bfloat16, sums float32; attention int16; the rest float32
  kInt8,      ///< weights int8 by output channel, activations int8 by row; attention int8 in the encoder, int16 queries
              ///< over int8 keys and values in the decoder's cross-attention; the rest float32
  kInt4,      ///< the decoder's weights int4 in blocks of 32, each with a scale; the rest, and the encoder, as in kInt8
};
const char* to_string(ComputeType type);

/// What both need; outlives them.
struct Context {
  ThreadPool* pool = nullptr;
  Isa isa = Isa::kScalar;
  ComputeType compute = ComputeType::kFloat32;
};

/// Packs the encoder's weights. Errors: kBadModel (tensor missing, wrong shape), kOutOfMemory.
Result<std::unique_ptr<model::Encoder>> make_encoder(const model::Checkpoint& checkpoint, const Context& context);

/// Packs the decoder's weights. `slots` is how many hypotheses can be open at once, `windows` how many different
/// windows they attend to. Errors: as above.
Result<std::unique_ptr<model::Decoder>> make_decoder(const model::Checkpoint& checkpoint,
                                                     const model::TokenClasses& tokens, int slots, int windows,
                                                     const Context& context);

}  // namespace skald::cpu
