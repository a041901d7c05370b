#include "npu/plan/mel.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "audio/log_mel.h"
#include "base/half.h"
#include "npu/kernels/catalogue.h"
#include "npu/plan/pieces.h"

namespace skald::npu::plan {
namespace {

using Kind = StreamedOperand::Kind;

constexpr int64_t kObjectFrames = 16;          // of an object
constexpr size_t kEdge = audio::kFftSize / 2;  // samples of a frame before its centre
constexpr double kOne = 1 << 14;               // of the kernel's numbers
constexpr float kClamp = 2;                    // 8 decades, scaled

int64_t objects_of(const MelProblem& problem) {
  return ceil_div(problem.frames, kObjectFrames);
}

/// Buffers for what lies in the core: tables and scratch, all pointers but the first and the last.
Streamed streamed_of(const MelProblem& problem, const KernelRow& row) {
  const KernelArgument& in = row.arguments.front();
  const KernelArgument& out = row.arguments.back();
  Streamed streamed{.name = "mel_" + std::string(to_string(problem.type)) + "_" + std::to_string(problem.frames) + "x" +
                            std::to_string(problem.bands),
                    .input = {in.element, {in.extent}},
                    .output = {out.element, {out.extent}},
                    .input_step = kObjectFrames * audio::kHop,
                    .output_order = rows_of_blocks(block_order(out.layout), kObjectFrames, problem.bands),
                    .objects = objects_of(problem)};
  StreamedCall call{.kernel = std::string(row.symbol), .operands = {{Kind::kInput}}};
  for (const KernelArgument& one : row.arguments.subspan(1, row.arguments.size() - 2)) {
    call.operands.push_back({Kind::kBuffer, static_cast<int32_t>(streamed.buffers.size())});
    streamed.buffers.push_back(
        {.name = std::string(one.name), .block = {one.element, {one.extent}}, .table = std::string(one.table)});
  }
  call.operands.push_back({Kind::kOutput});
  call.operands.push_back({Kind::kNumber, static_cast<int32_t>(std::lround(problem.floor * kOne))});
  if (problem.type == Element::kI8) {
    call.operands.push_back({Kind::kNumber, problem.scale});
    call.operands.push_back({Kind::kNumber, 14});
  }
  streamed.calls.push_back(std::move(call));
  return streamed;
}

}  // namespace

Result<Program> plan_mel(const MelProblem& problem, const Spread& spread, const std::string& device) {
  const std::string kernel = "mel_" + std::string(to_string(problem.type)) + "_" + std::to_string(problem.bands);
  const KernelRow* row = find_kernel(kernel);
  if (row == nullptr) {
    return fail(ErrorCode::kUnsupported, "mel", "there is no kernel " + kernel,
                "use 80 or 128 bands, as bfloat16 or int8");
  }
  return plan_streamed(streamed_of(problem, *row), spread, device);
}

std::vector<int16_t> pack_mel_samples(const MelProblem& problem, const Spread& spread,
                                      std::span<const int16_t> recording) {
  const KernelRow* row = find_kernel("mel_bf16_80");
  const int64_t objects = streamed_objects({.objects = objects_of(problem)}, spread);
  std::vector<int16_t> samples(
      static_cast<size_t>((objects - 1) * kObjectFrames * audio::kHop + row->arguments.front().extent));
  for (size_t i = 1; i <= kEdge && i < recording.size(); ++i) samples[kEdge - i] = recording[i];
  const auto there = std::min(recording.size(), samples.size() - kEdge);
  std::ranges::copy(recording.first(there), samples.begin() + kEdge);
  return samples;
}

Result<std::vector<float>> finish_mel(const MelProblem& problem, std::span<const std::byte> y) {
  const auto count = static_cast<size_t>(problem.frames * problem.bands);
  if (y.size() < count * static_cast<size_t>(bytes_of(problem.type))) {
    return fail(ErrorCode::kInvalidArgument, "finish_mel",
                "got " + std::to_string(y.size()) + " bytes for " + std::to_string(count) + " numbers");
  }
  std::vector<float> mel(count);
  for (size_t i = 0; i < count; ++i) {
    if (problem.type == Element::kI8) {
      mel[i] = static_cast<float>(static_cast<int8_t>(y[i])) / static_cast<float>(problem.scale);
    } else {
      uint16_t bits = 0;
      std::memcpy(&bits, &y[2 * i], sizeof bits);
      mel[i] = bf16_to_f32(bits);
    }
  }
  if (count > 0) {
    const float least = *std::ranges::max_element(mel) - kClamp;
    for (float& one : mel) one = std::max(one, least);
  }
  return mel;
}

}  // namespace skald::npu::plan
