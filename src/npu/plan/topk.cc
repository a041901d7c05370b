#include "npu/plan/topk.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "npu/kernels/catalogue.h"
#include "npu/plan/pieces.h"

namespace skald::npu::plan {
namespace {

using Kind = StreamedOperand::Kind;

constexpr int64_t kLogits = 4096;  // of an object
constexpr int64_t kRanks = 8;

}  // namespace

Result<Program> plan_topk(const TopkProblem& problem, const Spread& spread, const std::string& device) {
  const std::string kernel = "topk_" + std::string(to_string(problem.type)) + "_" + std::to_string(kLogits);
  if (find_kernel(kernel) == nullptr) {
    return fail(ErrorCode::kUnsupported, "topk", "there is no kernel " + kernel, "give bfloat16 or float32");
  }
  return plan_streamed({.name = "topk_" + std::string(to_string(problem.type)),
                        .input = {problem.type, {kLogits}},
                        .output = {Element::kI32, {2 * kRanks}},
                        .calls = {{kernel, {{Kind::kInput}, {Kind::kOutput}}}},
                        .objects = problem.rows * problem.lists_of_row()},
                       spread, device);
}

Result<std::vector<std::byte>> pack_logits(const TopkProblem& problem, const Spread& spread,
                                           std::span<const std::byte> logits) {
  const int64_t element = bytes_of(problem.type);
  const int64_t row = problem.logits * element;
  if (std::ssize(logits) != problem.rows * row) {
    return fail(ErrorCode::kInvalidArgument, "pack_logits",
                "got " + std::to_string(logits.size()) + " bytes, not " + std::to_string(problem.rows * row));
  }
  const int64_t objects = streamed_objects({.objects = problem.rows * problem.lists_of_row()}, spread);
  std::vector<std::byte> packed(static_cast<size_t>(objects * kLogits * element));
  const auto lowest = std::bit_cast<uint32_t>(-std::numeric_limits<float>::infinity());
  for (size_t at = 0; at < packed.size(); at += static_cast<size_t>(element)) {
    // The upper half of a float32 is a bfloat16.
    const uint32_t bits = problem.type == Element::kBf16 ? lowest >> 16U : lowest;
    std::memcpy(&packed[at], &bits, static_cast<size_t>(element));
  }
  for (int64_t i = 0; i < problem.rows; ++i) {
    std::ranges::copy(logits.subspan(static_cast<size_t>(i * row), static_cast<size_t>(row)),
                      packed.begin() + i * problem.lists_of_row() * kLogits * element);
  }
  return packed;
}

Result<Program> plan_beam_step(int64_t lists, const std::string& device) {
  const std::string kernel = "beam_step_" + std::to_string(lists);
  if (find_kernel(kernel) == nullptr) {
    return fail(ErrorCode::kUnsupported, "beam step", "there is no kernel " + kernel, "use 16, 80 or 112 lists");
  }
  return plan_streamed({.name = kernel,
                        .input = {Element::kI32, {lists * 2 * kRanks}},
                        .constant = {Element::kI32, {lists * (kRanks + 2)}},
                        .output = {Element::kI32, {4 * kRanks}},
                        .buffers = {{.name = "totals", .block = {Element::kF32, {lists * kRanks}}}},
                        .calls = {{kernel, {{Kind::kInput}, {Kind::kConstant}, {Kind::kBuffer, 0}, {Kind::kOutput}}}},
                        .objects = 1},
                       {.rows = 1, .columns = 1}, device);
}

std::vector<std::byte> pack_beams(const TopkProblem& problem, int64_t lists, std::span<const float> raised) {
  std::vector<int32_t> words(static_cast<size_t>(lists * (kRanks + 2)));
  const int64_t used = std::min(lists, problem.rows * problem.lists_of_row());
  for (int64_t list = 0; list < used; ++list) {
    const int64_t beam = list / problem.lists_of_row();
    const auto value = std::bit_cast<int32_t>(raised[static_cast<size_t>(beam)]);
    std::fill_n(words.begin() + list * kRanks, kRanks, value);
    words[static_cast<size_t>(lists * kRanks + list)] = static_cast<int32_t>(list % problem.lists_of_row() * kLogits);
    words[static_cast<size_t>(lists * (kRanks + 1) + list)] = static_cast<int32_t>(beam);
  }
  std::vector<std::byte> packed(words.size() * sizeof(int32_t));
  std::memcpy(packed.data(), words.data(), packed.size());
  return packed;
}

}  // namespace skald::npu::plan
