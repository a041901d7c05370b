#include "cpu/decoder_stack.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace skald::cpu {

DecoderStack::DecoderStack(const model::Dims& dims, DecoderWeights weights, const Ops& ops)
    : dims_(dims),
      weights_(std::move(weights)),
      ops_(ops),
      scores_(static_cast<size_t>(ops.pool().threads()) *
              static_cast<size_t>(std::max(dims.text_ctx, dims.audio_ctx))) {}

void DecoderStack::reserve_rows(size_t rows) {
  if (rows <= room_) return;
  const auto width = static_cast<size_t>(dims_.text_state);
  x_ = AlignedBuffer<float>(rows * width);
  normed_ = AlignedBuffer<float>(rows * width);
  qkv_ = AlignedBuffer<float>(rows * 3 * width);
  hidden_ = AlignedBuffer<float>(rows * static_cast<size_t>(dims_.text_ffn));
  room_ = rows;
}

void DecoderStack::read_window(const float* states, int positions, model::Slot slot, KvCache& cache) const {
  for (int layer = 0; layer < dims_.text_layers; ++layer) {
    ops_.linear(weights_.blocks[static_cast<size_t>(layer)].cross_kv, {states, dims_.audio_state},
                {cache.window_rows(slot, layer), cache.stride()}, positions);
  }
}

void DecoderStack::embed(std::span<const TokenRow> rows) {
  assert(rows.size() <= room_);
  const int64_t width = dims_.text_state;
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t token = rows[i].token;
    // Column `token` of the packed embedding: panel, then one element in every kPanel.
    const float* from = weights_.embedding.w.data() + token / kPanel * kPanel * width + token % kPanel;
    const float* position = weights_.positions.data() + rows[i].position * width;
    float* to = x_.data() + static_cast<int64_t>(i) * width;
    for (int64_t d = 0; d < width; ++d) to[d] = from[d * kPanel] + position[d];
  }
}

void DecoderStack::self_attention(std::span<const TokenRow> rows, int layer, KvCache& cache) {
  const DecoderBlock& block = weights_.blocks[static_cast<size_t>(layer)];
  const int64_t width = dims_.text_state;
  const int count = static_cast<int>(rows.size());
  ops_.layer_norm(block.attn_ln, x_.data(), normed_.data(), count);
  ops_.linear(block.qkv, {normed_.data(), width}, {qkv_.data(), 3 * width}, count, Epilogue::kNone);
  for (size_t i = 0; i < rows.size(); ++i) {
    const float* key_value = qkv_.data() + static_cast<int64_t>(i) * 3 * width + width;
    std::copy_n(key_value, 2 * width, cache.slot_rows(rows[i].slot, layer) + rows[i].position * cache.stride());
  }
  attend(rows, {.queries = qkv_.data(), .query_stride = 3 * width, .layer = layer, .cross = false}, cache);
  ops_.linear(block.attn_out, {normed_.data(), width}, {x_.data(), width}, count, Epilogue::kResidual);
}

void DecoderStack::cross_queries(std::span<const TokenRow> rows, int layer) {
  const DecoderBlock& block = weights_.blocks[static_cast<size_t>(layer)];
  const int64_t width = dims_.text_state;
  const int count = static_cast<int>(rows.size());
  ops_.layer_norm(block.cross_ln, x_.data(), normed_.data(), count);
  ops_.linear(block.cross_q, {normed_.data(), width}, {qkv_.data(), width}, count, Epilogue::kNone);
}

void DecoderStack::cross_attention(std::span<const TokenRow> rows, int layer, KvCache& cache) {
  const int64_t width = dims_.text_state;
  attend(rows, {.queries = qkv_.data(), .query_stride = width, .layer = layer, .cross = true}, cache);
  const DecoderBlock& block = weights_.blocks[static_cast<size_t>(layer)];
  ops_.linear(block.cross_out, {normed_.data(), width}, {x_.data(), width}, static_cast<int>(rows.size()),
              Epilogue::kResidual);
}

void DecoderStack::mlp(std::span<const TokenRow> rows, int layer) {
  const DecoderBlock& block = weights_.blocks[static_cast<size_t>(layer)];
  const int64_t width = dims_.text_state;
  const int64_t ffn = dims_.text_ffn;
  const int count = static_cast<int>(rows.size());
  ops_.layer_norm(block.mlp_ln, x_.data(), normed_.data(), count);
  ops_.linear(block.fc1, {normed_.data(), width}, {hidden_.data(), ffn}, count, Epilogue::kGelu);
  ops_.linear(block.fc2, {hidden_.data(), ffn}, {x_.data(), width}, count, Epilogue::kResidual);
}

void DecoderStack::attend(std::span<const TokenRow> rows, const Attend& what, KvCache& cache) {
  const int64_t heads = dims_.text_heads;
  const int64_t width = dims_.text_state;
  const int64_t head_width = width / heads;
  const int64_t score_room = std::max(dims_.text_ctx, dims_.audio_ctx);
  ops_.pool().parallel_for(static_cast<int64_t>(rows.size()) * heads, [&](int64_t task, int thread) {
    const int64_t i = task / heads;
    const int64_t column = task % heads * head_width;
    const TokenRow& row = rows[static_cast<size_t>(i)];
    const float* keys = what.cross ? cache.window_rows(row.slot, what.layer) : cache.slot_rows(row.slot, what.layer);
    ops_.kernel().attend_f32({.q = what.queries + i * what.query_stride + column,
                              .keys = keys + column,
                              .values = keys + width + column,
                              .stride = cache.stride(),
                              .n = what.cross ? cache.positions(row.slot) : row.position + 1,
                              .e = static_cast<int>(head_width),
                              .scale = 1,
                              .scores = scores_.data() + thread * score_room,
                              .out = normed_.data() + i * width + column});
  });
}

void DecoderStack::logits(std::span<const int> picked, float* out) {
  const int64_t width = dims_.text_state;
  for (size_t i = 0; i < picked.size(); ++i) {
    std::copy_n(x_.data() + picked[i] * width, width, normed_.data() + static_cast<int64_t>(i) * width);
  }
  const int count = static_cast<int>(picked.size());
  ops_.layer_norm(weights_.ln, normed_.data(), normed_.data(), count);
  ops_.linear(weights_.embedding, {normed_.data(), width}, {out, dims_.vocab}, count, Epilogue::kNone);
}

}  // namespace skald::cpu
