// The seam's decoder on the CPU: checks, rows from steps, candidates from logits.

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "cpu/cpu_model.h"
#include "cpu/decoder_stack.h"
#include "cpu/kv_cache.h"
#include "model/decoder_checks.h"

namespace skald::cpu {
namespace {

using model::Attention;
using model::EncodedAudio;
using model::Head;
using model::Slot;
using model::StepIn;
using model::StepOut;

using model::bad_decoder_call;
using model::kMaxTop;

constexpr size_t kProbRows = 16;  // rows of logits in memory at once while aligning

// Timestamps start in the middle of a word of the mask: their part is moved to a bitset of its own. 1501 timestamps
// are 24 words; a vocabulary with more of them than this is refused.
using TimestampMask = std::array<uint64_t, model::kMaxTimestamps / 64>;

/// Bits [begin, begin + count) of `mask`.
TimestampMask timestamp_mask(std::span<const uint64_t> mask, int begin, int count) {
  TimestampMask out{};
  for (int i = 0; i < count; ++i) {
    const int bit = begin + i;
    const uint64_t set = (mask[static_cast<size_t>(bit / 64)] >> (static_cast<unsigned>(bit) % 64U)) & 1U;
    out[static_cast<size_t>(i / 64)] |= set << (static_cast<unsigned>(i) % 64U);
  }
  return out;
}

class CpuDecoder final : public model::Decoder {
 public:
  CpuDecoder(const model::Dims& dims, const model::TokenClasses& tokens, DecoderWeights weights, const Context& context)
      : dims_(dims),
        tokens_(tokens),
        ops_(context),
        stack_(dims, std::move(weights), context),
        cache_(dims, cross_head_type(context.compute)) {
    report_ = {.stage = "decoder",
               .device = "cpu",
               .isa = to_string(context.isa),
               .compute_type = to_string(context.compute),
               .threads = context.pool->threads(),
               .weight_bytes = stack_.weight_bytes()};
  }

  Result<void> reserve(int slots, int windows) override;
  Result<Slot> open(const EncodedAudio& audio, int window) override;
  Result<Slot> fork(Slot slot) override;
  void close(Slot slot) override { cache_.close(slot); }
  int length(Slot slot) const override { return cache_.is_open(slot) ? cache_.length(slot) : 0; }
  Result<void> step(std::span<const StepIn> in, std::span<StepOut> out) override;
  Result<Attention> align(Slot slot, std::span<const int32_t> tokens, std::span<const Head> heads) override;
  DeviceReport report() const override { return report_; }

 private:
  void add_rows(Slot slot, std::span<const int32_t> tokens);
  void make_room(size_t rows, size_t logit_rows);
  void answer(const StepIn& in, const float* last, const float* no_speech, StepOut& out) const;
  float choose(const float* logits, const uint64_t* mask, int first, int count, std::span<model::Candidate> top) const;
  void copy_scores(std::span<const Head> heads, int layer, const float* queries, Attention& out);
  void token_probs(std::span<const int32_t> tokens, Attention& out);

  model::Dims dims_;
  model::TokenClasses tokens_;
  Ops ops_;
  DecoderStack stack_;
  KvCache cache_;
  DeviceReport report_;
  // Of the step under way; kept for their memory.
  std::vector<TokenRow> rows_;
  std::vector<const float*> no_speech_logits_;  // of each slot, or null
  std::vector<int> picked_;      // rows whose logits are wanted: the last of each slot, then the no-speech ones
  AlignedBuffer<float> logits_;  // (picked_, V)
  AlignedBuffer<float> states_;  // (S, D) of a window that lies on another device
};

Result<void> CpuDecoder::reserve(int slots, int windows) {
  SKALD_CHECK(model::check_reserve(slots, windows, cache_.any_open()));
  try {
    cache_.resize(slots, windows);
    make_room(static_cast<size_t>(std::max(slots, 16)), static_cast<size_t>(slots) + static_cast<size_t>(windows));
  } catch (const std::bad_alloc&) {
    cache_ = KvCache(dims_, cross_head_type(ops_.compute()));
    return fail(ErrorCode::kOutOfMemory, "decoder",
                "no memory for the keys and values of " + std::to_string(slots) + " hypotheses",
                "use fewer beams or a smaller model");
  }
  return {};
}

void CpuDecoder::make_room(size_t rows, size_t logit_rows) {
  stack_.reserve_rows(std::max(rows, logit_rows));
  rows_.reserve(rows);
  picked_.reserve(logit_rows);
  no_speech_logits_.reserve(logit_rows);
  const size_t wanted = logit_rows * static_cast<size_t>(dims_.vocab);
  grow(logits_, wanted);
}

Result<Slot> CpuDecoder::open(const EncodedAudio& audio, int window) {
  SKALD_CHECK(model::check_window(dims_, audio, window));
  const auto begin = std::chrono::steady_clock::now();
  const float* states = audio.host_f32(window);
  try {
    if (states == nullptr) {
      const auto size = static_cast<size_t>(audio.positions()) * static_cast<size_t>(audio.width());
      grow(states_, size);
      SKALD_CHECK(audio.to_host_f32(window, states_.span().first(size)));
      states = states_.data();
    }
    stack_.reserve_window(audio.positions());
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "decoder", "no memory to read a window", "use a smaller model");
  }
  SKALD_TRY(const Slot slot, cache_.open(audio.positions()));
  stack_.read_window(states, slot, cache_);
  report_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return slot;
}

Result<Slot> CpuDecoder::fork(Slot slot) {
  if (!cache_.is_open(slot))
    return std::unexpected(bad_decoder_call("fork of slot " + std::to_string(slot) + ", which is not open"));
  return cache_.fork(slot);
}

void CpuDecoder::add_rows(Slot slot, std::span<const int32_t> tokens) {
  const int before = cache_.length(slot);
  for (size_t i = 0; i < tokens.size(); ++i) {
    rows_.push_back({.token = tokens[i], .slot = slot, .position = before + static_cast<int>(i)});
  }
  cache_.extend(slot, static_cast<int>(tokens.size()));
}

Result<void> CpuDecoder::step(std::span<const StepIn> in, std::span<StepOut> out) {
  SKALD_CHECK(model::check_step(dims_, cache_, in, out));
  if (in.empty()) return {};
  const auto begin = std::chrono::steady_clock::now();
  size_t row_count = 0;
  for (const StepIn& s : in) row_count += s.tokens.size();
  try {
    make_room(row_count, 2 * in.size());
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "decoder", "no memory for a step of " + std::to_string(row_count) + " tokens");
  }
  rows_.clear();
  picked_.clear();
  for (const StepIn& s : in) {
    add_rows(s.slot, s.tokens);
    picked_.push_back(static_cast<int>(rows_.size()) - 1);
  }
  int first = 0;  // row of the slot's first token
  for (size_t i = 0; i < in.size(); ++i) {
    if (in[i].no_speech_at >= 0) picked_.push_back(first + in[i].no_speech_at);
    first = picked_[i] + 1;
  }
  stack_.forward(rows_, cache_, [](int, const float*) {});
  stack_.logits(picked_, logits_.data());

  const float* no_speech = logits_.data() + in.size() * static_cast<size_t>(dims_.vocab);
  no_speech_logits_.clear();
  for (const StepIn& s : in) {
    no_speech_logits_.push_back(s.no_speech_at >= 0 ? no_speech : nullptr);
    if (s.no_speech_at >= 0) no_speech += dims_.vocab;
  }
  ops_.pool().parallel_for(std::ssize(in), [&](int64_t index, int /*thread*/) {
    const auto i = static_cast<size_t>(index);
    answer(in[i], logits_.data() + i * static_cast<size_t>(dims_.vocab), no_speech_logits_[i], out[i]);
  });
  report_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  ++report_.calls;
  return {};
}

void CpuDecoder::answer(const StepIn& in, const float* last, const float* no_speech, StepOut& out) const {
  const int begin = tokens_.timestamp_begin;
  const int timestamps = dims_.vocab - begin;
  const uint64_t* text_mask = in.mask.empty() ? nullptr : in.mask.data();
  out.text.log_sum_exp = choose(last, text_mask, 0, begin, out.text.top);
  if (in.mask.empty()) {
    out.timestamps.log_sum_exp = choose(last, nullptr, begin, timestamps, out.timestamps.top);
  } else {
    const TimestampMask mask = timestamp_mask(in.mask, begin, timestamps);
    out.timestamps.log_sum_exp = choose(last, mask.data(), begin, timestamps, out.timestamps.top);
  }
  if (!in.logits.empty()) std::copy_n(last, in.logits.size(), in.logits.begin());
  if (no_speech != nullptr) {
    out.no_speech_prob = std::exp(no_speech[tokens_.no_speech] - choose(no_speech, nullptr, 0, dims_.vocab, {}));
  }
}

/// The best of logits [first, first + count) into `top`; returns their log-sum-exp.
float CpuDecoder::choose(const float* logits, const uint64_t* mask, int first, int count,
                         std::span<model::Candidate> top) const {
  std::array<int32_t, kMaxTop> ids{};
  std::array<float, kMaxTop> values{};
  const float sum = ops_.kernel().top_k_f32(logits + first, mask, first, count, static_cast<int>(top.size()),
                                            ids.data(), values.data());
  for (size_t i = 0; i < top.size(); ++i) top[i] = {.token = ids[i], .logit = values[i]};
  return sum;
}

Result<Attention> CpuDecoder::align(Slot slot, std::span<const int32_t> tokens, std::span<const Head> heads) {
  SKALD_CHECK(model::check_tokens(dims_, cache_, slot, tokens, 0));
  SKALD_CHECK(model::check_heads(dims_, heads));
  try {
    make_room(tokens.size(), kProbRows);
    Attention out;
    out.heads = static_cast<int>(heads.size());
    out.tokens = static_cast<int>(tokens.size());
    out.positions = cache_.positions(slot);
    out.scores.resize(heads.size() * tokens.size() * static_cast<size_t>(out.positions));
    out.token_probs.resize(tokens.size());
    const Slot spare = cache_.open_spare(slot);
    rows_.clear();
    add_rows(spare, tokens);
    stack_.forward(rows_, cache_, [&](int layer, const float* queries) { copy_scores(heads, layer, queries, out); });
    token_probs(tokens, out);
    cache_.close(spare);
    return out;
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "decoder", "no memory to align " + std::to_string(tokens.size()) + " tokens");
  }
}

/// Scores of the heads of `layer`: scaled query times key, (L, S) each.
void CpuDecoder::copy_scores(std::span<const Head> heads, int layer, const float* queries, Attention& out) {
  const Slot slot = rows_.front().slot;
  ops_.pool().parallel_for(std::ssize(heads), [&](int64_t h, int thread) {
    const Head& head = heads[static_cast<size_t>(h)];
    if (head.first != layer) return;
    stack_.head_scores(queries, out.tokens, cache_, slot, head, out.scores.data() + h * out.tokens * out.positions,
                       thread);
  });
}

/// Of the tokens that have one; kProbRows rows of logits at a time, because all of them would be large.
void CpuDecoder::token_probs(std::span<const int32_t> tokens, Attention& out) {
  const auto vocab = static_cast<size_t>(dims_.vocab);
  for (size_t i = 1; i < tokens.size();) {
    picked_.clear();
    for (; i < tokens.size() && picked_.size() < kProbRows; ++i) {
      if (tokens[i] < tokens_.end_of_text) picked_.push_back(static_cast<int>(i) - 1);
    }
    stack_.logits(picked_, logits_.data());
    ops_.pool().parallel_for(std::ssize(picked_), [&](int64_t j, int /*thread*/) {
      const float* row = logits_.data() + static_cast<size_t>(j) * vocab;
      const auto at = static_cast<size_t>(picked_[static_cast<size_t>(j)]) + 1;
      out.token_probs[at] = std::exp(row[tokens[at]] - choose(row, nullptr, 0, tokens_.end_of_text, {}));
    });
  }
}

}  // namespace

Result<std::unique_ptr<model::Decoder>> make_decoder(const model::Checkpoint& checkpoint,
                                                     const model::TokenClasses& tokens, int slots, int windows,
                                                     const Context& context) {
  const model::Dims& dims = checkpoint.dims();
  SKALD_CHECK(model::check_classes(dims, tokens));
  try {
    SKALD_TRY(DecoderWeights weights, load_decoder(checkpoint, context));
    auto decoder = std::make_unique<CpuDecoder>(dims, tokens, std::move(weights), context);
    SKALD_CHECK(decoder->reserve(slots, windows));
    return decoder;
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "decoder", "no memory for the weights", "use a smaller model");
  }
}

}  // namespace skald::cpu
