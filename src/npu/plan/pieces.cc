#include "npu/plan/pieces.h"

#include "npu/spec/device_spec.h"

namespace skald::npu::plan {

int add_fifo(Program& program, Fifo fifo) {
  program.fifos.push_back(std::move(fifo));
  return static_cast<int>(program.fifos.size()) - 1;
}

int add_buffer(Program& program, const std::string& name, Tile core, Block block, const std::string& table) {
  const int row = core.row - core_at(core.column, 0).row;
  program.buffers.push_back({.name = name + "_" + std::to_string(core.column) + "_" + std::to_string(row),
                             .tile = core,
                             .block = std::move(block),
                             .table = table});
  return static_cast<int>(program.buffers.size()) - 1;
}

void wait_for(Program& program, std::span<const int> fifos) {
  for (const int fifo : fifos) program.sequence.emplace_back(Wait{.fifo = fifo});
}

Pattern blocks_of_rows(BlockOrder order, int64_t rows, int64_t columns) {
  return {{rows / order.rows, order.rows * columns},
          {columns / order.columns, order.columns},
          {order.rows, columns},
          {order.columns, 1}};
}

Pattern rows_of_blocks(BlockOrder order, int64_t rows, int64_t columns) {
  const int64_t block = int64_t{order.rows} * order.columns;
  return {{rows / order.rows, order.rows * columns},
          {order.rows, order.columns},
          {columns / order.columns, block},
          {order.columns, 1}};
}

void add_contiguous(Pattern& pattern, int64_t elements, int element_bytes) {
  const int64_t most = kNpu1.tools.memcpy_size * kStreamWordBytes / element_bytes;
  int64_t inner = elements;
  for (int64_t parts = 1; inner > most && parts <= kNpu1.tools.memcpy_size; ++parts) {
    if (elements % parts == 0 && elements / parts * element_bytes % kStreamWordBytes == 0) inner = elements / parts;
  }
  if (inner != elements) pattern.push_back({elements / inner, inner});
  pattern.push_back({inner, 1});
}

}  // namespace skald::npu::plan
