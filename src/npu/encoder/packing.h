#pragma once
// Weights in the order in which resident programs (plan/resident.h) want them: objects of B, as they travel.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/half.h"
#include "base/result.h"
#include "model/checkpoint.h"
#include "npu/encoder/quantise.h"

namespace skald::npu {

inline constexpr int64_t kPanel = 32;  ///< columns of bfloat16

inline void put_bf16(std::byte* at, float value) {
  const uint16_t bits = f32_to_bf16(value);
  std::memcpy(at, &bits, sizeof bits);
}

/// (rows, width) into bfloat16 in panels of `strips`; all that are in `rows`.
void put_rows(std::span<const float> rows, int64_t width, int64_t strips, std::byte* panels);
/// The reverse.
void get_rows(const std::byte* panels, int64_t width, int64_t strips, std::span<float> rows);

/// What a core sees as `wanted` travels in another order (plan/resident.cc, to_stream of b_column).
void put_object(std::span<const std::byte> wanted, std::byte* to);

/// An object of a product's weights: its first row and column, whether it is the epilogue's.
struct WeightObject {
  int64_t k = 0;
  int64_t n = 0;
  bool last = false;
};

/// Calls `fill` with each object of the weights of (m, k) times (k, n), whole tiles, and puts it at `to`.
void for_each_object(int64_t k, int64_t n, int64_t depth, std::byte* to,
                     const std::function<void(std::span<std::byte> object, const WeightObject& what)>& fill);

/// A bfloat16 product of `n` columns, whole tiles, of which linear.n are there. linear.k: the depth, whole objects.
void pack_bf16(const Linear& linear, int64_t n, std::byte* to);

/// gamma, then beta, in units of `unit`.
void pack_norm(std::span<const float> gamma, std::span<const float> beta, double unit, std::byte* to);

/// A tensor as float32. Errors: those of Checkpoint::tensor.
Result<std::vector<float>> values_of(const model::Checkpoint& checkpoint, const std::string& name, const Shape& shape);

/// Products of the names, one after the other; a projection of keys has no bias. Errors: those of Checkpoint::tensor.
Result<Linear> linear_of(const model::Checkpoint& checkpoint, const std::vector<std::string>& names, int64_t n,
                         int64_t k);

}  // namespace skald::npu
