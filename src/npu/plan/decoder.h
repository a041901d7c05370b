#pragma once
// Whisper's decoder on the array: one launch computes the logits of a step for a batch of hypotheses, another one the
// keys and values that a window's hypotheses attend to.
//
// One row of four cores runs the resident program of resident.h: weights, which bound a step, come down the columns as
// fast as 64 rows are multiplied by them. All is bfloat16, logits are float32 sums.
//
// A hypothesis takes part with the eight positions, or some more, that hold its newest token: rows of one array. Those
// before it are computed once more, to the same bits; those behind it mean nothing. So keys and values leave in whole
// blocks of eight positions for the cache, in host memory, and scores are masked by position alone.
//
//   cache  of each slot, layer and head four panels (kernels/layout.h): the halves of keys, then of values
//   cross  the same of each window, for the positions that the encoder gave
//
// Heads are dealt to the four columns in turn; where they are no multiple of four, what is behind them is computed too.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "npu/program/program.h"

namespace skald::npu::plan {

inline constexpr int64_t kRowsOfTurn = 8;  ///< that leave a core together: what a hypothesis' rows are multiples of

struct DecoderProblem {
  int64_t width = 0;
  int64_t heads = 0;
  int64_t hidden = 0;
  int64_t layers = 0;
  int64_t vocabulary = 0;
  int64_t text_positions = 448;
  int64_t audio_positions = 1500;
  int64_t slots = 1;    ///< hypotheses that there is a cache for
  int64_t windows = 1;  ///< that there are keys and values for
};

/// (rows, k) times (k, n).
struct DecoderProduct {
  int64_t k = 0;
  int64_t n = 0;        ///< whole tiles
  int64_t weights = 0;  ///< byte in the argument
};

/// Where a layer's weights lie; norms as bytes.
struct DecoderLayer {
  int64_t norm = 0;
  DecoderProduct qkv{};  ///< queries; then of each head its keys and values
  DecoderProduct out{};
  int64_t cross_norm = 0;
  DecoderProduct query{};
  DecoderProduct cross_out{};
  DecoderProduct cross_kv{};  ///< of each head keys and values
  int64_t mlp_norm = 0;
  DecoderProduct up{};
  DecoderProduct down{};
};

/// Arguments of the Programs, in their order; a window's has no logits.
enum DecoderArgument : int { kDecoderRows, kDecoderWeights, kDecoderMemory, kDecoderLogits };

/// Where everything lies, in bytes.
struct DecoderLayout {
  int64_t rows = 0;    ///< of a step, at most: a turn of each slot, whole tiles
  int64_t strips = 0;  ///< of a panel of rows: with room behind them
  int64_t heads = 0;   ///< padded to the columns
  int64_t norm_strips = 0;
  int64_t audio_rows = 0;  ///< of a window, padded
  int64_t text_rows = 0;   ///< of a cache, padded

  int64_t x = 0;       ///< in the argument of rows: what the first layer is given, panels
  int64_t states = 0;  ///< likewise: what the encoder gave, panels of audio_rows
  int64_t rows_bytes = 0;

  int64_t normed = 0;  ///< in the argument of memory
  int64_t queries = 0;
  int64_t mixed = 0;
  int64_t hidden = 0;
  int64_t nowhere = 0;              ///< keys and values of rows that are no hypothesis'
  int64_t cross_queries = 0;        ///< of each layer its own: word times want them
  int64_t cross_queries_bytes = 0;  ///< of a layer
  int64_t cache = 0;
  int64_t cache_bytes = 0;  ///< of a slot
  int64_t cross = 0;
  int64_t cross_bytes = 0;  ///< of a window
  int64_t memory_bytes = 0;

  std::vector<DecoderLayer> layers{};
  int64_t final_norm = 0;
  DecoderProduct logits{};
  int64_t weight_bytes = 0;
  int64_t logits_bytes = 0;

  int64_t panel_bytes() const;  ///< of rows
  /// From a head's panel to the next one, and from head to head, in cache and cross.
  int64_t cache_panel() const;
  int64_t cross_panel() const;
  int64_t cache_at(int64_t slot, int64_t layer, int64_t head) const;
  int64_t cross_at(int64_t window, int64_t layer, int64_t head) const;
};

/// Errors: kUnsupported: heads that are not 64 wide, widths that are no multiple of 128 or more than 1280;
/// kInvalidArgument: empty sizes.
Result<DecoderLayout> decoder_layout(const DecoderProblem& problem);

/// A hypothesis' part of a step.
struct DecoderRows {
  int64_t slot = 0;
  int64_t window = 0;
  int64_t positions = 0;  ///< of the window: keys that are there
  int64_t first = 0;      ///< position of the first row, a multiple of kRowsOfTurn
  int64_t rows = 0;       ///< a multiple of kRowsOfTurn; within a block of 32 positions
};

/// One step: rows of the hypotheses one after the other. Those of a window that follow each other attend together.
/// Errors: kInvalidArgument: rows that are none, outside of the layout, or across blocks of 32 positions.
Result<Program> plan_decoder_step(const DecoderProblem& problem, const DecoderLayout& layout,
                                  std::span<const DecoderRows> step, const std::string& device);

/// Keys and values of a window, from the states in the argument of rows. Errors: kInvalidArgument: no such window.
Result<Program> plan_decoder_window(const DecoderProblem& problem, const DecoderLayout& layout, int64_t window,
                                    const std::string& device);

}  // namespace skald::npu::plan
