#pragma once
// The NPU wing's door: an encoder over a device, real or simulated. One context; one launch for each window.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "model/checkpoint.h"
#include "model/encoder.h"
#include "npu/device/artifact_file.h"
#include "npu/device/device.h"
#include "npu/encoder/encoder_weights.h"
#include "npu/plan/encoder.h"

namespace skald::npu {

struct EncoderOptions {
  plan::EncoderPrecision precision = plan::EncoderPrecision::kBf16;
  EncoderSteps steps{};  ///< kInt8: one a layer (calibration.h)
  /// Real devices: what `skald npu build` has made for a plan.
  std::function<Result<ArtifactFile>(const ArtifactPlan& wanted)> built{};
};

/// What the NPU's encoder computes in: int8 where it or int4 is asked for or steps for it are there, else bfloat16, as
/// near to float32 as the array comes. `model`: where it lies. Errors: those of read_calibration.
Result<EncoderOptions> encoder_options(const std::string& compute_type, const std::filesystem::path& model,
                                       const model::Dims& dims);

/// Of mel. Packs and sends the weights once. `device` and `checkpoint` outlive it. A window of another length than the
/// one before loads a Program of its own in its place. What fails on the device says so under "NPU encoder"; nothing
/// of it is tried again. Errors: those of design_encoder and the device; of a real device: those of options.built and
/// check_plan.
Result<std::unique_ptr<model::Encoder>> make_encoder(const model::Checkpoint& checkpoint, Device& device,
                                                     EncoderOptions options = {});

/// The same with the device in it.
Result<std::unique_ptr<model::Encoder>> make_encoder(const model::Checkpoint& checkpoint,
                                                     std::unique_ptr<Device> device, EncoderOptions options = {});

/// The same with a simulated device; its report forecasts a real one.
Result<std::unique_ptr<model::Encoder>> make_simulated_encoder(const model::Checkpoint& checkpoint,
                                                               EncoderOptions options = {});

}  // namespace skald::npu
