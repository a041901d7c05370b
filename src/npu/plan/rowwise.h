#pragma once
// Row-wise and element-wise operators for plan/streamed.h: softmax, LayerNorm, GELU, residual add, conversions, and
// chains of them in one launch. A kernel's row in the catalogue says what its arguments are.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "npu/plan/streamed.h"

namespace skald::npu::plan {

/// The operator that calls one kernel for each object: its first argument is the input ("a, b": two parts), another one
/// that it reads the constant, tables lie in the cores. `numbers`: of the kernel.
/// Errors: kUnsupported: no kernel of that name, or one with other arguments; kInvalidArgument: numbers.
Result<Streamed> stream_kernel(const std::string& kernel, int64_t objects, const std::vector<int32_t>& numbers = {});

/// The same for `count` results, in whole objects.
Result<Streamed> stream_elements(const std::string& kernel, int64_t count, const std::vector<int32_t>& numbers = {});

/// One operator after the other on each object, what is between them in the core's memory. They have the same number of
/// objects. Errors: kInvalidArgument: an output is no input of the next one, or several have constants.
Result<Streamed> chain(const std::string& name, const std::vector<Streamed>& links);

/// Whole rows.
struct RowObjects {
  std::string kernel{};
  int64_t rows = 0;   ///< of an object
  int64_t width = 0;  ///< columns that a row has in memory; those beyond the operator's may hold anything finite
};

/// The smallest objects of `family`'s kernels ("softmax_bf16", "layer_norm_bf16") with room for rows of `columns`.
/// Errors: kUnsupported: none has.
Result<RowObjects> row_objects(const std::string& family, int64_t columns);

/// `rows` rows of `columns` numbers by a kernel of the family.
Result<Streamed> stream_rows(const std::string& family, int64_t rows, int64_t columns);

/// Rows of `columns` numbers of `element` bytes, padded with zeros to `width` and to `bytes`.
/// Errors: kInvalidArgument: not whole rows, or no room.
Result<std::vector<std::byte>> pad_rows(std::span<const std::byte> x, int element, int64_t columns, int64_t width,
                                        int64_t bytes);

}  // namespace skald::npu::plan
