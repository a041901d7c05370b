// What the encoder's program does with rows in panels.

#include <algorithm>
#include <cmath>

#include "npu/kernels/definitions_for_tests.h"
#include "npu/kernels/layout.h"

namespace skald::npu::testing {
namespace {

constexpr int kPanelWidth = 128;

std::string check_add(const Case& the) {
  for (std::int64_t i = 0; i < the.row.arguments[1].extent; ++i) {
    const double sum = the.in(1, i) + the.in(0, the.number("half") * 1024 + i);
    if (std::string text = compare(the, 1, i, sum, std::ldexp(std::abs(sum), -8)); !text.empty()) return text;
  }
  return {};
}

std::string check_sums(const Case& the) {
  const std::int64_t first = the.number("strip") * the.row.arguments[1].extent;
  for (std::int64_t i = 0; i < the.row.arguments[1].extent; ++i) {
    if (std::string text = compare(the, 1, i, the.in(0, first + i), 0); !text.empty()) return text;
  }
  return {};
}

double expected_dequantised(const Case& the, int row, int column) {
  const std::byte* group = the.before[1].data() + column / 8 * 64;
  std::int32_t bias = 0;
  std::int16_t factor = 0;
  std::memcpy(&bias, group + column % 8 * 4, sizeof bias);
  std::memcpy(&factor, group + 32 + column % 8 * 2, sizeof factor);
  const auto c = static_cast<std::int64_t>(the.in(0, block_index({4, 8}, kPanelWidth, row, column)));
  return std::ldexp(static_cast<double>(rounded(c + bias, the.number("down"), 16) * factor), -the.number("shift"));
}

std::string check_take_panels(const Case& the) {
  const std::int64_t first = the.number("index") * 2048;
  for (std::int64_t i = 0; i < the.row.arguments[1].extent; ++i) {
    const bool taken = i >= first && i < first + 2048;
    if (std::string text = compare(the, 1, i, taken ? the.in(0, i - first) : the.in(1, i), 0); !text.empty()) {
      return text;
    }
  }
  return {};
}

std::string check_norm(const Case& the) {
  const int strips = the.number("strips");
  const int width = 32 * the.number("panels");
  for (int row = 0; row < 4 * strips; ++row) {
    const auto at = [&](int column) { return panel_index(32, strips, row, column); };
    double mean = 0;
    for (int column = 0; column < width; ++column) mean += the.in(0, at(column)) / width;
    double variance = 1e-5;
    for (int column = 0; column < width; ++column) variance += std::pow(the.in(0, at(column)) - mean, 2) / width;
    for (int column = 0; column < width; ++column) {
      const double exact = (the.in(0, at(column)) - mean) / std::sqrt(variance);
      const double bound = std::ldexp(std::abs(exact), -8) + 4e-4;
      if (std::string text = compare(the, 0, at(column), exact, bound); !text.empty()) return text;
    }
  }
  for (std::int64_t i = 4 * strips * width; i < the.row.arguments[0].extent; ++i) {
    if (std::string text = compare(the, 0, i, the.in(0, i), 0); !text.empty()) return text;
  }
  return {};
}

std::string check_normed(const Case& the) {
  const bool is_i8 = the.row.arguments[2].element == Element::kI8;
  const int strips = the.number("strips");
  const int width = 32 * the.number("panels");
  const std::int64_t first = the.number("index") * the.row.arguments[2].extent;
  std::int64_t seen = 0;
  for (int row = 0; row < 4 * strips; ++row) {
    for (int column = 0; column < width; ++column) {
      const std::int64_t to = panel_index(is_i8 ? 64 : 32, strips, row, column) - first;
      if (to < 0 || to >= the.row.arguments[2].extent) continue;
      ++seen;
      const double exact =
          the.in(0, panel_index(32, strips, row, column)) * the.in(1, column) + the.in(1, width + column);
      const double rounding = std::ldexp(std::abs(exact), -8) + 1e-5;
      const double bound = is_i8 ? rounding + 0.5 + std::ldexp(1.0, -8) : rounding;
      if (std::string text = compare(the, 2, to, is_i8 ? std::clamp(exact, -128.0, 127.0) : exact, bound);
          !text.empty()) {
        return text;
      }
    }
  }
  return seen == the.row.arguments[2].extent ? std::string() : std::string(the.row.symbol) + ": the index is outside";
}

}  // namespace

void prepare_panels(const KernelRow& row, Random& random, Memory& memory) {
  if (row.symbol.starts_with("dequantise")) prepare_requantise(row, random, memory);
  if (row.symbol.starts_with("finish")) prepare_finish(row, random, memory);
}

std::string check_panels(const Case& the) {
  if (the.row.symbol.starts_with("add")) return check_add(the);
  if (the.row.symbol.starts_with("give_sums")) return check_sums(the);
  const bool integers = the.row.symbol.starts_with("dequantise");
  const int first = 16 * the.number("pair") + 8 * the.number("half");
  for (int row = 0; row < 8; ++row) {
    for (int column = 0; column < kPanelWidth; ++column) {
      double exact = 0;
      double bound = 0;
      if (integers) {
        exact = expected_dequantised(the, first + row, column);
        bound = std::ldexp(std::abs(exact), -8);
      } else {
        const double c = the.in(0, block_index({4, 4}, kPanelWidth, first + row, column));
        float bias = 0;
        std::memcpy(&bias, the.before[1].data() + (column / 4 * 16 + column % 4) * 4, sizeof bias);
        exact = c + bias;
        bound = std::ldexp(std::abs(exact), -8) + std::ldexp(std::abs(c) + std::abs(bias), -21);
      }
      if (the.row.symbol.contains("gelu")) {
        exact = gelu(exact);
        bound = 1.13 * bound + std::ldexp(std::abs(exact) + bound, -8) + 4e-4;
      }
      if (std::string text = compare(the, 2, panel_index(32, 2, row, column), exact, bound); !text.empty()) {
        return text;
      }
    }
  }
  return {};
}

std::string check_norm_panels(const Case& the) {
  if (the.row.symbol == "take_panels_2048") return check_take_panels(the);
  return the.row.symbol == "norm_panels" ? check_norm(the) : check_normed(the);
}

}  // namespace skald::npu::testing
