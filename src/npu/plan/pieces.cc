#include "npu/plan/pieces.h"

#include "npu/spec/device_spec.h"

namespace skald::npu::plan {

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
