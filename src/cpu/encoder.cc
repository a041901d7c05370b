#include "cpu/encoder.h"

#include <algorithm>
#include <chrono>
#include <new>

#include "base/rounding.h"
#include "cpu/byte_head.h"
#include "cpu/packed_head.h"

namespace skald::cpu {
namespace {

/// Calls body(layout, rows) with the layout of a head and the query rows of one piece of attention, a whole number of
/// register tiles.
template <class Body>
void with_heads(const Ops& ops, int positions, int head_width, const Body& body) {
  switch (ops.compute()) {
    // Scores over 1500 positions (412 KiB; in int16 247 KiB, and the weights) stay in the level-2 cache between the two
    // products.
    case ComputeType::kFloat32: return body(HeadLayout(HeadType::kFloat32, positions, head_width), 70);
    case ComputeType::kBfloat16: return body(HeadLayout(HeadType::kInt16, positions, head_width), 28);
    case ComputeType::kInt8:
    case ComputeType::kInt4: return body(ByteHeadLayout(positions, head_width), ops.kernel().tile_rows);
  }
}

size_t product(int a, int b, int c = 1) {
  return static_cast<size_t>(a) * static_cast<size_t>(b) * static_cast<size_t>(c);
}

std::unexpected<Error> bad_batch(std::string message) {
  return fail(ErrorCode::kInvalidArgument, "encode", std::move(message), "");
}

/// Everything that can be wrong with a call of encode().
Result<void> check(const model::Dims& dims, const model::WindowBatch& batch, const HostAudio* out) {
  if (out == nullptr || out->width() != dims.audio_state) {
    return bad_batch("the output was not made by this encoder");
  }
  if (batch.windows < 1 || batch.windows > out->room()) {
    return bad_batch(std::to_string(batch.windows) + " windows; the output has room for " +
                     std::to_string(out->room()));
  }
  if (batch.frames < 2 || batch.frames % 2 != 0 || batch.frames > 2 * dims.audio_ctx) {
    return bad_batch(std::to_string(batch.frames) + " mel frames; an even number from 2 to " +
                     std::to_string(2 * dims.audio_ctx) + " is possible");
  }
  if (batch.mel.size() != product(batch.windows, batch.frames, dims.mel_bands)) {
    return bad_batch("the mel has " + std::to_string(batch.mel.size()) + " values instead of " +
                     std::to_string(product(batch.windows, batch.frames, dims.mel_bands)));
  }
  return {};
}

}  // namespace

CpuEncoder::CpuEncoder(const model::Dims& dims, EncoderWeights weights, const Context& context)
    : dims_(dims), weights_(std::move(weights)), ops_(context) {
  report_.stage = "encoder";
  report_.device = "cpu";
  report_.isa = to_string(context.isa);
  report_.compute_type = to_string(context.compute);
  report_.threads = context.pool->threads();
  report_.weight_bytes = weights_.bytes;
}

Result<std::unique_ptr<model::EncodedAudio>> CpuEncoder::make_output(int windows) {
  if (windows < 1) return bad_batch("an output for " + std::to_string(windows) + " windows");
  try {
    return std::make_unique<HostAudio>(windows, dims_.audio_ctx, dims_.audio_state);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "encoder",
                "no memory for the states of " + std::to_string(windows) + " windows", "use a smaller batch");
  }
}

void CpuEncoder::allocate(int windows, int frames) {
  const int positions = frames / 2;
  const int rows = windows * positions;
  const int width = dims_.audio_state;
  grow(act_.mel, product(windows, frames + 2, dims_.mel_bands));
  grow(act_.conv, product(windows, frames + 2, width));
  grow(act_.x, product(rows, width));
  grow(act_.attended, product(rows, width));
  grow(act_.wide, product(rows, std::max(3 * width, dims_.audio_ffn)));
  with_heads(ops_, positions, dims_.head_width(), [&](const auto& layout, int most_rows) {
    grow(act_.heads, product(windows, dims_.audio_heads) * layout.bytes());
    grow(act_.scratch, static_cast<size_t>(ops_.pool().threads()) * layout.scratch_bytes(most_rows));
  });
  ops_.reserve(static_cast<size_t>(rows), width, std::max(width, dims_.audio_ffn));
  // The convolutions have three rows side by side.
  ops_.reserve(static_cast<size_t>(frames), 0, 3 * dims_.mel_bands);
  ops_.reserve(static_cast<size_t>(positions), 0, 3 * width);
}

Result<void> CpuEncoder::encode(const model::WindowBatch& batch, model::EncodedAudio& out) {
  const auto start = std::chrono::steady_clock::now();
  auto* const host = dynamic_cast<HostAudio*>(&out);
  SKALD_CHECK(check(dims_, batch, host));
  try {
    allocate(batch.windows, batch.frames);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "encoder", "no memory for a batch of " + std::to_string(batch.windows),
                "use a smaller batch");
  }
  const int positions = batch.frames / 2;
  const int rows = batch.windows * positions;
  convolve(batch);
  for (const EncoderBlock& block : weights_.blocks) {
    self_attention(block, batch.windows, positions);
    mlp(block, rows);
  }
  host->resize(batch.windows, positions);
  ops_.layer_norm(weights_.ln_post, act_.x.data(), host->window(0), rows);
  report_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ++report_.calls;
  return {};
}

/// x = gelu(conv2(gelu(conv1(mel)))) + positions; widths 3, padding 1, strides 1 and 2.
void CpuEncoder::convolve(const model::WindowBatch& batch) {
  const int frames = batch.frames;
  const int bands = dims_.mel_bands;
  const int width = dims_.audio_state;
  const int positions = frames / 2;
  for (int b = 0; b < batch.windows; ++b) {
    float* mel = act_.mel.data() + product(b, frames + 2, bands);
    float* conv = act_.conv.data() + product(b, frames + 2, width);
    float* x = act_.x.data() + product(b, positions, width);
    const size_t mel_size = product(frames, bands);
    std::fill_n(mel, bands, 0.0F);
    std::copy_n(batch.mel.data() + static_cast<size_t>(b) * mel_size, mel_size, mel + bands);
    std::fill_n(mel + bands + mel_size, bands, 0.0F);
    ops_.linear(weights_.conv1, {mel, bands}, {conv + width, width}, frames, Epilogue::kGelu);
    std::fill_n(conv, width, 0.0F);
    std::fill_n(conv + product(frames + 1, width), width, 0.0F);
    ops_.linear(weights_.conv2, {conv, 2 * int64_t{width}}, {x, width}, positions, Epilogue::kGelu);
    ops_.pool().parallel_for(positions, [&](int64_t s, int /*thread*/) {
      const float* position = weights_.positions.data() + s * width;
      float* row = x + s * width;
      for (int i = 0; i < width; ++i) row[i] += position[i];
    });
  }
}

/// x += out(softmax(q k^T) v) of layer_norm(x).
void CpuEncoder::self_attention(const EncoderBlock& block, int windows, int positions) {
  const int width = dims_.audio_state;
  const int rows = windows * positions;
  ops_.linear_of_norm(block.attn_ln, block.qkv, act_.x.data(), {act_.wide.data(), 3 * int64_t{width}}, rows);
  with_heads(ops_, positions, dims_.head_width(),
             [&](const auto& layout, int most_rows) { attend(layout, most_rows, windows, positions); });
  ops_.linear(block.attn_out, {act_.attended.data(), width}, {act_.x.data(), width}, rows, Epilogue::kResidual);
}

/// attended = softmax(q k^T) v of all heads, `most_rows` queries at a time.
template <class Layout>
void CpuEncoder::attend(const Layout& layout, int most_rows, int windows, int positions) {
  const int width = dims_.audio_state;
  const int heads = dims_.audio_heads;
  const int head_width = dims_.head_width();
  const int64_t stride = 3 * int64_t{width};
  const auto head_memory = [&](int64_t head) { return act_.heads.data() + static_cast<size_t>(head) * layout.bytes(); };
  ops_.pool().parallel_for(int64_t{windows} * heads, [&](int64_t i, int /*thread*/) {
    const float* keys = act_.wide.data() + i / heads * positions * stride + width + i % heads * head_width;
    layout.pack(ops_.kernel(), keys, keys + width, stride, head_memory(i));
  });

  const int blocks = ceil_div(positions, most_rows);
  ops_.pool().parallel_for(int64_t{windows} * heads * blocks, [&](int64_t i, int thread) {
    const int64_t head = i / blocks;  // the blocks of a head follow one another: its keys and values stay in cache
    const int first = static_cast<int>(i % blocks) * most_rows;
    const int64_t row = head / heads * positions + first;
    const int64_t column = head % heads * head_width;
    layout.attend(ops_.kernel(), {act_.wide.data() + row * stride + column, stride},
                  std::min(most_rows, positions - first), head_memory(head),
                  {act_.attended.data() + row * width + column, width},
                  act_.scratch.data() + static_cast<size_t>(thread) * layout.scratch_bytes(most_rows));
  });
}

/// x += fc2(gelu(fc1(layer_norm(x)))).
void CpuEncoder::mlp(const EncoderBlock& block, int rows) {
  const int width = dims_.audio_state;
  const int hidden = dims_.audio_ffn;
  ops_.linear_of_norm(block.mlp_ln, block.fc1, act_.x.data(), {act_.wide.data(), hidden}, rows, Epilogue::kGelu);
  ops_.linear(block.fc2, {act_.wide.data(), hidden}, {act_.x.data(), width}, rows, Epilogue::kResidual);
}

Result<void> HostAudio::to_host_f32(int window, std::span<float> out) const {
  if (window < 0 || window >= windows_ || out.size() != product(positions_, width_)) {
    return fail(ErrorCode::kInvalidArgument, "encoded audio", "no such window, or room of another size");
  }
  std::copy_n(host_f32(window), out.size(), out.begin());
  return {};
}

Result<std::unique_ptr<model::Encoder>> make_encoder(const model::Checkpoint& checkpoint, const Context& context) {
  // Fewer bytes of weights pay where rows are few; the encoder's are many.
  Context own = context;
  if (own.compute == ComputeType::kInt4) own.compute = ComputeType::kInt8;
  try {
    SKALD_TRY(auto weights, load_encoder(checkpoint, own));
    return std::make_unique<CpuEncoder>(checkpoint.dims(), std::move(weights), own);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "encoder", "no memory for the weights", "use a smaller model");
  }
}

}  // namespace skald::cpu
