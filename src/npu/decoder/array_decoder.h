#pragma once
// The decoder's buffers on a device, and its launches: a step of some rows, a window's keys and values. What tokens
// are, and whose rows they are, is npu_decoder.h's.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "model/checkpoint.h"
#include "npu/device/device.h"
#include "npu/plan/decoder.h"

namespace skald::npu {

class ArrayDecoder {
 public:
  /// Packs and sends the weights. `device` outlives it. Errors: those of decoder_layout, pack_decoder and the device.
  static Result<std::unique_ptr<ArrayDecoder>> make(const model::Checkpoint& checkpoint, Device& device, int64_t slots,
                                                    int64_t windows);

  const plan::DecoderLayout& layout() const { return layout_; }

  /// Caches for so many hypotheses and windows; what the ones before held is lost, the weights stay. Keeps all as it
  /// was on error. Errors: those of decoder_layout and the device.
  Result<void> reserve(int64_t slots, int64_t windows);

  /// Keys and values of window `window` from `states` (positions, width). Errors: those of the device.
  Result<void> read_window(std::span<const float> states, int64_t window);

  /// One launch. `x` (rows of all, width): embeddings of tokens and positions. Errors: those of plan_decoder_step and
  /// the device.
  Result<void> step(std::span<const plan::DecoderRows> step, std::span<const float> x);

  /// The first logits, as many as `out` has room for, of a row of the last step.
  void logits(int64_t row, std::span<float> out) const;

  /// What slot `from` has cached becomes that of `to` too. Errors: those of the device.
  Result<void> copy_cache(int64_t from, int64_t to);

  /// Cross-attention scores of rows 0 to `rows` of the last step, (rows, positions), scaled.
  /// Errors: those of the device.
  Result<void> scores(int64_t window, int64_t layer, int64_t head, int64_t positions, int64_t rows,
                      std::span<float> out) const;

 private:
  ArrayDecoder(Device& device, const plan::DecoderProblem& problem) : device_(device), problem_(problem) {}

  Result<void> launch(Program program);
  Result<void> sync(plan::DecoderArgument argument, int64_t offset, int64_t bytes, SyncDirection direction) const;
  std::byte* at(plan::DecoderArgument argument, int64_t offset) const {
    return buffers_[static_cast<size_t>(argument)].bytes().data() + offset;
  }

  Device& device_;
  plan::DecoderProblem problem_;
  plan::DecoderLayout layout_;
  std::vector<DeviceBuffer> buffers_;
  std::shared_ptr<LoadedKernel> kernel_;  // of the last launch: it keeps the context
};

}  // namespace skald::npu
