// Attention in int8, in plain integers.

#include <array>
#include <cmath>

#include "npu/kernels/definitions_for_tests.h"
#include "npu/kernels/layout.h"

namespace skald::npu::testing {
namespace {

constexpr int kHeadWidth = 64;

/// Positions of a row, from its symbol's end.
int positions_of(const Case& the) {
  return std::stoi(std::string(the.row.symbol.substr(the.row.symbol.size() - 2)));
}

/// Element (position, dimension) of array 0, 1 or 2 of Q, K, V.
std::int64_t packed(const Case& the, int array, int position, int dimension) {
  return std::int64_t{array} * positions_of(the) * kHeadWidth + block_index({4, 8}, kHeadWidth, position, dimension);
}

std::int64_t score_place(int n, int key, int query) {
  return block_index({4, 8}, n, key, query);
}
std::int64_t weight_place(int n, int key, int query) {
  return block_index({8, 8}, n, key, query);
}

std::string check_scores(const Case& the) {
  const int n = positions_of(the);
  for (int key = 0; key < n; ++key) {
    for (int query = 0; query < n; ++query) {
      std::int64_t sum = 0;
      for (int d = 0; d < kHeadWidth; ++d) {
        sum += static_cast<std::int64_t>(the.in(0, packed(the, 1, key, d)) * the.in(0, packed(the, 0, query, d)));
      }
      const auto expected = static_cast<double>(rounded(sum, 6, 16));
      if (std::string text = compare(the, 1, score_place(n, key, query), expected, 0); !text.empty()) return text;
    }
  }
  return {};
}

std::string check_i8_weights(const Case& the) {
  const int n = positions_of(the);
  for (int query = 0; query < n; ++query) {
    double highest = the.in(0, score_place(n, 0, query));
    for (int key = 1; key < n; ++key) highest = std::max(highest, the.in(0, score_place(n, key, query)));
    double sum = 0;
    for (int key = 0; key < n; ++key) {
      const auto below = static_cast<std::int64_t>(highest - the.in(0, score_place(n, key, query)));
      const std::int64_t index =
          std::min<std::int64_t>(rounded(below * the.number("factor"), the.number("shift"), 16), 255);
      const double weight = index == 255 ? 0.0 : std::round(127 * std::exp2(-static_cast<double>(index) / 32));
      if (std::string text = compare(the, 3, weight_place(n, key, query), weight, 0); !text.empty()) return text;
      sum += weight;
    }
    for (int row = 0; row < 4; ++row) {
      const std::int64_t at = query / 8 * 32 + row * 8 + query % 8;
      if (std::string text = compare(the, 4, at, sum, 0); !text.empty()) return text;
    }
  }
  return {};
}

std::string check_shares(const Case& the) {
  for (int query = 0; query < positions_of(the); ++query) {
    const auto sum = static_cast<std::int64_t>(the.in(0, query / 8 * 32 + query % 8));
    const std::int64_t share = (1 << 21) / sum;
    if (std::string text = compare(the, 1, query, static_cast<double>(share), 0); !text.empty()) return text;
  }
  return {};
}

std::string check_outputs(const Case& the) {
  const int n = positions_of(the);
  for (int query = 0; query < n; ++query) {
    for (int d = 0; d < kHeadWidth; ++d) {
      std::int64_t sum = 0;
      for (int key = 0; key < n; ++key) {
        sum += static_cast<std::int64_t>(the.in(0, packed(the, 2, key, d)) * the.in(1, weight_place(n, key, query)));
      }
      const auto share = static_cast<std::int64_t>(the.in(2, query));
      const auto expected = static_cast<double>(rounded(rounded(sum, 5, 16) * share, 16, 8));
      if (std::string text = compare(the, 3, block_index({4, 8}, kHeadWidth, query, d), expected, 0); !text.empty()) {
        return text;
      }
    }
  }
  return {};
}

}  // namespace

std::string check_attention_i8(const Case& the) {
  if (the.row.symbol.contains("scores")) return check_scores(the);
  if (the.row.symbol.contains("weights")) return check_i8_weights(the);
  return the.row.symbol.contains("shares") ? check_shares(the) : check_outputs(the);
}

/// Scores are some thousands apart, weights 0 to 127, sums those of at least one weight of 127.
void prepare_attention_i8(const KernelRow& row, Random& random, Memory& memory) {
  for (std::size_t i = 0; i < row.arguments.size(); ++i) {
    const KernelArgument& argument = row.arguments[i];
    if (!argument.table.empty()) {
      const auto contents = find_table(argument.table)->contents();
      memory[i].assign(contents.begin(), contents.end());
    }
    for (std::int64_t at = 0; at < argument.extent; ++at) {
      if (argument.name == "h") put(memory[i], at, static_cast<std::int16_t>(random.between(-1000, 1000)));
      if (argument.name == "w") put(memory[i], at, static_cast<std::int8_t>(random.between(0, 127)));
      if (argument.name == "sums") put(memory[i], at, random.between(127, 8128));
      if (argument.name == "shares") put(memory[i], at, random.between(258, 516));
    }
  }
}

}  // namespace skald::npu::testing
