#include <algorithm>
#include <cstring>
#include <string>

#include "npu/kernels/layout.h"
#include "npu/plan/matmul.h"

namespace skald::npu::plan {
namespace {

/// Bytes of the epilogue's parameters for `columns` columns: groups of eight for int8 (kernels/requantise_i8.cc), of
/// four for bfloat16 (kernels/finish_bf16.cc), 64 bytes each; the last group may be partly used.
int64_t parameter_bytes(const MatmulProblem& problem, int64_t columns) {
  if (problem.finish == Finish::kNone) return 0;
  return problem.type == Element::kI8 ? requantise_parameter_bytes(columns + 7) : finish_bias_bytes(columns + 3);
}

/// Of the native product: layout.h.
BlockOrder order_of_b(Element type) {
  if (type == Element::kI16) return {4, 4};
  return type == Element::kI8 ? BlockOrder{8, 8} : BlockOrder{8, 4};
}

/// Whether all weights are numbers of four bits.
bool fit_four_bits(std::span<const std::byte> weights) {
  return std::ranges::all_of(weights, [](std::byte byte) {
    const auto weight = static_cast<int8_t>(byte);
    return weight >= -8 && weight <= 7;
  });
}

}  // namespace

Result<std::vector<std::byte>> pack_matmul_a(const MatmulProblem& problem, const MatmulTiling& tiling,
                                             std::span<const std::byte> a) {
  SKALD_TRY(const MatmulLayout layout, matmul_layout(problem, tiling));
  const int element = bytes_of(problem.type);
  if (static_cast<int64_t>(a.size()) != problem.m * problem.k * element) {
    return fail(ErrorCode::kInvalidArgument, "pack_matmul_a",
                "got " + std::to_string(a.size()) + " bytes, not " + std::to_string(problem.m * problem.k * element));
  }
  const int64_t panel = tiling.tile.k;
  std::vector<std::byte> packed(static_cast<size_t>(layout.m * layout.k * element));
  for (int64_t depth = 0; depth < layout.depth; ++depth) {
    const int64_t columns = std::min(panel, problem.k - depth * panel);
    for (int64_t row = 0; row < problem.m; ++row) {
      std::memcpy(&packed[static_cast<size_t>((depth * layout.m + row) * panel * element)],
                  &a[static_cast<size_t>((row * problem.k + depth * panel) * element)],
                  static_cast<size_t>(columns * element));
    }
  }
  return packed;
}

Result<std::vector<std::byte>> pack_matmul_b(const MatmulProblem& problem, const MatmulTiling& tiling,
                                             std::span<const std::byte> b, std::span<const std::byte> parameters) {
  SKALD_TRY(const MatmulLayout layout, matmul_layout(problem, tiling));
  const MatmulShape& tile = tiling.tile;
  const int element = bytes_of(problem.type);
  const BlockOrder order = order_of_b(problem.type);
  const int64_t whole_parameters = parameter_bytes(problem, problem.n);
  if (static_cast<int64_t>(b.size()) != problem.k * problem.n * element ||
      static_cast<int64_t>(parameters.size()) != whole_parameters) {
    return fail(ErrorCode::kInvalidArgument, "pack_matmul_b",
                "got " + std::to_string(b.size()) + " bytes of B and " + std::to_string(parameters.size()) +
                    " of parameters, not " + std::to_string(problem.k * problem.n * element) + " and " +
                    std::to_string(whole_parameters));
  }
  if (problem.weights_i4 && !fit_four_bits(b)) {
    return fail(ErrorCode::kInvalidArgument, "pack_matmul_b", "got weights outside of -8 to 7",
                "quantise them to four bits, or leave weights_i4 out");
  }
  std::vector<std::byte> packed(static_cast<size_t>(layout.packed_bytes));
  const int64_t object = panel_bytes(problem, tile);
  std::vector<std::byte> panel(static_cast<size_t>(int64_t{tile.k} * tile.n * element));
  std::byte* to = packed.data();
  for (int column = 0; column < tiling.columns; ++column) {
    for (int64_t block = 0; block < layout.column_blocks; ++block) {
      const int64_t first = (block * tiling.columns + column) * tile.n;
      const int64_t there = std::max<int64_t>(0, std::min<int64_t>(tile.n, problem.n - first));
      for (int64_t depth = 0; depth < layout.depth; ++depth, to += object) {
        std::ranges::fill(panel, std::byte{0});
        for (int64_t k = 0; k < tile.k && depth * tile.k + k < problem.k; ++k) {
          const int64_t row = (depth * tile.k + k) * problem.n;
          for (int64_t n = 0; n < there; ++n) {
            std::memcpy(panel.data() + block_index(order, tile.n, k, n) * element,
                        &b[static_cast<size_t>((row + first + n) * element)], static_cast<size_t>(element));
          }
        }
        if (problem.weights_i4) {
          pack_i4({reinterpret_cast<const int8_t*>(panel.data()), panel.size()}, to);
        } else {
          std::ranges::copy(panel, to);
        }
      }
      if (problem.finish == Finish::kNone) continue;
      if (there > 0) {
        std::memcpy(to, &parameters[static_cast<size_t>(parameter_bytes(problem, first))],
                    static_cast<size_t>(parameter_bytes(problem, there)));
      }
      to += object;
    }
  }
  return packed;
}

}  // namespace skald::npu::plan
