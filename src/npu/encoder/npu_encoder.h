#pragma once
// The NPU wing's door: an encoder over a device, real or simulated. One context; one launch for each window.

#include <memory>

#include "base/result.h"
#include "model/checkpoint.h"
#include "model/encoder.h"
#include "npu/device/device.h"
#include "npu/encoder/encoder_weights.h"
#include "npu/plan/encoder.h"

namespace skald::npu {

struct EncoderOptions {
  plan::EncoderPrecision precision = plan::EncoderPrecision::kBf16;
  EncoderSteps steps{};  ///< kInt8: one a layer (calibration.h)
  Artifact built{};      ///< real devices: xclbin, kernel and instructions of the encoder's Program
};

/// Of mel. Packs and sends the weights once. `device` and `checkpoint` outlive it. A window of another length than the
/// one before loads a Program of its own in its place. What fails on the device says so under "NPU encoder"; nothing
/// of it is tried again. Errors: those of encoder_layout, pack_encoder and the device.
Result<std::unique_ptr<model::Encoder>> make_encoder(const model::Checkpoint& checkpoint, Device& device,
                                                     EncoderOptions options = {});

/// The same on a simulated device of its own; its report forecasts a real one.
Result<std::unique_ptr<model::Encoder>> make_simulated_encoder(const model::Checkpoint& checkpoint,
                                                               EncoderOptions options = {});

}  // namespace skald::npu
