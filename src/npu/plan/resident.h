#pragma once
// What resident programs share, in which a core waits for parameters that choose its next phase (encoder.h,
// decoder.h): streams of objects as bytes, and the parts of a core's phases.
//
// Streams are a product's for all phases and types: A along a row of cores, B down a column, C out of a core. What lies
// in host memory lies in panels (kernels/layout.h).

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/rounding.h"
#include "npu/program/program.h"

namespace skald::npu::plan {

inline constexpr int64_t kCell = 256;        ///< bytes: four rows of 64 bytes
inline constexpr int64_t kObjectOfA = 4096;  ///< bytes
inline constexpr int64_t kObjectOfB = 8192;
inline constexpr int64_t kObjectOfC = 2048;
inline constexpr int64_t kArray = 4;  ///< columns of cores, and rows where all are used
inline constexpr int64_t kRowsOfTile = 64;
inline constexpr int64_t kColumnsOfTile = 128;
inline constexpr int64_t kKeys = 32;          ///< of an object of B
inline constexpr int64_t kWorkBytes = 32768;  ///< of a core, used by one phase after the other
inline constexpr int64_t kTermObjects = kRowsOfTile * kColumnsOfTile * 2 / kObjectOfA;  ///< of a tile's residual

inline constexpr int64_t kHeadWidth = 64;    ///< columns
inline constexpr int64_t kWidestRow = 1280;  ///< columns of the residual stream that a norm has a layout for

/// Strips of rows of this width that a core norms at once.
constexpr int64_t usual_norm_strips(int64_t width) {
  return width > 1024 ? 2 : 4;
}

/// Tiles of a product's n columns that a column of cores makes of a block of rows; its columns have a turn each.
constexpr int64_t tiles_of(int64_t n, int64_t column) {
  return (n / kColumnsOfTile + kArray - 1 - column) / kArray;
}

/// Depth of a product's objects.
constexpr int64_t depth_of(bool int8) {
  return int8 ? 64 : 32;
}

/// Objects of A in a group of rows of a norm.
constexpr int64_t norm_objects(int64_t width, int64_t strips) {
  return width / 32 * strips * kCell / kObjectOfA;
}

/// Parameters of a core, by word.
enum ResidentWord : int32_t {
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
  kBlocks,  ///< a decoder's attention: objects of B
  kSeen,    ///< the last key that the first query sees
  kCausal,  ///< 1: and each query one more than the one before
  kGives,   ///< objects of C
  kGroups,  ///< of four queries that are there, in fours
  kWords = 16,
};

/// Values of words, by ResidentWord.
using ResidentWords = std::map<int32_t, int64_t>;

/// Whole blocks of rows times tiles of n columns; `depths`: objects of A and of B in a tile's sum.
struct ResidentProduct {
  int64_t rounds = 0;
  int64_t depths = 0;
  int64_t n = 0;
  bool terms = false;  ///< a residual follows

  /// Columns of cores for which objects of the residual of a block of rows and columns come.
  int64_t columns_with_terms() const;
  /// What a core in that column is told, but for its phase and how sums leave.
  ResidentWords words(int64_t column) const;
};

/// Hands parameters over, and writes only those words that are not as they were.
class ParameterWriter {
 public:
  explicit ParameterWriter(Program& program) : p_(program) {}
  /// `parameters`: index into Program::parameters.
  void hand_over(int parameters, const ResidentWords& words);

 private:
  Program& p_;
  std::map<int, ResidentWords> known_{};
};

/// Indices into the Program.
struct ResidentStreams {
  std::vector<int> a_in{}, a_core{};  ///< by row of cores
  std::vector<int> b_in{}, b_core{};  ///< by column
  std::vector<int> c_core{};          ///< by column and row
  std::vector<int> c_out{};           ///< by column
};

/// `rows` of cores; `depth`: objects of A and of B that a memory tile holds.
ResidentStreams add_resident_streams(Program& program, int rows, int depth);

using Steps = std::vector<Step>;

Steps loop_by(ResidentWord count, Steps body);
Steps choose(ResidentWord selector, std::vector<Steps> phases);
Operand parameter(ResidentWord index);
void append(Steps& to, Steps steps);

/// Buffers and parameters of one core, and the steps of its phases.
class ResidentCore {
 public:
  ResidentCore(const ResidentStreams& streams, Program& program, int column, int row);

  /// The core's program: `phases` chosen by kPhase again and again.
  void run(std::vector<Steps> phases) const;

  /// A fills and sends an object of C.
  Steps give(std::string kernel, std::vector<Operand> operands) const;

  /// C += A B in rounds of blocks of rows, each in tiles of columns; `ends`, chosen by kEnd: how sums leave.
  Steps product(bool int8, std::vector<Steps> ends) const;

  /// Sums leave in bfloat16, eight rows at a time; `terms`: a residual is added.
  Steps finish(const std::string& kernel, bool terms) const;

  /// Sums of int8 leave in int8.
  Steps requantise() const;

  /// No key yet; takes 64 queries.
  Steps queries() const;

  /// Keys and values of one object; `mask`: what is done with scores first; `groups` of four queries.
  Steps keys(Steps mask, const Operand& groups) const;
  Operand scores() const;
  int lanes() const { return lanes_; }

  /// 16 queries' results; in int8 32.
  Steps results(bool int8) const;

  /// LayerNorm of groups of four times `strips` rows; `ends`, chosen by kEnd where there are several: kernels that they
  /// leave by, give_panels_*.
  Steps norm(int64_t width, int64_t strips, const std::vector<std::string>& ends) const;

  int work() const { return work_; }
  int c() const { return c_; }

 private:
  Steps let_pass() const;
  Steps pass_by(int64_t objects, int64_t columns) const;
  Steps own(int64_t objects, Steps body, Steps after) const;
  Steps own(int64_t objects, Steps body) const;

  Program& p_;
  int column_;
  Tile tile_;
  int a_;
  int b_;
  int c_;
  int work_;
  int offset_;
  int factor_;
  int sum_;
  int lanes_;
  int zeros_;
};

}  // namespace skald::npu::plan
