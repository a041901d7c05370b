#pragma once
// C = A B on the array: 4 x 4 cores (or fewer), A broadcast along rows, B along columns.
//
// Each core makes one tile (m, n) of C at a time and keeps its sums in its own memory while tiles of A (m, k) and B (k,
// n) stream past: one lock in and one out for each. A core's row of tiles of A enters through a memory tile, which cuts
// it into the blocks that the native product wants, and reaches all cores of that row; B is packed so on the host
// (weights are packed once), with what the epilogue needs behind each column of tiles; C leaves through the memory
// tiles, in slices of a few rows where an epilogue makes them, which join what a column of cores makes and turn blocks
// back into rows.
//
// Few pushes to the controller, as each costs microseconds: one for all of B a column, one for A and one for C a column
// and block of rows. A descriptor has four levels, so A lies in panels of k columns, and with one row of cores a column
// the slices of a block of rows are dealt out to the rows of cores in turn: then the block's C is one stretch of rows.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "npu/kernels/catalogue.h"
#include "npu/program/program.h"

namespace skald::npu::plan {

/// What follows the sum over K.
enum class Finish : uint8_t {
  kNone,        ///< C as accumulated: int32 or float32
  kRequantise,  ///< + bias, scaled per column, int8: kernels/requantise_i8.cc
  kBias,        ///< + bias, bfloat16: kernels/finish_bf16.cc
  kGelu,        ///< GELU of what kRequantise (int8, by table) or kBias (bfloat16) gives
};
// A residual is added by a launch of its own (plan/rowwise.h): both streams into a core are taken, A's reaches all
// cores of a row, so each would get what all of them need, and B's is one transfer for all rows.

struct MatmulProblem {
  int64_t m = 0;
  int64_t k = 0;
  int64_t n = 0;
  Element type = Element::kI8;  ///< of A and B: kI8, kI16 or kBf16
  Finish finish = Finish::kNone;
  int32_t down = 0;         ///< int8 results: first shift
  int32_t shift = 0;        ///< int8 results: second shift
  bool weights_i4 = false;  ///< kI8: B in four bits, -8 to 7, unpacked by the cores
};

/// How it is laid on the array.
struct MatmulTiling {
  MatmulShape tile{};  ///< a row of the catalogue has this shape
  int rows = 4;        ///< of cores
  int columns = 4;
};

/// Sizes that follow.
struct MatmulLayout {
  int64_t m = 0;  ///< padded to whole blocks of rows * tile.m
  int64_t k = 0;  ///< to whole tiles
  int64_t n = 0;  ///< to whole blocks of columns * tile.n
  int64_t row_blocks = 0;
  int64_t column_blocks = 0;
  int64_t depth = 0;         ///< tiles along K
  int64_t panel_tiles = 0;   ///< objects of B for one tile of C: depth, and one for the epilogue
  int64_t packed_bytes = 0;  ///< of B, all columns
  int rows_per_column = 0;   ///< of cores, that one interface tile feeds with A
  int slice_rows = 0;        ///< of C, that a core sends at once
  bool dealt = false;        ///< slices go to the rows of cores in turn; else each row has its m rows of C together
};

/// Bytes of one tile of B as it travels.
int64_t panel_bytes(const MatmulProblem& problem, const MatmulShape& tile);

/// Errors: kUnsupported with the reason: no kernel of that tile, rows and columns that do not fit together, too many
/// blocks for one transfer.
Result<MatmulLayout> matmul_layout(const MatmulProblem& problem, const MatmulTiling& tiling);

/// Arguments of the Program: "a" and "b" packed by the functions below, "c" (m, n) rows; sizes of the layout.
/// Errors: those of matmul_layout.
Result<Program> plan_matmul(const MatmulProblem& problem, const MatmulTiling& tiling, const std::string& device);

/// B (problem.k, problem.n), row-major, as the Program wants it: per column of cores and block of columns the tiles
/// along K, each in blocks of the native product, then one object that begins with the epilogue's parameters for these
/// n columns. `parameters(first, count)`: their bytes, for `count` columns from `first` on (padding columns: zeros).
/// With weights_i4, B comes as int8 within -8 to 7. Errors: kInvalidArgument: sizes, weights; those of matmul_layout.
Result<std::vector<std::byte>> pack_matmul_b(const MatmulProblem& problem, const MatmulTiling& tiling,
                                             std::span<const std::byte> b, std::span<const std::byte> parameters);

/// A (problem.m, problem.k), row-major, as the Program wants it: panels of tile.k columns, (k / tile.k, m, tile.k), the
/// rest zeros. Errors: kInvalidArgument: the size of `a`; those of matmul_layout.
Result<std::vector<std::byte>> pack_matmul_a(const MatmulProblem& problem, const MatmulTiling& tiling,
                                             std::span<const std::byte> a);

}  // namespace skald::npu::plan
