#pragma once
// The NPU wing's second door: Whisper's decoder over a device, in bfloat16. One launch a step for all hypotheses in it;
// a prompt takes one for each block of 32 positions. Which tokens are suppressed, the best of the others
// and their sums are the host's: logits that leave are a fraction of the weights that come.

#include <memory>

#include "base/result.h"
#include "model/checkpoint.h"
#include "model/decoder.h"
#include "npu/device/device.h"

namespace skald::npu {

/// `device` and `checkpoint` outlive it. Errors: kInvalidArgument: tokens outside of the vocabulary; kUnsupported: no
/// Whisper shape; those of the device.
Result<std::unique_ptr<model::Decoder>> make_decoder(const model::Checkpoint& checkpoint,
                                                     const model::TokenClasses& tokens, int slots, int windows,
                                                     Device& device);

/// The same with a simulated device in it.
Result<std::unique_ptr<model::Decoder>> make_simulated_decoder(const model::Checkpoint& checkpoint,
                                                               const model::TokenClasses& tokens, int slots,
                                                               int windows);

}  // namespace skald::npu
