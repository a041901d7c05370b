#pragma once
// Weights as the kernels want them: read from a checkpoint once, converted to float32 and packed into panels.

#include <span>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/result.h"
#include "cpu/cpu_model.h"
#include "cpu/kernels/bfloat16.h"
#include "model/checkpoint.h"

namespace skald::cpu {

/// What the factors of a product are.
enum class FactorType : uint8_t {
  kFloat32,
  kBfloat16,
  kInt16,
  kInt8,
  kInt4,  ///< of weights; what they are multiplied with is int8
};

/// y(n) = sum_k x(k) * w(n, k) + bias(n).
struct Linear {
  AlignedBuffer<float> w;          ///< kFloat32: packed by pack_f32
  AlignedBuffer<Bfloat16> w_bf16;  ///< kBfloat16: packed by pack_bf16
  AlignedBuffer<int16_t> w16;      ///< kInt16: packed by pack_rows_i16, with `scale`
  AlignedBuffer<int8_t> w8;        ///< kInt8: packed by pack_rows_bytes, with `scale` and `offset`
  AlignedBuffer<uint8_t> w4;       ///< kInt4: packed by pack_rows_i4, with `scale` and `step`
  AlignedBuffer<int8_t> step;      ///< (panels, blocks, kPanel)
  AlignedBuffer<float> scale;      ///< (N, whole panels)
  AlignedBuffer<int32_t> offset;   ///< (N, whole panels)
  AlignedBuffer<float> bias;       ///< (N); empty: none
  int n = 0;
  int k = 0;
  FactorType type = FactorType::kFloat32;

  size_t bytes() const {
    return (w.size() + scale.size() + bias.size()) * sizeof(float) + (w_bf16.size() + w16.size()) * sizeof(int16_t) +
           w8.size() + w4.size() + step.size() + offset.size() * sizeof(int32_t);
  }
  /// Row `index` of the matrix, (K). Pre: `out` has room.
  void row(int64_t index, float* out) const;
};

struct LayerNorm {
  AlignedBuffer<float> gain;
  AlignedBuffer<float> bias;

  int width() const { return static_cast<int>(gain.size()); }
};

/// One attention sub-layer's projections that share their input: query, key and value, one below the other.
struct EncoderBlock {
  LayerNorm attn_ln;
  Linear qkv;  ///< (3 D, D); the query rows carry the factor E^-0.5 of the scores
  Linear attn_out;
  LayerNorm mlp_ln;
  Linear fc1;
  Linear fc2;
};

struct EncoderWeights {
  Linear conv1;                    ///< k = 3 M, time-major
  Linear conv2;                    ///< k = 3 D, time-major
  AlignedBuffer<float> positions;  ///< (audio_ctx, D)
  std::vector<EncoderBlock> blocks;
  LayerNorm ln_post;
  int64_t bytes = 0;
};

struct DecoderBlock {
  LayerNorm attn_ln;
  Linear qkv;  ///< as in EncoderBlock
  Linear attn_out;
  LayerNorm cross_ln;
  Linear cross_q;   ///< carries the factor E^-0.5
  Linear cross_kv;  ///< (2 D, D): key, value; int8 where the others are int4
  Linear cross_out;
  LayerNorm mlp_ln;
  Linear fc1;
  Linear fc2;
};

struct DecoderWeights {
  Linear embedding;                ///< (V, D): token embedding and, tied, output projection
  AlignedBuffer<float> positions;  ///< (text_ctx, D)
  std::vector<DecoderBlock> blocks;
  LayerNorm ln;
  int64_t bytes = 0;
};

/// Packs all encoder tensors; in int8 the convolutions' are int16. Pre: not kInt4, which is for the decoder. Errors:
/// kBadModel (missing, wrong shape, element type). Throws std::bad_alloc.
Result<EncoderWeights> load_encoder(const model::Checkpoint& checkpoint, const Context& context);
/// Packs all decoder tensors. Errors and exceptions as above.
Result<DecoderWeights> load_decoder(const model::Checkpoint& checkpoint, const Context& context);

}  // namespace skald::cpu
