#pragma once
// The NPU wing's door: an encoder over a device, real or simulated. One context; one launch for each window.

#include <memory>

#include "base/result.h"
#include "model/checkpoint.h"
#include "model/encoder.h"
#include "npu/device/device.h"

namespace skald::npu {

/// Of mel, in bfloat16. Packs and sends the weights once. `device` and `checkpoint` outlive it. A window of another
/// length than the one before loads a Program of its own in its place. Errors: those of encoder_layout, pack_encoder
/// and the device.
Result<std::unique_ptr<model::Encoder>> make_encoder(const model::Checkpoint& checkpoint, Device& device);

/// The same on a simulated device of its own.
Result<std::unique_ptr<model::Encoder>> make_simulated_encoder(const model::Checkpoint& checkpoint);

}  // namespace skald::npu
