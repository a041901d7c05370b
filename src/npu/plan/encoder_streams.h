#pragma once
// What the parts of the encoder's planner share: sizes of objects, and the numbers of streams and buffers.

#include <cstdint>
#include <vector>

#include "base/rounding.h"
#include "npu/plan/encoder.h"
#include "npu/program/program.h"

namespace skald::npu::plan {

inline constexpr int64_t kCell = 256;        ///< bytes: four rows of 64 bytes
inline constexpr int64_t kObjectOfA = 4096;  ///< bytes
inline constexpr int64_t kObjectOfB = 8192;
inline constexpr int64_t kObjectOfC = 2048;
inline constexpr int64_t kArray = 4;  ///< rows and columns of cores
inline constexpr int64_t kRowsOfTile = 64;
inline constexpr int64_t kColumnsOfTile = 128;
inline constexpr int64_t kRowsOfBlock = kArray * kRowsOfTile;  ///< that all cores make together
inline constexpr int64_t kColumnsOfBlock = kArray * kColumnsOfTile;
inline constexpr int64_t kKeys = 32;          ///< of an object of B
inline constexpr int64_t kWorkBytes = 32768;  ///< of a core, used by one phase after the other
inline constexpr int64_t kTermObjects = kRowsOfTile * kColumnsOfTile * 2 / kObjectOfA;  ///< of a tile's residual

/// Objects of keys of a head.
constexpr int64_t key_blocks(const EncoderProblem& problem) {
  return ceil_div(problem.positions, kKeys);
}

/// Rounds of attention: in each, every column of cores has 256 queries of one head.
constexpr int64_t attention_rounds(const EncoderProblem& problem, int64_t rows) {
  const int64_t heads = problem.choices.deal_heads ? problem.heads : round_up(problem.heads, kArray);
  return ceil_div(heads * (rows / kRowsOfBlock), kArray);
}

/// Tiles of a product's n columns that a column of cores makes of a block of rows; its columns have a turn each.
constexpr int64_t tiles_of(int64_t n, int64_t column) {
  return (n / kColumnsOfTile + kArray - 1 - column) / kArray;
}

/// Depth of a product's objects.
constexpr int64_t depth_of(bool int8) {
  return int8 ? 64 : 32;
}

/// Parameters of a core, by word.
enum EncoderWord : int32_t {
  kPhase,
  kEnd,
  kRounds,
  kInner,
  kDown,
  kShift,
  kFactor,
  kAcross,  ///< products: a core's tiles of a block of rows
  kPass,    ///< products: objects of A that follow these and are not for this column
  kAfter,   ///< products: objects of the residual for the columns to the east
};

/// What the word kPhase chooses.
enum class EncoderChoice : int32_t { kProductBf16, kProductInt8, kAttention, kNorm };

/// What the word kEnd chooses of a product or a norm: how results leave.
enum class EncoderEnd : int32_t { kPlain, kTerms, kGelu, kGeluTerms };

/// Indices into the Program.
struct EncoderStreams {
  std::vector<int> a_in{}, a_core{};  ///< by row of cores
  std::vector<int> b_in{}, b_core{};  ///< by column
  std::vector<int> c_core{};          ///< by column and row
  std::vector<int> c_out{};           ///< by column
};

/// Objects of A in a group of rows of a norm.
constexpr int64_t norm_objects(int64_t width, int64_t strips) {
  return width / 32 * strips * kCell / kObjectOfA;
}

/// Streams, buffers, parameters and cores.
EncoderStreams add_encoder_cores(const EncoderProblem& problem, const EncoderLayout& layout, Program& program);

/// The controller's sequence.
void add_encoder_sequence(const EncoderProblem& problem, const EncoderLayout& layout,
                          const std::vector<EncoderShifts>& shifts, const EncoderStreams& streams, Program& program);

}  // namespace skald::npu::plan
