// The best of many numbers, by sorting. Exact: values are moved, and a total is one float32 addition of the array.

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "npu/aie_host/rows/rows.h"
#include "npu/kernels/definitions_for_tests.h"

namespace skald::npu::testing {
namespace {

constexpr std::int64_t kRanks = 8;

std::int64_t word(const Memory& memory, std::size_t argument, std::int64_t index) {
  std::int32_t value = 0;
  std::memcpy(&value, memory[argument].data() + index * 4, 4);
  return value;
}

std::int64_t bits_of(double value) {
  return std::bit_cast<std::int32_t>(static_cast<float>(value));
}

/// Places of the best, best first, the lower place first where values are equal; no infinitely low ones.
std::vector<std::size_t> best_places(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::erase_if(order, [&](std::size_t i) { return values[i] == -std::numeric_limits<double>::infinity(); });
  std::ranges::sort(
      order, [&](std::size_t a, std::size_t b) { return values[a] != values[b] ? values[a] > values[b] : a < b; });
  if (order.size() > kRanks) order.resize(kRanks);
  return order;
}

std::string same(const Case& the, std::int64_t index, std::int64_t wanted) {
  const std::size_t out = the.row.arguments.size() - 1;
  const std::int64_t found = word(the.after, out, index);
  if (found == wanted) return {};
  return std::string(the.row.symbol) + ": word " + std::to_string(index) + " is " + std::to_string(found) +
         ", expected " + std::to_string(wanted);
}

std::string check_list(const Case& the) {
  std::vector<double> values(static_cast<std::size_t>(the.row.arguments[0].extent));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = the.in(0, static_cast<std::int64_t>(i));
  const std::vector<std::size_t> best = best_places(values);
  std::string wrong;
  for (std::size_t rank = 0; rank < kRanks && wrong.empty(); ++rank) {
    const bool there = rank < best.size();
    const auto at = static_cast<std::int64_t>(rank);
    wrong = same(the, at, there ? static_cast<std::int64_t>(best[rank]) : -1);
    if (wrong.empty()) wrong = same(the, at + kRanks, bits_of(there ? values[best[rank]] : -HUGE_VAL));
  }
  return wrong;
}

std::string check_step(const Case& the) {
  const std::int64_t lists = the.row.arguments[2].extent / kRanks;
  std::vector<double> totals;
  for (std::int64_t i = 0; i < lists * kRanks; ++i) {
    const auto raised = static_cast<std::uint32_t>(word(the.before, 1, i));
    const auto value = static_cast<std::uint32_t>(word(the.before, 0, i / kRanks * 2 * kRanks + kRanks + i % kRanks));
    totals.push_back(std::bit_cast<float>(aie::host::add_accumulators(raised, value)));
  }
  const std::vector<std::size_t> best = best_places(totals);
  std::string wrong;
  for (std::int64_t rank = 0; rank < kRanks && wrong.empty(); ++rank) {
    const bool there = rank < std::ssize(best);
    const auto at = there ? static_cast<std::int64_t>(best[static_cast<std::size_t>(rank)]) : 0;
    const std::int64_t list = at / kRanks;
    const std::int64_t token =
        word(the.before, 0, list * 2 * kRanks + at % kRanks) + word(the.before, 1, lists * kRanks + list);
    wrong = same(the, rank, there ? token : -1);
    if (wrong.empty()) wrong = same(the, kRanks + rank, there ? word(the.before, 1, lists * (kRanks + 1) + list) : -1);
    const double total = there ? totals[static_cast<std::size_t>(at)] : -HUGE_VAL;
    if (wrong.empty()) wrong = same(the, 2 * kRanks + rank, bits_of(total));
    if (wrong.empty()) wrong = same(the, 3 * kRanks + rank, 0);
  }
  return wrong;
}

/// Few different values, so many are equal; most of them infinitely low where there are to be too few.
float drawn(Random& random, bool scarce) {
  const bool low = scarce && random.between(0, 1999) != 0;
  return low ? -std::numeric_limits<float>::infinity() : static_cast<float>(random.between(-40, 40)) / 4;
}

}  // namespace

std::string check_topk(const Case& the) {
  return the.row.symbol.starts_with("topk") ? check_list(the) : check_step(the);
}

void prepare_topk(const KernelRow& row, Random& random, Memory& memory) {
  const bool scarce = random.between(0, 2) == 0;
  if (row.symbol.starts_with("topk")) {
    for (std::int64_t i = 0; i < row.arguments[0].extent; ++i) {
      const float value = drawn(random, scarce);
      if (row.arguments[0].element == Element::kBf16) {
        put(memory[0], i, to_bf16(value));
      } else {
        put(memory[0], i, value);
      }
    }
    return;
  }
  const std::int64_t lists = row.arguments[2].extent / kRanks;
  for (std::int64_t list = 0; list < lists; ++list) {
    const std::int64_t beam = list / 13;
    for (std::int64_t i = 0; i < kRanks; ++i) {
      put(memory[0], list * 2 * kRanks + i, random.between(0, 4095));
      put(memory[0], list * 2 * kRanks + kRanks + i, drawn(random, scarce));
      put(memory[1], list * kRanks + i, static_cast<float>(beam) / 4 - 20);
    }
    put(memory[1], lists * kRanks + list, static_cast<std::int32_t>(list % 13 * 4096));
    put(memory[1], lists * (kRanks + 1) + list, static_cast<std::int32_t>(beam));
  }
}

}  // namespace skald::npu::testing
