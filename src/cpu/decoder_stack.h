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

/// What the cross-attention keys and values of a window are kept in. Most of what a step reads is theirs: bytes count.
HeadType cross_head_type(ComputeType compute);

class DecoderStack {
 public:
  DecoderStack(const model::Dims& dims, DecoderWeights weights, const Context& context);

  /// Room for this many rows at once; grows only. Throws std::bad_alloc.
  void reserve_rows(size_t rows);

  /// Room to read a window of this many positions; grows only. Throws std::bad_alloc.
  void reserve_window(int positions);

  /// Cross-attention keys and values of `states` (S, D) into the window of `slot`.
  void read_window(const float* states, model::Slot slot, KvCache& cache);

  /// Runs all layers; keys and values of the rows go into `cache`. The cross-attention queries of layer l (rows, D),
  /// scaled, are given to after_query(l, queries) before they are used.
  template <class AfterQuery>
  void forward(std::span<const TokenRow> rows, KvCache& cache, const AfterQuery& after_query) {
    embed(rows);
    find_blocks(rows, cache);
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

  /// Scores (rows, positions) of a head of the window of `slot` with dense scaled queries (rows, D), as after_query
  /// gets them. For one thread of the pool at a time.
  void head_scores(const float* queries, int rows, const KvCache& cache, model::Slot slot, model::Head head, float* out,
                   int thread);

  int64_t weight_bytes() const { return weights_.bytes; }

 private:
  /// Rows that follow one another and listen to the same window.
  struct RowBlock {
    int first = 0;
    int rows = 0;
    int window = 0;
    int positions = 0;
  };

  std::byte* scratch_of(int64_t thread) { return scratch_.data() + static_cast<size_t>(thread) * scratch_size_; }
  void embed(std::span<const TokenRow> rows);
  void find_blocks(std::span<const TokenRow> rows, const KvCache& cache);
  void self_attention(std::span<const TokenRow> rows, int layer, KvCache& cache);
  void cross_queries(std::span<const TokenRow> rows, int layer);
  void cross_attention(std::span<const TokenRow> rows, int layer, const KvCache& cache);
  void mlp(std::span<const TokenRow> rows, int layer);
  model::Dims dims_;
  DecoderWeights weights_;
  Ops ops_;
  AlignedBuffer<float> x_;            ///< (rows, D)
  AlignedBuffer<float> attended_;     ///< (rows, D)
  AlignedBuffer<float> qkv_;          ///< (rows, 3 D); its first D columns densely for cross-attention queries
  AlignedBuffer<float> hidden_;       ///< (rows, F)
  AlignedBuffer<float> window_;       ///< (S, 2 D) keys and values of a window before they are packed
  AlignedBuffer<std::byte> scratch_;  ///< for each thread, of a row of self-attention or a block of cross-attention
  size_t scratch_size_ = 0;           ///< of one thread
  std::vector<RowBlock> blocks_;
  size_t room_ = 0;
};

}  // namespace skald::cpu
