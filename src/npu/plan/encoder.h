#pragma once
// Whisper's encoder as one Program: one launch from the rows of the first convolution to the normalised states.
//
// Every core holds one resident program that waits for parameters and runs one of a few phases: a product with one of
// its epilogues, fused attention, LayerNorm. The streams are those of a product (plan/matmul.h) for all phases: A along
// a row of cores in objects of 4 KiB, B down a column in 8 KiB, C out of a core in 2 KiB, as bytes. What lies in host
// memory lies in panels (kernels/layout.h), so that a product's result is the next one's A and any phase's pattern fits
// a descriptor, whatever the type: a cell of 256 bytes is four rows of 64 bytes.
//
//   product    A: panels of one depth, 64 rows; B: weights and, last, the epilogue's parameters; then, for a residual,
//              A: its 64 x 128 tiles for all four columns, of which a core takes its own
//   attention  A: 64 queries of four heads, a head for each column of cores; B: 32 keys and their values
//   norm       A: groups of 8 or 16 rows, in turn for the four columns; B: gamma and beta, held to the end
//
// The controller writes a phase's parameters when all of the phase before has reached host memory: then no core reads
// its own any more, and what the next phase reads is there.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "npu/program/program.h"

namespace skald::npu::plan {

enum class EncoderPrecision : uint8_t {
  kBf16,  ///< products and attention in bfloat16
  kInt8,  ///< a layer's products in int8; stem, attention and norms in bfloat16
};

/// What may be laid out in more than one way; no number of the results depends on it. The defaults are legal for every
/// encoder, suite/encoder_search.h finds the fastest.
struct EncoderChoices {
  bool deal_heads = false;    ///< attention: heads are dealt to columns of cores one by one; else always four at once
  bool skip_columns = false;  ///< products: a column of cores whose tile is all padding lets A pass; else it computes
  int64_t norm_strips = 0;    ///< norms: strips of four rows that a core has at once; 0: four, or two of wide rows
  int depth = 4;              ///< objects of A and of B that a memory tile holds
  bool operator==(const EncoderChoices&) const = default;
};

struct EncoderProblem {
  int64_t positions = 1500;
  int64_t mel_bands = 80;
  int64_t width = 0;
  int64_t heads = 0;
  int64_t hidden = 0;
  int64_t layers = 0;
  EncoderPrecision precision = EncoderPrecision::kBf16;
  bool whole = true;  ///< with stem and final norm; else layers alone, on what lies in the work argument
  EncoderChoices choices{};
};

/// One phase, as it is planned.
struct EncoderPhase {
  enum class Kind : uint8_t { kProduct, kAttention, kNorm };
  Kind kind = Kind::kProduct;
  std::string name{};       ///< "conv1", "layer 0 qkv"
  bool int8 = false;        ///< kProduct: factors; kNorm, kAttention: results
  bool gelu = false;        ///< kProduct
  bool residual = false;    ///< kProduct
  int64_t m = 0;            ///< rows, padded
  int64_t k = 0;            ///< padded
  int64_t n = 0;            ///< padded; kAttention: as it is
  int64_t from = 0;         ///< byte of A in `from_argument`
  int64_t from_strips = 0;  ///< from a panel of A to the next
  int from_argument = 0;
  int64_t to = 0;  ///< byte of C in `to_argument`
  int64_t to_strips = 0;
  int to_argument = 0;
  int64_t weights = 0;  ///< byte in the weights of what B sends
  int64_t weight_bytes = 0;
  int64_t terms = 0;  ///< byte of the residual in `terms_argument`
  int terms_argument = 0;
  int64_t macs = 0;  ///< of the model, without padding
};

/// Arguments of the Program, in their order.
enum EncoderArgument : int { kFrames, kWeights, kWork, kStates };

/// Where everything lies, and in which order it is done.
struct EncoderLayout {
  int64_t rows = 0;        ///< positions, whole blocks of all cores
  int64_t strips = 0;      ///< of these
  int64_t stem_rows = 0;   ///< rows of the first convolution: three times as many
  int64_t stem_depth = 0;  ///< its K: three frames and two columns of the bias, padded
  int64_t frames_bytes = 0;
  int64_t weight_bytes = 0;
  int64_t work_bytes = 0;
  int64_t states_bytes = 0;
  int64_t x = 0;  ///< byte of the residual stream in the work argument: bfloat16, panels
  int64_t norm_strips = 0;
  std::vector<EncoderPhase> phases{};
};

/// Errors: kUnsupported: heads that are not 64 wide, sizes without a layout (widths that are no multiple of 128, more
/// than 1280), choices that these sizes do not allow; kInvalidArgument: empty sizes.
Result<EncoderLayout> encoder_layout(const EncoderProblem& problem);

/// Numbers that a phase's kernels are given beside their data; of int8 alone.
struct EncoderShifts {
  int32_t down = 0;   ///< products: sums to 16 bits; attention: quotients up
  int32_t shift = 0;  ///< the second shift
  int32_t factor = 0;
};

/// `shifts`: one a phase; empty: zeros, for costs alone. Errors: those of encoder_layout.
Result<Program> plan_encoder(const EncoderProblem& problem, const std::vector<EncoderShifts>& shifts,
                             const std::string& device);

/// Phase `index` alone, for what it costs by itself. Pre: there is one. Errors: those of encoder_layout.
Result<Program> plan_encoder_phase(const EncoderProblem& problem, size_t index, const std::string& device);

}  // namespace skald::npu::plan
