#pragma once
// The decoder's layers over rows of tokens from any mix of hypotheses.

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_buffer.h"
#include "cpu/kv_cache.h"
#include "cpu/ops.h"
#include "cpu/weights.h"

namespace skald::cpu {

/// One token of one hypothesis. Rows of a slot come in the order of their positions.
struct TokenRow {
  int32_t token = 0;
  model::Slot slot = 0;
  int position = 0;  ///< in the slot's sequence
};

class DecoderStack {
 public:
  DecoderStack(const model::Dims& dims, DecoderWeights weights, const Ops& ops);

  /// Room for this many rows at once; grows only. Throws std::bad_alloc.
  void reserve_rows(size_t rows);

  /// Cross-attention keys and values of `states` (S, D) into the window of `slot`.
  void read_window(const float* states, int positions, model::Slot slot, KvCache& cache) const;

  /// Runs all layers; keys and values of the rows go into `cache`. The cross-attention queries of layer l (rows, D),
  /// scaled, are given to after_query(l, queries) before they are used.
  template <class AfterQuery>
  void forward(std::span<const TokenRow> rows, KvCache& cache, const AfterQuery& after_query) {
    embed(rows);
    for (int layer = 0; layer < dims_.text_layers; ++layer) {
      self_attention(rows, layer, cache);
      cross_queries(rows, layer);
      after_query(layer, static_cast<const float*>(qkv_.data()));
      cross_attention(rows, layer, cache);
      mlp(rows, layer);
    }
  }

  /// Logits (picked.size(), V) of the rows of the last forward() whose indices are `picked`.
  void logits(std::span<const int> picked, float* out);

  int64_t weight_bytes() const { return weights_.bytes; }

 private:
  struct Attend {
    const float* queries;
    int64_t query_stride;
    int layer;
    bool cross;
  };

  void embed(std::span<const TokenRow> rows);
  void self_attention(std::span<const TokenRow> rows, int layer, KvCache& cache);
  void cross_queries(std::span<const TokenRow> rows, int layer);
  void cross_attention(std::span<const TokenRow> rows, int layer, KvCache& cache);
  void mlp(std::span<const TokenRow> rows, int layer);
  /// normed_ = attention of every row and head over the rows it may see.
  void attend(std::span<const TokenRow> rows, const Attend& what, KvCache& cache);

  model::Dims dims_;
  DecoderWeights weights_;
  Ops ops_;
  AlignedBuffer<float> x_;       ///< (rows, D)
  AlignedBuffer<float> normed_;  ///< (rows, D)
  AlignedBuffer<float> qkv_;     ///< (rows, 3 D); its first D columns densely for cross-attention queries
  AlignedBuffer<float> hidden_;  ///< (rows, F)
  AlignedBuffer<float> scores_;  ///< (threads, max(text_ctx, audio_ctx))
  size_t room_ = 0;
};

}  // namespace skald::cpu
