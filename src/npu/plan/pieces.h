#pragma once
// Small parts that planners put together.

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/rounding.h"
#include "npu/kernels/layout.h"
#include "npu/program/program.h"

namespace skald::npu::plan {

/// Transfers of a channel that planners keep under way: one runs, one is queued.
inline constexpr int64_t kUnderWay = 2;

inline Tile interface_of(int column) {
  return {column, 0};
}
inline Tile memory_of(int column) {
  return {column, 1};
}
/// The `row`-th core of a column, from the memory tile on.
inline Tile core_at(int column, int row) {
  return {column, row + 2};
}

inline Operand object(int fifo) {
  return {.kind = Operand::Kind::kObject, .id = fifo};
}
inline Operand buffer(int index) {
  return {.kind = Operand::Kind::kBuffer, .id = index};
}
inline Operand constant(int32_t value) {
  return {.kind = Operand::Kind::kScalar, .scalar = {.value = value}};
}
/// The counter of the loop that is `up` loops out, 0 the innermost.
inline Operand counter(int up = 0) {
  return {.kind = Operand::Kind::kScalar, .scalar = {.kind = Scalar::Kind::kLoopCounter, .value = up}};
}

template <class Action>
Step step(Action action) {
  return {std::move(action)};
}
inline Step call(std::string kernel, std::vector<Operand> operands) {
  return step(Call{.kernel = std::move(kernel), .operands = std::move(operands)});
}
inline Step loop(int64_t count, std::vector<Step> body) {
  return step(Loop{.count = {.value = static_cast<int32_t>(count)}, .body = std::move(body)});
}
/// What a core does again and again, as long as objects come.
inline Step for_ever(std::vector<Step> body) {
  return loop(-1, std::move(body));
}

/// -> the Fifo's index.
int add_fifo(Program& program, Fifo fifo);

/// Memory of one core, named "name_COLUMN_ROW"; `table`: of the catalogue, empty: scratch. -> the buffer's index.
int add_buffer(Program& program, const std::string& name, Tile core, Block block, const std::string& table = {});

/// Waits for the oldest transfer of each.
void wait_for(Program& program, std::span<const int> fifos);

/// A row-major tile, in blocks of `order`.
Pattern blocks_of_rows(BlockOrder order, int64_t rows, int64_t columns);

/// The reverse: `rows` x `columns` that lie in blocks, row by row.
Pattern rows_of_blocks(BlockOrder order, int64_t rows, int64_t columns);

/// Adds contiguous elements as levels that a transfer can have (1023 words each: the wrap field of an interface tile's
/// descriptor). An extent that is no product of such numbers gives a level that verify refuses (transfer-limits).
void add_contiguous(Pattern& pattern, int64_t elements, int element_bytes);

}  // namespace skald::npu::plan
