#include "npu/encoder/npu_encoder.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "npu/device/sim_device.h"
#include "npu/encoder/calibration.h"
#include "npu/encoder/encoder_design.h"
#include "npu/encoder/encoder_weights.h"
#include "npu/encoder/forecast.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/suite/lookups.h"

namespace skald::npu {
namespace {

constexpr std::chrono::milliseconds kPatience{10'000};  // a window takes less than one second on any model

/// States in host memory.
class HostStates final : public model::EncodedAudio {
 public:
  HostStates(int most, int positions, int width)
      : positions_(positions), width_(width), states_(static_cast<size_t>(most)) {
    for (auto& window : states_) window.resize(static_cast<size_t>(positions) * static_cast<size_t>(width));
  }
  int windows() const override { return windows_; }
  int positions() const override { return positions_; }
  int width() const override { return width_; }
  const float* host_f32(int window) const override { return states_[static_cast<size_t>(window)].data(); }
  Result<void> to_host_f32(int window, std::span<float> out) const override {
    std::copy_n(host_f32(window), out.size(), out.begin());
    return {};
  }

  int room() const { return static_cast<int>(states_.size()); }
  void reset(int windows, int positions) {
    windows_ = windows;
    positions_ = positions;
  }
  std::span<float> states(int window) {
    return {states_[static_cast<size_t>(window)].data(), static_cast<size_t>(positions_) * static_cast<size_t>(width_)};
  }

 private:
  int windows_ = 0;
  int positions_;
  int width_;
  std::vector<std::vector<float>> states_;
};

/// A Program on the device, with its buffers.
struct Resident {
  plan::EncoderProblem problem;
  plan::EncoderLayout layout;
  std::vector<DeviceBuffer> buffers;  ///< in the order of plan::EncoderArgument
  std::shared_ptr<BoundRun> run;
};

class NpuEncoder final : public model::Encoder {
 public:
  NpuEncoder(const model::Checkpoint& checkpoint, Device& device, EncoderOptions options)
      : checkpoint_(checkpoint), device_(device), options_(std::move(options)) {
    report_.stage = "encoder";
    report_.device = simulated() ? "npu-sim" : "npu";
    report_.compute_type = to_string(options_.precision);
    report_.threads = 1;
  }

  model::Input wants() const override { return model::Input::kMel; }

  Result<std::unique_ptr<model::EncodedAudio>> make_output(int windows) override {
    const model::Dims& dims = checkpoint_.dims();
    return std::make_unique<HostStates>(windows, dims.audio_ctx, dims.audio_state);
  }

  Result<void> encode(const model::WindowBatch& batch, model::EncodedAudio& out) override {
    auto& states = static_cast<HostStates&>(out);
    const model::Dims& dims = checkpoint_.dims();
    const auto size = static_cast<size_t>(batch.frames) * static_cast<size_t>(dims.mel_bands);
    if (batch.windows < 1 || batch.windows > states.room() || batch.frames % 2 != 0 ||
        batch.frames > 2 * dims.audio_ctx || batch.mel.size() != size * static_cast<size_t>(batch.windows)) {
      return fail(ErrorCode::kInvalidArgument, "NPU encoder", "the batch does not fit",
                  "give whole windows of an even number of frames, and as many as the output has room for");
    }
    const auto start = std::chrono::steady_clock::now();
    SKALD_CHECK(prepare(batch.frames / 2));
    states.reset(batch.windows, batch.frames / 2);
    for (int window = 0; window < batch.windows; ++window) {
      SKALD_CHECK(encode(batch.mel.subspan(static_cast<size_t>(window) * size, size), states.states(window)));
    }
    report_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    ++report_.calls;
    return {};
  }

  DeviceReport report() const override {
    DeviceReport report = report_;
    const DeviceCounters& counters = device_.counters();
    report.npu = forecast_;
    report.npu->contexts = counters.contexts_opened;
    report.npu->launches = counters.runs;
    report.npu->bytes_to_device = counters.bytes_to_device;
    report.npu->bytes_from_device = counters.bytes_from_device;
    return report;
  }

  /// The Program for windows of `positions`, in place of that for others.
  Result<void> prepare(int64_t positions) {
    if (resident_ && resident_->problem.positions == positions) return {};
    resident_.reset();
    SKALD_TRY(EncoderDesign design, design_encoder(checkpoint_, options_.precision, options_.steps, positions));
    if (simulated()) {
      SKALD_TRY(forecast_, forecast_window(design.problem, design.program));
    }
    SKALD_TRY(Artifact artifact, artifact_for(design));
    Resident made{.problem = design.problem, .layout = std::move(design.layout)};
    SKALD_TRY(const auto kernel, device_.load(artifact));
    for (size_t i = 0; i < artifact.arguments.size(); ++i) {
      SKALD_TRY(made.buffers.emplace_back(), device_.allocate(*kernel, i, artifact.arguments[i].bytes));
    }
    std::ranges::copy(design.packed.weights, made.buffers[plan::kWeights].bytes().begin());
    SKALD_CHECK(device_.sync(made.buffers[plan::kWeights], SyncDirection::kToDevice));
    SKALD_TRY(made.run, device_.bind(kernel, made.buffers));
    report_.weight_bytes = std::ssize(design.packed.weights);
    resident_ = std::make_unique<Resident>(std::move(made));
    return {};
  }

 private:
  bool simulated() const { return device_.info().kind == "simulator"; }

  /// What the device loads: the simulator the Program, a real one what was built for it.
  Result<Artifact> artifact_for(EncoderDesign& design) const {
    ArtifactFile wanted = artifact_of(design);
    if (simulated()) {
      wanted.artifact.program = std::make_shared<const Program>(std::move(design.program));
      return std::move(wanted.artifact);
    }
    if (!options_.built) {
      return fail(ErrorCode::kNotFound, wanted.artifact.name, "was not built for the NPU", "skald npu build MODEL");
    }
    SKALD_TRY(ArtifactFile built, options_.built(wanted.plan));
    SKALD_CHECK(check_plan(built.plan, wanted.plan, built.where));
    if (built.artifact.arguments != wanted.artifact.arguments) {
      return fail(ErrorCode::kBadModel, built.where, "takes other buffers than the encoder's Program",
                  "build it again with skald npu build MODEL");
    }
    return std::move(built.artifact);
  }

  Result<void> encode(std::span<const float> mel, std::span<float> states) {
    Resident& own = *resident_;
    pack_encoder_frames(own.problem, own.layout, mel, own.buffers[plan::kFrames].bytes());
    SKALD_CHECK(device_.sync(own.buffers[plan::kFrames], SyncDirection::kToDevice));
    SKALD_CHECK(device_.execute({own.run}, kPatience));
    SKALD_CHECK(device_.sync(own.buffers[plan::kStates], SyncDirection::kFromDevice));
    unpack_encoder_states(own.problem, own.layout, own.buffers[plan::kStates].bytes(), states);
    return {};
  }

  const model::Checkpoint& checkpoint_;
  Device& device_;
  EncoderOptions options_;
  std::unique_ptr<Resident> resident_;
  DeviceReport report_;
  NpuReport forecast_;
};

/// With the device that it runs on.
class OwningEncoder final : public model::Encoder {
 public:
  OwningEncoder(const model::Checkpoint& checkpoint, std::unique_ptr<Device> device, EncoderOptions options)
      : device_(std::move(device)), encoder_(checkpoint, *device_, std::move(options)) {}

  Result<void> prepare(int64_t positions) { return encoder_.prepare(positions); }

  model::Input wants() const override { return encoder_.wants(); }
  Result<std::unique_ptr<model::EncodedAudio>> make_output(int windows) override {
    return encoder_.make_output(windows);
  }
  Result<void> encode(const model::WindowBatch& batch, model::EncodedAudio& out) override {
    return encoder_.encode(batch, out);
  }
  DeviceReport report() const override { return encoder_.report(); }

 private:
  std::unique_ptr<Device> device_;
  NpuEncoder encoder_;
};

}  // namespace

Result<EncoderOptions> encoder_options(const std::string& compute_type, const std::filesystem::path& model,
                                       const model::Dims& dims) {
  // int4 is the decoder's weights: encoders are int8 beside it.
  if (compute_type != "auto" && compute_type != "int8" && compute_type != "int4") return EncoderOptions{};
  auto calibration = read_calibration(model, dims);
  if (calibration) {
    return EncoderOptions{.precision = plan::EncoderPrecision::kInt8, .steps = std::move(calibration->steps)};
  }
  if (compute_type == "auto" && calibration.error().code == ErrorCode::kNotFound) return EncoderOptions{};
  return std::unexpected(std::move(calibration).error());
}

Result<std::unique_ptr<model::Encoder>> make_encoder(const model::Checkpoint& checkpoint, Device& device,
                                                     EncoderOptions options) {
  auto made = std::make_unique<NpuEncoder>(checkpoint, device, std::move(options));
  SKALD_CHECK(made->prepare(checkpoint.dims().audio_ctx));
  return made;
}

Result<std::unique_ptr<model::Encoder>> make_encoder(const model::Checkpoint& checkpoint,
                                                     std::unique_ptr<Device> device, EncoderOptions options) {
  auto made = std::make_unique<OwningEncoder>(checkpoint, std::move(device), std::move(options));
  SKALD_CHECK(made->prepare(checkpoint.dims().audio_ctx));
  return made;
}

Result<std::unique_ptr<model::Encoder>> make_simulated_encoder(const model::Checkpoint& checkpoint,
                                                               EncoderOptions options) {
  return make_encoder(checkpoint,
                      std::make_unique<SimDevice>(
                          SimDevice::Options{.kernels = sim::catalogue_kernels(), .lookup = catalogue_lookup()}),
                      std::move(options));
}

}  // namespace skald::npu
