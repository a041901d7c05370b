#include "cpu/decoder_stack.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/rounding.h"

namespace skald::cpu {

namespace {

// Rows that share one reading of a window's keys and values: two register tiles of the widest kernel, whose scores over
// 1500 positions (165 KiB) stay in the level-2 cache.
constexpr int kBlockRows = 28;

}  // namespace

HeadType cross_head_type(ComputeType compute) {
  switch (compute) {
    case ComputeType::kFloat32: return HeadType::kFloat32;
    case ComputeType::kBfloat16: return HeadType::kInt16;  // as many bytes, and eight bits more
    case ComputeType::kInt8:
    case ComputeType::kInt4: return HeadType::kInt8;
  }
  return HeadType::kFloat32;
}

DecoderStack::DecoderStack(const model::Dims& dims, DecoderWeights weights, const Context& context)
    : dims_(dims),
      weights_(std::move(weights)),
      ops_(context),
      scratch_size_(
          std::max(static_cast<size_t>(round_up(dims.text_ctx, kPanel)) * sizeof(float),
                   HeadLayout(cross_head_type(context.compute), dims.audio_ctx, dims.text_state / dims.text_heads)
                       .scratch_bytes(kBlockRows))) {
  scratch_ = AlignedBuffer<std::byte>(static_cast<size_t>(ops_.pool().threads()) * scratch_size_);
}

void DecoderStack::reserve_rows(size_t rows) {
  if (rows <= room_) return;
  const auto width = static_cast<size_t>(dims_.text_state);
  x_ = AlignedBuffer<float>(rows * width);
  attended_ = AlignedBuffer<float>(rows * width);
  qkv_ = AlignedBuffer<float>(rows * 3 * width);
  hidden_ = AlignedBuffer<float>(rows * static_cast<size_t>(dims_.text_ffn));
  blocks_.reserve(rows);
  ops_.reserve(rows, dims_.text_state, std::max(dims_.text_state, dims_.text_ffn));
  room_ = rows;
}

void DecoderStack::reserve_window(int positions) {
  grow(window_, 2 * static_cast<size_t>(positions) * static_cast<size_t>(dims_.text_state));
  ops_.reserve(static_cast<size_t>(positions), 0, dims_.audio_state);
}

void DecoderStack::read_window(const float* states, model::Slot slot, KvCache& cache) {
  for (int layer = 0; layer < dims_.text_layers; ++layer) {
    ops_.linear(weights_.blocks[static_cast<size_t>(layer)].cross_kv, {states, dims_.audio_state},
                {window_.data(), 2 * int64_t{dims_.text_state}}, cache.positions(slot));
    ops_.pool().parallel_for(dims_.text_heads, [&](int64_t head, int /*thread*/) {
      cache.pack_head(ops_.kernel(), window_.data(), cache.window(slot), layer, static_cast<int>(head));
    });
  }
}

void DecoderStack::find_blocks(std::span<const TokenRow> rows, const KvCache& cache) {
  blocks_.clear();
  for (size_t i = 0; i < rows.size(); ++i) {
    const int window = cache.window(rows[i].slot);
    if (blocks_.empty() || blocks_.back().window != window || blocks_.back().rows == kBlockRows) {
      blocks_.push_back(
          {.first = static_cast<int>(i), .rows = 0, .window = window, .positions = cache.positions(rows[i].slot)});
    }
    ++blocks_.back().rows;
  }
}

void DecoderStack::embed(std::span<const TokenRow> rows) {
  assert(rows.size() <= room_);
  const int64_t width = dims_.text_state;
  ops_.pool().parallel_for(std::ssize(rows), [&](int64_t i, int /*thread*/) {
    const TokenRow& row = rows[static_cast<size_t>(i)];
    const float* position = weights_.positions.data() + row.position * width;
    float* to = x_.data() + i * width;
    weights_.embedding.row(row.token, to);
    for (int64_t d = 0; d < width; ++d) to[d] += position[d];
  });
}

void DecoderStack::self_attention(std::span<const TokenRow> rows, int layer, KvCache& cache) {
  const DecoderBlock& block = weights_.blocks[static_cast<size_t>(layer)];
  const int64_t width = dims_.text_state;
  const int count = static_cast<int>(rows.size());
  ops_.linear_of_norm(block.attn_ln, block.qkv, x_.data(), {qkv_.data(), 3 * width}, count);
  for (size_t i = 0; i < rows.size(); ++i) {
    cache.write(rows[i].slot, layer, rows[i].position, qkv_.data() + static_cast<int64_t>(i) * 3 * width + width);
  }
  const int64_t heads = dims_.text_heads;
  const int64_t head_width = width / heads;
  // Rows of a window one after the other: those of forks read the same pages, of which a head's part stays in cache.
  ops_.pool().parallel_for(std::ssize(blocks_) * heads, [&](int64_t task, int thread) {
    const RowBlock& together = blocks_[static_cast<size_t>(task / heads)];
    const int64_t head = task % heads;
    const int64_t column = head * head_width;
    const int64_t key = cache.key_offset(layer, head);
    for (int64_t i = together.first; i < together.first + together.rows; ++i) {
      const TokenRow& row = rows[static_cast<size_t>(i)];
      ops_.kernel().attend_f32({.q = qkv_.data() + i * 3 * width + column,
                                .pages = cache.pages(row.slot),
                                .stride = head_width,
                                .key = key,
                                .value = key + cache.value_offset(),
                                .n = row.position + 1,
                                .e = static_cast<int>(head_width),
                                .scale = 1,
                                .scores = reinterpret_cast<float*>(scratch_of(thread)),
                                .out = attended_.data() + i * width + column});
    }
  });
  ops_.linear(block.attn_out, {attended_.data(), width}, {x_.data(), width}, count, Epilogue::kResidual);
}

void DecoderStack::cross_queries(std::span<const TokenRow> rows, int layer) {
  const DecoderBlock& block = weights_.blocks[static_cast<size_t>(layer)];
  const int64_t width = dims_.text_state;
  const int count = static_cast<int>(rows.size());
  ops_.linear_of_norm(block.cross_ln, block.cross_q, x_.data(), {qkv_.data(), width}, count);
}

void DecoderStack::cross_attention(std::span<const TokenRow> rows, int layer, const KvCache& cache) {
  const int64_t width = dims_.text_state;
  const int64_t heads = dims_.text_heads;
  const int64_t head_width = width / heads;
  ops_.pool().parallel_for(std::ssize(blocks_) * heads, [&](int64_t task, int thread) {
    const RowBlock& block = blocks_[static_cast<size_t>(task / heads)];
    const int64_t at = block.first * width + task % heads * head_width;
    cache.head_layout(block.positions)
        .attend(ops_.kernel(), {qkv_.data() + at, width}, block.rows,
                cache.head(block.window, layer, static_cast<int>(task % heads)), {attended_.data() + at, width},
                scratch_of(thread));
  });
  const DecoderBlock& block = weights_.blocks[static_cast<size_t>(layer)];
  ops_.linear(block.cross_out, {attended_.data(), width}, {x_.data(), width}, static_cast<int>(rows.size()),
              Epilogue::kResidual);
}

void DecoderStack::mlp(std::span<const TokenRow> rows, int layer) {
  const DecoderBlock& block = weights_.blocks[static_cast<size_t>(layer)];
  const int64_t width = dims_.text_state;
  const int64_t ffn = dims_.text_ffn;
  const int count = static_cast<int>(rows.size());
  ops_.linear_of_norm(block.mlp_ln, block.fc1, x_.data(), {hidden_.data(), ffn}, count, Epilogue::kGelu);
  ops_.linear(block.fc2, {hidden_.data(), ffn}, {x_.data(), width}, count, Epilogue::kResidual);
}

void DecoderStack::logits(std::span<const int> picked, float* out) {
  const int64_t width = dims_.text_state;
  for (size_t i = 0; i < picked.size(); ++i) {
    std::copy_n(x_.data() + picked[i] * width, width, attended_.data() + static_cast<int64_t>(i) * width);
  }
  const int count = static_cast<int>(picked.size());
  ops_.linear_of_norm(weights_.ln, weights_.embedding, attended_.data(), {out, dims_.vocab}, count);
}

void DecoderStack::head_scores(const float* queries, int rows, const KvCache& cache, model::Slot slot, model::Head head,
                               float* out, int thread) {
  const int window = cache.window(slot);
  const int positions = cache.positions(slot);
  const int64_t width = dims_.text_state;
  const int64_t column = int64_t{head.second} * width / dims_.text_heads;
  const HeadLayout layout = cache.head_layout(positions);
  for (int first = 0; first < rows; first += kBlockRows) {
    layout.scores(ops_.kernel(), {queries + first * width + column, width}, std::min(kBlockRows, rows - first),
                  cache.head(window, head.first, head.second), {out + int64_t{first} * positions, positions},
                  scratch_of(thread));
  }
}

}  // namespace skald::cpu
