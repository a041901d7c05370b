#include "npu/decoder/array_decoder.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include "npu/decoder/decoder_weights.h"
#include "npu/encoder/packing.h"
#include "npu/kernels/layout.h"
#include "npu/plan/resident.h"
#include "npu/spec/device_spec.h"

namespace skald::npu {
namespace {

using plan::kDecoderLogits;
using plan::kDecoderMemory;
using plan::kDecoderRows;
using plan::kDecoderWeights;

constexpr std::chrono::milliseconds kStepPatience{10'000};
const std::string kDeviceName(kNpu1.name);

Artifact artifact_of(Program program) {
  Artifact made{.name = program.name, .arguments = arguments_of(program)};
  made.program = std::make_shared<const Program>(std::move(program));
  return made;
}

/// The columns of a head, (rows, 64), from panels.
std::vector<float> head_rows(const std::byte* panels, int64_t strips, int64_t rows) {
  std::vector<float> out(static_cast<size_t>(rows * plan::kHeadWidth));
  get_rows(panels, plan::kHeadWidth, strips, out);
  return out;
}

}  // namespace

Result<std::unique_ptr<ArrayDecoder>> ArrayDecoder::make(const model::Checkpoint& checkpoint, Device& device,
                                                         int64_t slots, int64_t windows) {
  std::unique_ptr<ArrayDecoder> made(new ArrayDecoder(device, decoder_problem(checkpoint.dims(), slots, windows)));
  SKALD_CHECK(made->reserve(slots, windows));
  SKALD_TRY(const std::vector<std::byte> weights, pack_decoder(made->problem_, made->layout_, checkpoint));
  DeviceBuffer& buffer = made->buffers_[kDecoderWeights];
  SKALD_TRY(buffer, device.allocate(*made->kernel_, kDecoderWeights, weights.size()));
  std::ranges::copy(weights, buffer.bytes().begin());
  SKALD_CHECK(device.sync(buffer, SyncDirection::kToDevice));
  return made;
}

Result<void> ArrayDecoder::reserve(int64_t slots, int64_t windows) {
  plan::DecoderProblem problem = problem_;
  problem.slots = slots;
  problem.windows = windows;
  SKALD_TRY(plan::DecoderLayout layout, plan::decoder_layout(problem));
  const plan::DecoderRows any{.positions = 1, .rows = plan::kRowsOfTurn};
  SKALD_TRY(Program program, plan::plan_decoder_step(problem, layout, {&any, 1}, kDeviceName));
  const Artifact artifact = artifact_of(std::move(program));
  SKALD_TRY(auto kernel, device_.load(artifact));
  std::vector<DeviceBuffer> buffers(artifact.arguments.size());
  for (const plan::DecoderArgument argument : {kDecoderRows, kDecoderMemory, kDecoderLogits}) {
    const auto i = static_cast<size_t>(argument);
    SKALD_TRY(buffers[i], device_.allocate(*kernel, i, artifact.arguments[i].bytes));
  }
  if (!buffers_.empty()) buffers[kDecoderWeights] = std::move(buffers_[kDecoderWeights]);
  problem_ = problem;
  layout_ = std::move(layout);
  kernel_ = std::move(kernel);
  buffers_ = std::move(buffers);
  return {};
}

Result<void> ArrayDecoder::launch(Program program) {
  const Artifact artifact = artifact_of(std::move(program));
  SKALD_TRY(kernel_, device_.load(artifact));
  const auto count = static_cast<std::ptrdiff_t>(artifact.arguments.size());
  SKALD_TRY(const auto run, device_.bind(kernel_, {buffers_.begin(), buffers_.begin() + count}));
  return device_.execute({run}, kStepPatience);
}

Result<void> ArrayDecoder::sync(plan::DecoderArgument argument, int64_t offset, int64_t bytes,
                                SyncDirection direction) const {
  SKALD_TRY(const DeviceBuffer part,
            buffers_[static_cast<size_t>(argument)].part(static_cast<size_t>(offset), static_cast<size_t>(bytes)));
  return device_.sync(part, direction);
}

Result<void> ArrayDecoder::read_window(std::span<const float> states, int64_t window) {
  const int64_t bytes = layout_.audio_rows * problem_.width * 2;
  std::memset(at(kDecoderRows, layout_.states), 0, static_cast<size_t>(bytes));
  put_rows(states, problem_.width, layout_.audio_rows / 4, at(kDecoderRows, layout_.states));
  SKALD_CHECK(sync(kDecoderRows, layout_.states, bytes, SyncDirection::kToDevice));
  SKALD_TRY(Program program, plan::plan_decoder_window(problem_, layout_, window, kDeviceName));
  return launch(std::move(program));
}

Result<void> ArrayDecoder::step(std::span<const plan::DecoderRows> step, std::span<const float> x) {
  SKALD_TRY(Program program, plan::plan_decoder_step(problem_, layout_, step, kDeviceName));
  put_rows(x, problem_.width, layout_.strips, at(kDecoderRows, layout_.x));
  const int64_t bytes = problem_.width / kPanel * layout_.panel_bytes();
  SKALD_CHECK(sync(kDecoderRows, layout_.x, bytes, SyncDirection::kToDevice));
  SKALD_CHECK(launch(std::move(program)));
  const int64_t rows = round_up(std::ssize(x) / problem_.width, plan::kRowsOfTile);
  return sync(kDecoderLogits, 0, rows * layout_.logits.n * 4, SyncDirection::kFromDevice);
}

void ArrayDecoder::logits(int64_t row, std::span<float> out) const {
  constexpr int64_t kBlock = 16;  // numbers of four rows and columns
  const int64_t tiles = layout_.logits.n / plan::kColumnsOfTile;
  const int64_t strip = row % plan::kRowsOfTile / 4;
  for (int64_t column = 0; column < std::ssize(out); ++column) {
    const int64_t tile = row / plan::kRowsOfTile * tiles + column / plan::kColumnsOfTile;
    const int64_t in_tile = (strip * plan::kColumnsOfTile + column % plan::kColumnsOfTile) / 4 * kBlock;
    const int64_t number = tile * plan::kRowsOfTile * plan::kColumnsOfTile + in_tile + row % 4 * 4 + column % 4;
    std::memcpy(&out[static_cast<size_t>(column)], at(kDecoderLogits, 4 * number), sizeof(float));
  }
}

Result<void> ArrayDecoder::copy_cache(int64_t from, int64_t to) {
  const int64_t source = layout_.cache_at(from, 0, 0);
  const int64_t target = layout_.cache_at(to, 0, 0);
  SKALD_CHECK(sync(kDecoderMemory, source, layout_.cache_bytes, SyncDirection::kFromDevice));
  std::memcpy(at(kDecoderMemory, target), at(kDecoderMemory, source), static_cast<size_t>(layout_.cache_bytes));
  return sync(kDecoderMemory, target, layout_.cache_bytes, SyncDirection::kToDevice);
}

Result<void> ArrayDecoder::scores(int64_t window, int64_t layer, int64_t head, int64_t positions, int64_t rows,
                                  std::span<float> out) const {
  const int64_t keys = layout_.cross_at(window, layer, head);
  const int64_t queries =
      layout_.cross_queries + layer * layout_.cross_queries_bytes + 2 * head * layout_.panel_bytes();
  SKALD_CHECK(sync(kDecoderMemory, keys, 2 * layout_.cross_panel(), SyncDirection::kFromDevice));
  SKALD_CHECK(sync(kDecoderMemory, queries, 2 * layout_.panel_bytes(), SyncDirection::kFromDevice));
  const std::vector<float> q = head_rows(at(kDecoderMemory, queries), layout_.strips, rows);
  const std::vector<float> k = head_rows(at(kDecoderMemory, keys), layout_.audio_rows / 4, positions);
  const auto width = static_cast<size_t>(plan::kHeadWidth);
  for (size_t row = 0; row < static_cast<size_t>(rows); ++row) {
    for (size_t position = 0; position < static_cast<size_t>(positions); ++position) {
      float sum = 0;
      for (size_t i = 0; i < width; ++i) sum += q[row * width + i] * k[position * width + i];
      out[row * static_cast<size_t>(positions) + position] = sum / 8;  // sqrt(64)
    }
  }
  return {};
}

}  // namespace skald::npu
