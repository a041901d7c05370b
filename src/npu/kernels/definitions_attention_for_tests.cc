// Attention: what lies between its products, in double.

#include <array>
#include <cmath>

#include "npu/kernels/definitions_for_tests.h"
#include "npu/kernels/layout.h"

namespace skald::npu::testing {
namespace {

constexpr int kBlock = 64;
constexpr int kGroups = kBlock / 4;

/// Place of key (or dimension) `row` and query `column` in native results, and of a query in statistics.
std::int64_t place(int row, int column) {
  return block_index({4, 4}, kBlock, row, column);
}
std::int64_t statistic(int query, int row) {
  return query / 4 * 16 + row % 4 * 4 + query % 4;
}

/// A weight's place: bfloat16, in that of the first four of its eight keys.
std::int64_t weight_place(int key, int query) {
  return (key / 8 * 2 * kGroups + query / 4) * 32 + key % 8 * 4 + query % 4;
}
double weight(const std::vector<std::byte>& scores, int key, int query) {
  return element(scores, Element::kBf16, weight_place(key, query));
}

std::string difference(const Case& the, std::string_view what, double found, double expected) {
  return std::string(the.row.symbol) + ": " + std::string(what) + " is " + std::to_string(found) + ", expected " +
         std::to_string(expected);
}

/// Exp2 (functions.h): 2^-8 of rounding and 1.5e-4, and its argument is a sum near 192, which has unit 2^-16; three
/// such sums before it. 2^-62 is as good as 0.
double exp2_bound(double exact) {
  return exact * (std::ldexp(1.0, -8) + 1.5e-4 + 4 * std::log(2.0) * std::ldexp(1.0, -16)) + std::ldexp(1.0, -61);
}

std::string check_begin(const Case& the) {
  for (std::size_t argument = 0; argument < 3; ++argument) {
    for (std::int64_t i = 0; i < the.row.arguments[argument].extent; ++i) {
      if (std::string text = compare(the, argument, i, argument == 0 ? 192.0 + 30000 : 0.0, 0); !text.empty()) {
        return text;
      }
    }
  }
  return {};
}

std::string check_queries(const Case& the) {
  const int first = 16 * the.number("slice");
  for (int query = 0; query < kBlock; ++query) {
    for (int d = 0; d < kBlock; ++d) {
      const std::int64_t at = block_index({8, 4}, kBlock, d, query);
      const bool taken = query >= first && query < first + 16;
      const double expected =
          taken ? the.in(0, block_index({4, 8}, kBlock, query - first, d)) * std::log2(std::exp(1.0)) / 8
                : the.in(1, at);
      // Rounding to bfloat16; the factor's two parts are right to 2^-19.
      const double bound = taken ? std::abs(expected) * (std::ldexp(1.0, -8) + std::ldexp(1.0, -18)) : 0.0;
      if (std::string text = compare(the, 1, at, expected, bound); !text.empty()) return text;
    }
  }
  return {};
}

std::string check_mask(const Case& the) {
  const auto keys = static_cast<int>(the.row.arguments[0].extent / kBlock);
  for (int query = 0; query < kBlock; ++query) {
    for (int key = 0; key < keys; ++key) {
      const int lane = key % 4 - the.number("causal") * (query % 4);
      const int limit =
          the.number("first") + the.number("group_step") * the.number("group") - keys * the.number("block");
      const bool seen = lane <= limit + 4 * the.number("causal") * (query / 4) - key / 4 * 4;
      const std::int64_t at = place(key, query);
      const double expected = seen || query >= the.queries() ? the.in(0, at) : -30000.0;
      if (std::string text = compare(the, 0, at, expected, 0); !text.empty()) return text;
    }
  }
  return {};
}

/// The largest score so far, and what is multiplied by its change.
std::string check_largest(const Case& the, int query, int keys) {
  double highest = the.in(0, place(0, query));
  for (int key = 1; key < keys; ++key) highest = std::max(highest, the.in(0, place(key, query)));
  for (int row = 0; row < 4; ++row) {
    const std::int64_t at = statistic(query, row);
    const double before = the.in(1, at);
    const double after = std::min(before, 192 - highest);
    // The adder drops what lies below 23 fraction bits of the larger term.
    const double unit = std::ldexp(192 + std::abs(highest), -22);
    if (std::string text = compare(the, 1, at, after, unit); !text.empty()) return text;
    const double factor = std::exp2(the.out(1, at) - before);
    if (std::string text = compare(the, 2, at, factor, exp2_bound(factor)); !text.empty()) return text;
  }
  return {};
}

std::string check_weights(const Case& the) {
  const auto keys = static_cast<int>(the.row.arguments[0].extent / kBlock);
  for (int query = 0; query < kBlock; ++query) {
    if (query >= the.queries()) {
      for (const std::size_t argument : {std::size_t{1}, std::size_t{3}}) {
        const std::int64_t at = statistic(query, 0);
        if (std::string text = compare(the, argument, at, the.in(argument, at), 0); !text.empty()) return text;
      }
      continue;
    }
    if (std::string text = check_largest(the, query, keys); !text.empty()) return text;
    double sum = the.in(3, statistic(query, 0)) * the.out(2, statistic(query, 0));
    for (int key = 0; key < keys; ++key) {
      const double exact = std::exp2(the.in(0, place(key, query)) + the.out(1, statistic(query, key)) - 192);
      const double found = weight(the.after[0], key, query);
      if (std::abs(found - exact) > exp2_bound(exact)) return difference(the, "a weight", found, exact);
      sum += found;
    }
    for (int row = 0; row < 4; ++row) {
      // Two parts of the old sum (2^-17); a product and eight steps of the array, each right to nine times 2^-22.
      const double bound = sum * (std::ldexp(1.0, -17) + 9 * 9 * std::ldexp(1.0, -22));
      if (std::string text = compare(the, 3, statistic(query, row), sum, bound); !text.empty()) return text;
    }
  }
  for (int key = 4; key < keys; key += 8) {  // what no weight was written over
    for (int i = 0; i < 4 * kBlock; ++i) {
      const std::int64_t at = place(key + i / kBlock, i % kBlock);
      if (std::string text = compare(the, 0, at, the.in(0, at), 0); !text.empty()) return text;
    }
  }
  return {};
}

std::string check_values(const Case& the) {
  const auto keys = static_cast<int>(the.row.arguments[0].extent / kBlock);
  for (int query = 0; query < kBlock; ++query) {
    for (int d = 0; d < kBlock; ++d) {
      const std::int64_t at = place(d, query);
      double sum = the.in(3, at) * the.in(2, statistic(query, d));
      double size = std::abs(sum);
      for (int key = 0; key < keys; ++key) {
        const double term = the.in(0, block_index({4, 8}, kBlock, key, d)) * weight(the.before[1], key, query);
        sum += term;
        size += std::abs(term);
      }
      // As of a product (definitions_matmul_for_tests.cc), and two parts of the old output.
      const double bound = size * (8 * 9 * std::ldexp(1.0, -22) + std::ldexp(1.0, -17));
      if (std::string text = compare(the, 3, at, sum, bound); !text.empty()) return text;
    }
  }
  return {};
}

/// Where attention_turn puts dimension `d` of a key's value: bfloat16, in the place of the last four of eight keys.
std::int64_t turned_place(int key, int d) {
  return d / 16 * 1024 + 512 + (d % 16 / 4 * 4 + key / 8) * 32 + d % 4 * 8 + key % 8;
}

std::string check_turn(const Case& the) {
  const auto keys = static_cast<int>(the.row.arguments[0].extent / kBlock);
  for (int d = 0; d < kBlock; ++d) {
    for (int key = 0; key < keys; ++key) {
      const double found = element(the.after[2], Element::kBf16, turned_place(key, d));
      const double exact = the.in(0, block_index({4, 8}, kBlock, key, d));
      if (found != exact) return difference(the, "a value", found, exact);
      if (weight(the.after[2], key, d) != weight(the.before[2], key, d)) return "a weight was written over";
    }
    for (int query = 0; query < kBlock; ++query) {
      const std::int64_t at = place(d, query);
      const bool scaled = query < the.queries();
      const double exact = the.in(3, at) * (scaled ? the.in(1, statistic(query, d)) : 1);
      const double bound = scaled ? std::ldexp(std::abs(exact), -17) : 0;
      if (std::string text = compare(the, 3, at, exact, bound); !text.empty()) return text;
    }
  }
  return {};
}

std::string check_attention_finish(const Case& the) {
  const int first = 16 * the.number("slice");
  for (int query = 0; query < 16; ++query) {
    for (int d = 0; d < kBlock; ++d) {
      const double exact = the.in(0, place(d, first + query)) / the.in(1, statistic(first + query, d));
      // Rounding to bfloat16; the reciprocal 4e-5, its parts and those of the output 2^-17 each.
      const double bound = std::abs(exact) * (std::ldexp(1.0, -8) + 4e-5 + std::ldexp(1.0, -15));
      if (std::string text = compare(the, 2, block_index({4, 4}, kBlock, query, d), exact, bound); !text.empty()) {
        return text;
      }
    }
  }
  return {};
}

std::string check_take(const Case& the) {
  const int first = 32 * the.number("half");
  for (int query = 0; query < kBlock; ++query) {
    for (int d = 0; d < kBlock; ++d) {
      const std::int64_t at = block_index({8, 4}, kBlock, d, query);
      const bool taken = query >= first && query < first + 32;
      const double expected =
          taken ? the.in(0, panel_index(32, 8, query - first, d)) * std::log2(std::exp(1.0)) / 8 : the.in(1, at);
      const double bound = taken ? std::abs(expected) * (std::ldexp(1.0, -8) + std::ldexp(1.0, -18)) : 0.0;
      if (std::string text = compare(the, 1, at, expected, bound); !text.empty()) return text;
    }
  }
  return {};
}

std::string check_give(const Case& the) {
  const bool is_i8 = the.row.arguments[2].element == Element::kI8;
  const int rows = is_i8 ? 32 : 16;
  const int first = rows * the.number(is_i8 ? "half" : "slice");
  for (int query = 0; query < rows; ++query) {
    for (int d = 0; d < kBlock; ++d) {
      double exact = the.in(0, place(d, first + query)) / the.in(1, statistic(first + query, d));
      double bound = std::abs(exact) * (std::ldexp(1.0, -8) + 4e-5 + std::ldexp(1.0, -15));
      if (is_i8) {
        // Rounded down to its unit, then to a whole number.
        const double scale = std::ldexp(the.number("factor"), -the.number("shift"));
        bound = scale * (std::ldexp(bound, the.number("up")) + 1) + 0.5;
        exact = std::clamp(exact * scale * std::ldexp(1.0, the.number("up")), -128.0, 127.0);
      }
      const std::int64_t at = panel_index(is_i8 ? 64 : 32, rows / 4, query, d);
      if (std::string text = compare(the, 2, at, exact, bound); !text.empty()) return text;
    }
  }
  return {};
}

struct Part {
  std::string_view symbol;
  Check check;
};

constexpr auto kParts = std::to_array<Part>({
    {"attention_begin_bf16_64", check_begin},
    {"attention_queries_bf16_64", check_queries},
    {"attention_mask_bf16_64", check_mask},
    {"attention_mask_bf16_32", check_mask},
    {"attention_weights_bf16_64", check_weights},
    {"attention_weights_bf16_32", check_weights},
    {"attention_values_bf16_64", check_values},
    {"attention_turn_bf16_32", check_turn},
    {"attention_take_bf16_64", check_take},
    {"attention_give_bf16_64", check_give},
    {"attention_give_i8_64", check_give},
    {"attention_finish_bf16_64", check_attention_finish},
});

/// One number a query in [low, high], repeated.
void fill_statistic(std::vector<std::byte>& memory, Random& random, float low, float high) {
  for (int query = 0; query < kBlock; ++query) {
    const float value = low + (high - low) * static_cast<float>(random.between(0, 4096)) / 4096.0F;
    for (int row = 0; row < 4; ++row) put(memory, statistic(query, row), value);
  }
}

/// A factor a query in [0, 1], repeated.
void fill_factor(std::vector<std::byte>& memory, Random& random) {
  for (int query = 0; query < kBlock; ++query) {
    const std::uint16_t value = to_bf16(static_cast<float>(random.between(0, 4096)) / 4096.0F);
    for (int row = 0; row < 4; ++row) put(memory, statistic(query, row), value);
  }
}

}  // namespace

std::string check_attention(const Case& the) {
  const auto* part = std::ranges::find_if(kParts, [&](const Part& one) { return one.symbol == the.row.symbol; });
  return part == kParts.end() ? std::string(the.row.symbol) + ": no definition" : part->check(the);
}

/// Scores are within [-2, 2); maxima before them, sums, factors and weights as they can be.
void prepare_attention(const KernelRow& row, Random& random, Memory& memory) {
  constexpr float kMost = 192.0F - 2.0F;
  for (std::size_t i = 0; i < row.arguments.size(); ++i) {
    const KernelArgument& argument = row.arguments[i];
    if (argument.name == "offset")
      fill_statistic(memory[i], random, kMost - 4, row.symbol.contains("weights") ? kMost + 3 : kMost);
    if (argument.name == "sum") fill_statistic(memory[i], random, 1, 200);
    if (argument.name == "factor" && argument.layout == "groups of 4") fill_factor(memory[i], random);
    if (argument.name == "lanes") {
      for (int lane = 0; lane < 32; ++lane) put(memory[i], lane, lane % 16 / 4 - (lane < 16 ? 0 : lane % 4));
    }
    if (argument.name == "scores" && row.symbol.contains("values")) {
      for (int at = 0; at < argument.extent; ++at) {
        put(memory[i], weight_place(at / kBlock, at % kBlock),
            to_bf16(static_cast<float>(random.between(0, 4096)) / 4096.0F));
      }
    }
  }
}

}  // namespace skald::npu::testing
