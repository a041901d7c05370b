#pragma once
// Small parts that planners put together.

#include <cstdint>
#include <string>
#include <utility>

#include "npu/kernels/layout.h"
#include "npu/program/program.h"

namespace skald::npu::plan {

/// Transfers of a channel that planners keep under way: one runs, one is queued.
inline constexpr int64_t kUnderWay = 2;

/// `value` in whole `unit`s.
constexpr int64_t whole(int64_t value, int64_t unit) {
  return (value + unit - 1) / unit * unit;
}

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

/// A row-major tile, in blocks of `order`.
Pattern blocks_of_rows(BlockOrder order, int64_t rows, int64_t columns);

/// The reverse: `rows` x `columns` that lie in blocks, row by row.
Pattern rows_of_blocks(BlockOrder order, int64_t rows, int64_t columns);

/// Adds contiguous elements as levels that a transfer can have (1023 words each: the wrap field of an interface tile's
/// descriptor). An extent that is no product of such numbers gives a level that verify refuses (transfer-limits).
void add_contiguous(Pattern& pattern, int64_t elements, int element_bytes);

}  // namespace skald::npu::plan
