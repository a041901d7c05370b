#include "npu/encoder/packing.h"

#include <algorithm>

#include "base/tensor.h"
#include "npu/kernels/layout.h"
#include "npu/plan/resident.h"

namespace skald::npu {

using plan::kColumnsOfTile;
using plan::kObjectOfB;

void put_rows(std::span<const float> rows, int64_t width, int64_t strips, std::byte* panels) {
  for (int64_t i = 0; i < std::ssize(rows); ++i) {
    put_bf16(panels + 2 * panel_index(kPanel, strips, i / width, i % width), rows[static_cast<size_t>(i)]);
  }
}

void get_rows(const std::byte* panels, int64_t width, int64_t strips, std::span<float> rows) {
  for (int64_t i = 0; i < std::ssize(rows); ++i) {
    uint16_t bits = 0;
    std::memcpy(&bits, panels + 2 * panel_index(kPanel, strips, i / width, i % width), sizeof bits);
    rows[static_cast<size_t>(i)] = bf16_to_f32(bits);
  }
}

void put_object(std::span<const std::byte> wanted, std::byte* to) {
  constexpr auto kCell = static_cast<size_t>(plan::kCell);
  for (size_t half = 0; half < 2; ++half) {
    for (size_t strip = 0; strip < 8; ++strip) {
      for (size_t panel = 0; panel < 2; ++panel) {
        std::memcpy(to + ((half * 2 + panel) * 8 + strip) * kCell, &wanted[((half * 8 + strip) * 2 + panel) * kCell],
                    kCell);
      }
    }
  }
}

void for_each_object(int64_t k, int64_t n, int64_t depth, std::byte* to,
                     const std::function<void(std::span<std::byte> object, const WeightObject& what)>& fill) {
  std::vector<std::byte> object(static_cast<size_t>(kObjectOfB));
  for (int64_t column = 0; column < plan::kArray; ++column) {
    for (int64_t block = 0; block < plan::tiles_of(n, column); ++block) {
      for (int64_t from = 0; from <= k; from += depth, to += kObjectOfB) {
        std::ranges::fill(object, std::byte{0});
        fill(object, {.k = from, .n = (block * plan::kArray + column) * kColumnsOfTile, .last = from == k});
        put_object(object, to);
      }
    }
  }
}

void pack_bf16(const Linear& linear, int64_t n, std::byte* to) {
  constexpr int64_t kDepth = plan::depth_of(false);
  for_each_object(linear.k, n, kDepth, to, [&](std::span<std::byte> object, const WeightObject& what) {
    const int64_t there = std::clamp<int64_t>(linear.n - what.n, 0, kColumnsOfTile);
    if (what.last) {
      std::vector<float> bias(static_cast<size_t>(kColumnsOfTile));
      if (there > 0) std::copy_n(linear.bias.begin() + what.n, there, bias.begin());
      pack_finish_bias(bias, object.data());
      return;
    }
    for (int64_t column = 0; column < there; ++column) {
      const float* row = &linear.weights[static_cast<size_t>((what.n + column) * linear.k + what.k)];
      for (int64_t k = 0; k < kDepth; ++k) {
        put_bf16(&object[static_cast<size_t>(2 * block_index({8, 4}, kColumnsOfTile, k, column))], row[k]);
      }
    }
  });
}

void pack_norm(std::span<const float> gamma, std::span<const float> beta, double unit, std::byte* to) {
  std::vector<std::byte> object(static_cast<size_t>(kObjectOfB));
  for (size_t i = 0; i < gamma.size(); ++i) {
    put_bf16(&object[2 * i], static_cast<float>(gamma[i] / unit));
    put_bf16(&object[2 * (gamma.size() + i)], static_cast<float>(beta[i] / unit));
  }
  put_object(object, to);
}

Result<std::vector<float>> values_of(const model::Checkpoint& checkpoint, const std::string& name, const Shape& shape) {
  SKALD_TRY(const TensorView view, checkpoint.tensor(name, shape));
  std::vector<float> values(static_cast<size_t>(view.count()));
  to_f32(view, values);
  return values;
}

Result<Linear> linear_of(const model::Checkpoint& checkpoint, const std::vector<std::string>& names, int64_t n,
                         int64_t k) {
  Linear made{.n = n * std::ssize(names), .k = k};
  for (const std::string& name : names) {
    SKALD_TRY(const std::vector<float> weights, values_of(checkpoint, name + ".weight", {n, k}));
    made.weights.insert(made.weights.end(), weights.begin(), weights.end());
    std::vector<float> bias(static_cast<size_t>(n));
    if (!name.ends_with("attn.key")) {
      SKALD_TRY(bias, values_of(checkpoint, name + ".bias", {n}));
    }
    made.bias.insert(made.bias.end(), bias.begin(), bias.end());
  }
  return made;
}

}  // namespace skald::npu
