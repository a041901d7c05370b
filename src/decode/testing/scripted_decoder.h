#pragma once
// A model::Decoder for tests: logits come from a function of the token sequence, masks, candidates and sums from the
// plainest code there is. Counts slots, and can fail at a chosen step.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "model/decoder.h"
#include "text/tokenizer.h"

namespace skald::decode::testing {

/// Fills the logits (V) that follow `sequence` in window number `window`.
using Script = std::function<void(int window, std::span<const int32_t> sequence, std::span<float> logits)>;

/// Audio that is nothing but a list of window numbers.
class ScriptedAudio final : public model::EncodedAudio {
 public:
  explicit ScriptedAudio(std::vector<int> numbers) : numbers_(std::move(numbers)) {}
  int number(int window) const { return numbers_.at(static_cast<size_t>(window)); }
  int windows() const override { return static_cast<int>(numbers_.size()); }
  int positions() const override { return 1500; }
  int width() const override { return 1; }
  const float* host_f32(int) const override { return nullptr; }
  Result<void> to_host_f32(int, std::span<float>) const override;

 private:
  std::vector<int> numbers_;
};

class ScriptedDecoder final : public model::Decoder {
 public:
  ScriptedDecoder(const text::SpecialTokens& special, int text_ctx, Script script);

  Result<void> reserve(int slots, int windows) override;
  Result<model::Slot> open(const model::EncodedAudio& audio, int window) override;
  Result<model::Slot> fork(model::Slot slot) override;
  void close(model::Slot slot) override;
  int length(model::Slot slot) const override;
  Result<void> step(std::span<const model::StepIn> in, std::span<model::StepOut> out) override;
  Result<model::Attention> align(model::Slot slot, std::span<const int32_t> tokens,
                                 std::span<const model::Head> heads) override;
  DeviceReport report() const override { return {}; }

  int open_slots() const { return static_cast<int>(slots_.size()); }
  int most_slots() const { return most_slots_; }
  int steps() const { return steps_; }
  int rows() const { return rows_; }
  int tokens() const { return tokens_; }  ///< stepped in all
  void fail_at_step(int step) { fail_at_step_ = step; }
  /// Called before every step.
  void on_step(std::function<void()> hook) { on_step_ = std::move(hook); }

 private:
  struct Sequence {
    int window = 0;
    std::vector<int32_t> tokens;
  };
  Result<model::Slot> add(Sequence sequence);
  Result<void> step_one(const model::StepIn& in, model::StepOut& out);
  void answer(std::span<const uint64_t> mask, size_t begin, size_t end, model::ClassResult& result) const;

  text::SpecialTokens special_;
  int text_ctx_;
  Script script_;
  std::map<model::Slot, Sequence> slots_;
  std::vector<float> logits_;
  int reserved_ = 0;
  int most_slots_ = 0;
  int steps_ = 0;
  int rows_ = 0;
  int tokens_ = 0;
  int fail_at_step_ = -1;
  std::function<void()> on_step_;
};

/// Logits from a hash of the sequence that look like speech: a few likely text tokens, timestamps near the last one,
/// an end that gets likelier. tools/golden/decoding.py computes the same, bit for bit.
Script hash_script(const text::SpecialTokens& special);

}  // namespace skald::decode::testing
