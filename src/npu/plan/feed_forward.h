#pragma once
// Y = requantise(GELU(requantise(X W1)) W2) in int8, in one launch: the hidden activations never leave the array.
//
// A column of cores has its own rows of X, 32 at a time, and its cores share the work by role: two make the hidden
// numbers, 64 columns each of every 128, and two multiply them with half of W2's columns each, whose sums they keep
// for all of the hidden width. The hidden numbers of the first two are joined in the memory tile and reach both of the
// others. So the cores of one role, a row of the array, want the same weights at the same time: each column's interface
// reads the weights of one role, and broadcasts them along that row. All weights are read once for every 128 rows.
//
// Weights come in the order of use and with the epilogue's parameters between them (pack_feed_forward); a weight stream
// of 4 bytes a cycle is what bounds it: 32 rows take half of its time to multiply. Four pushes a column: weights, X and
// the two halves of Y.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "npu/program/program.h"

namespace skald::npu::plan {

/// The two shifts of kernels/requantise_i8.cc.
struct RequantiseShifts {
  int32_t down = 0;
  int32_t shift = 0;
};

struct FeedForwardProblem {
  int64_t rows = 0;
  int64_t inputs = 0;   ///< width of X, whole 64
  int64_t hidden = 0;   ///< whole 128
  int64_t outputs = 0;  ///< width of Y, whole 128
  RequantiseShifts first{};
  RequantiseShifts second{};
};

struct FeedForwardLayout {
  int64_t rows = 0;          ///< padded to whole rounds of all columns
  int64_t rounds = 0;        ///< of 32 rows, of a column
  int64_t macs = 0;          ///< of the padded rows
  int64_t weight_bytes = 0;  ///< all that pack_feed_forward gives
};

/// Weights and the epilogues' parameters as the operator has them.
struct FeedForwardWeights {
  std::span<const int8_t> first;                ///< (inputs, hidden), row-major
  std::span<const std::byte> first_parameters;  ///< pack_requantise_parameters of all hidden columns
  std::span<const int8_t> second;               ///< (hidden, outputs), row-major
  std::span<const std::byte> second_parameters;
};

/// Errors: kInvalidArgument: an empty side; kUnsupported: widths that are not whole tiles or do not fit into a core's
/// memory or descriptors, too many rows.
Result<FeedForwardLayout> feed_forward_layout(const FeedForwardProblem& problem);

/// Arguments of the Program: "x" (layout.rows, inputs) and "y" (layout.rows, outputs), rows, and between them "weights"
/// of pack_feed_forward. On 4 x 4 cores. Errors: those of feed_forward_layout.
Result<Program> plan_feed_forward(const FeedForwardProblem& problem, const std::string& device);

/// Errors: kInvalidArgument: spans of other sizes; those of feed_forward_layout.
Result<std::vector<std::byte>> pack_feed_forward(const FeedForwardProblem& problem, const FeedForwardWeights& weights);

}  // namespace skald::npu::plan
