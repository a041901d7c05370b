#include "decode/testing/scripted_decoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace skald::decode::testing {
namespace {

constexpr float kNothing = -std::numeric_limits<float>::infinity();

bool is_set(std::span<const uint64_t> mask, size_t token) {
  return !mask.empty() && ((mask[token / 64] >> (token % 64)) & 1U) != 0;
}

std::unexpected<Error> wrong(const std::string& message) {
  return fail(ErrorCode::kInvalidArgument, "scripted decoder", message);
}

}  // namespace

Result<void> ScriptedAudio::to_host_f32(int, std::span<float>) const {
  return wrong("has no states");
}

ScriptedDecoder::ScriptedDecoder(const text::SpecialTokens& special, int text_ctx, Script script)
    : special_(special),
      text_ctx_(text_ctx),
      script_(std::move(script)),
      logits_(static_cast<size_t>(special.timestamp_begin + text::kTimestamps)) {}

Result<void> ScriptedDecoder::reserve(int slots, int) {
  if (!slots_.empty()) return wrong("slots are open");
  reserved_ = slots;
  return {};
}

Result<model::Slot> ScriptedDecoder::add(Sequence sequence) {
  if (open_slots() >= reserved_) return wrong("no slot is free");
  model::Slot slot = 0;
  while (slots_.contains(slot)) ++slot;
  slots_.emplace(slot, std::move(sequence));
  most_slots_ = std::max(most_slots_, open_slots());
  return slot;
}

Result<model::Slot> ScriptedDecoder::open(const model::EncodedAudio& audio, int window) {
  if (window < 0 || window >= audio.windows()) return wrong("window out of range");
  return add({.window = static_cast<const ScriptedAudio&>(audio).number(window), .tokens = {}});
}

Result<model::Slot> ScriptedDecoder::fork(model::Slot slot) {
  if (!slots_.contains(slot)) return wrong("unknown slot");
  return add(slots_.at(slot));
}

void ScriptedDecoder::close(model::Slot slot) {
  slots_.erase(slot);
}

int ScriptedDecoder::length(model::Slot slot) const {
  return static_cast<int>(slots_.at(slot).tokens.size());
}

Result<void> ScriptedDecoder::step(std::span<const model::StepIn> in, std::span<model::StepOut> out) {
  if (on_step_) on_step_();
  if (steps_++ == fail_at_step_) return wrong("failed as told");
  if (in.size() != out.size()) return wrong("in and out differ");
  for (size_t i = 0; i < in.size(); ++i) {
    if (auto done = step_one(in[i], out[i]); !done) return done;
  }
  return {};
}

Result<void> ScriptedDecoder::step_one(const model::StepIn& in, model::StepOut& out) {
  if (!slots_.contains(in.slot)) return wrong("unknown slot");
  if (in.tokens.empty()) return wrong("no token");
  if (!in.mask.empty() && in.mask.size() != (logits_.size() + 63) / 64) return wrong("mask of the wrong size");
  auto& [window, sequence] = slots_.at(in.slot);
  const size_t before = sequence.size();
  sequence.insert(sequence.end(), in.tokens.begin(), in.tokens.end());
  if (std::cmp_greater(sequence.size(), text_ctx_)) return wrong("sequence longer than the text context");
  ++rows_;
  tokens_ += static_cast<int>(in.tokens.size());
  if (in.no_speech_at >= 0) {
    script_(window, std::span(sequence).first(before + static_cast<size_t>(in.no_speech_at) + 1), logits_);
    model::ClassResult all;
    answer({}, 0, logits_.size(), all);
    out.no_speech_prob = std::exp(logits_[static_cast<size_t>(special_.no_speech)] - all.log_sum_exp);
  }
  script_(window, sequence, logits_);
  if (!in.logits.empty()) std::ranges::copy(logits_, in.logits.begin());
  const auto boundary = static_cast<size_t>(special_.timestamp_begin);
  answer(in.mask, 0, boundary, out.text);
  answer(in.mask, boundary, logits_.size(), out.timestamps);
  return {};
}

/// The best candidates of the ids [begin, end) and their log-sum-exp.
void ScriptedDecoder::answer(std::span<const uint64_t> mask, size_t begin, size_t end,
                             model::ClassResult& result) const {
  std::ranges::fill(result.top, model::Candidate{.token = -1, .logit = kNothing});
  float high = kNothing;
  for (size_t v = begin; v < end; ++v) {
    if (is_set(mask, v)) continue;
    high = std::max(high, logits_[v]);
    if (result.top.empty() || !(logits_[v] > result.top.back().logit)) continue;
    size_t place = result.top.size() - 1;
    for (; place > 0 && logits_[v] > result.top[place - 1].logit; --place) result.top[place] = result.top[place - 1];
    result.top[place] = {.token = static_cast<int32_t>(v), .logit = logits_[v]};
  }
  double sum = 0;
  for (size_t v = begin; v < end; ++v) {
    if (!is_set(mask, v)) sum += static_cast<double>(std::exp(logits_[v] - high));
  }
  result.log_sum_exp = sum > 0 ? static_cast<float>(static_cast<double>(high) + std::log(sum)) : kNothing;
  if (std::isnan(sum)) result.log_sum_exp = std::numeric_limits<float>::quiet_NaN();
}

Result<model::Attention> ScriptedDecoder::align(model::Slot, std::span<const int32_t>, std::span<const model::Head>) {
  return wrong("cannot align");
}

namespace {

constexpr uint64_t kGolden = 0x9E3779B97F4A7C15U;

uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

/// Hash of the sequence. In every fourth window only of its last token, so that the text goes round in circles and
/// compresses well.
uint64_t hash_sequence(int window, std::span<const int32_t> sequence) {
  uint64_t h = mix(static_cast<uint64_t>(window) + 1);
  if (window % 4 == 3) sequence = sequence.last(1);
  for (const int32_t token : sequence) h = mix(h ^ ((static_cast<uint64_t>(token) + 1) * kGolden));
  return h;
}

float power_of_two_power(float x, int squarings) {
  for (int i = 0; i < squarings; ++i) x *= x;
  return x;
}

}  // namespace

Script hash_script(const text::SpecialTokens& special) {
  return [special](int window, std::span<const int32_t> sequence, std::span<float> logits) {
    const uint64_t h = hash_sequence(window, sequence);
    for (size_t v = 0; v < logits.size(); ++v) {
      logits[v] = static_cast<float>(mix(h + v * kGolden) >> 40U) * 0x1p-24F;
    }
    const auto boundary = static_cast<size_t>(special.timestamp_begin);
    float* end_of_text = &logits[static_cast<size_t>(special.end_of_text)];
    float* no_speech = &logits[static_cast<size_t>(special.no_speech)];
    const float end_uniform = *end_of_text;
    const float no_speech_uniform = *no_speech;
    for (size_t v = 0; v < boundary; ++v) logits[v] = 20.0F * power_of_two_power(logits[v], 13);

    int since_start = 0;
    int32_t latest = special.timestamp_begin;
    for (const int32_t token : sequence) {
      since_start = token == special.start_of_transcript ? 1 : since_start + 1;
      if (token >= special.timestamp_begin) latest = token;
    }
    *end_of_text = 16.0F * end_uniform + 0.5F * static_cast<float>(since_start - 12);
    *no_speech = 8.0F + 12.0F * no_speech_uniform;
    const float boost = h % 5 == 0 ? 14.0F : 0.0F;
    for (size_t v = boundary; v < logits.size(); ++v) {
      const auto distance = static_cast<float>(std::abs(static_cast<int>(v) - latest)) * 0x1p-5F;
      logits[v] = (12.0F * power_of_two_power(logits[v], 8) - distance) + boost;
    }
  };
}

}  // namespace skald::decode::testing
