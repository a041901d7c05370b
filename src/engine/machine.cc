#include "engine/machine.h"

#include <algorithm>
#include <utility>

#include "base/cpu_features.h"
#include "engine/npu_device.h"
#include "hub/hub.h"
#include "npu/decoder/npu_decoder.h"
#include "npu/encoder/npu_encoder.h"

namespace skald::engine {
namespace {

// The command line's default, five beams and an empty hypothesis; other options make room when they need more.
constexpr int kUsualSlots = 6;

}  // namespace

// Integers are faster wherever there are registers for them, and smaller (docs/PERFORMANCE.md).
cpu::ComputeType compute_type(const std::string& name, Isa isa) {
  if (name == "auto") return isa == Isa::kScalar ? cpu::ComputeType::kFloat32 : cpu::ComputeType::kInt8;
  if (name == "bfloat16") return cpu::ComputeType::kBfloat16;
  if (name == "int4") return cpu::ComputeType::kInt4;
  return name == "int8" ? cpu::ComputeType::kInt8 : cpu::ComputeType::kFloat32;
}

Machine::Machine(int threads, Isa isa, std::unique_ptr<model::Checkpoint> checkpoint, text::Tokenizer tokenizer)
    : pool_(threads),
      checkpoint_(std::move(checkpoint)),
      tokenizer_(std::move(tokenizer)),
      mel_(checkpoint_->dims().mel_bands, isa) {}

Result<std::unique_ptr<Machine>> Machine::open(const LoadOptions& options) {
  SKALD_TRY(const auto path, hub::find_model(options.model, options.model_dir));
  SKALD_TRY(auto checkpoint, model::open_checkpoint(path));
  return make(std::move(checkpoint), options, path.string());
}

Result<std::unique_ptr<Machine>> Machine::make(std::unique_ptr<model::Checkpoint> checkpoint,
                                               const LoadOptions& options, const std::string& path,
                                               const NpuMaker& npu) {
  SKALD_TRY(const Isa isa, select_isa());
  const model::Dims& dims = checkpoint->dims();
  // The window is 3000 frames, two to a position: with another context the reference fails in the encoder.
  if (dims.audio_ctx * 2 != audio::kWindowFrames) {
    return fail(ErrorCode::kUnsupported, path,
                "has " + std::to_string(dims.audio_ctx) + " encoder positions, which no Whisper model has",
                "use a model with 1500 (max_source_positions)");
  }
  SKALD_TRY(auto tokenizer, text::Tokenizer::load(checkpoint->tokenizer_directory(), dims.vocab));
  const int threads = options.threads > 0 ? options.threads : available_cpus();
  std::unique_ptr<Machine> machine(new Machine(threads, isa, std::move(checkpoint), std::move(tokenizer)));
  const cpu::Context context{.pool = &machine->pool_, .isa = isa, .compute = compute_type(options.compute_type, isa)};
  SKALD_CHECK(machine->build(options, path, context, npu));
  machine->describe(options, path, context);
  return machine;
}

Result<std::unique_ptr<model::Encoder>> Machine::make_encoder(const LoadOptions& options, const std::string& path,
                                                              const cpu::Context& context, const NpuMaker& npu) {
  if (options.device == "npu-sim") {
    SKALD_TRY(npu::EncoderOptions chosen, npu::encoder_options(options.compute_type, path, dims()));
    return npu::make_simulated_encoder(*checkpoint_, std::move(chosen));
  }
  if (options.device == "npu") {
    return npu ? npu(*checkpoint_) : make_npu_encoder(*checkpoint_, options.compute_type, path);
  }
  if (options.device == "auto" && npu) {
    const auto on_cpu = [this, context] { return cpu::make_encoder(*checkpoint_, context); };
    std::unique_ptr<FallbackEncoder> made;
    if (auto first = npu(*checkpoint_)) {
      made = std::make_unique<FallbackEncoder>(std::move(*first), on_cpu);
    } else {
      SKALD_TRY(auto second, on_cpu());
      const Error& error = first.error();
      made =
          std::make_unique<FallbackEncoder>(std::move(second), "not on the NPU: " + error.where + ": " + error.message);
    }
    fallback_ = made.get();
    return made;
  }
  return cpu::make_encoder(*checkpoint_, context);
}

std::vector<DeviceReport> Machine::reports() const {
  std::vector<DeviceReport> reports = fallback_ != nullptr ? fallback_->reports() : std::vector{encoder_->report()};
  reports.push_back(decoder_->report());
  return reports;
}

Result<void> Machine::build(const LoadOptions& options, const std::string& path, const cpu::Context& context,
                            const NpuMaker& npu) {
  const text::SpecialTokens& special = tokenizer_.special();
  const model::TokenClasses classes{
      .end_of_text = special.end_of_text, .no_speech = special.no_speech, .timestamp_begin = special.timestamp_begin};
  SKALD_TRY(encoder_, make_encoder(options, path, context, npu));
  npu_watts_ = options.npu_watts;
  checkpoint_->release_pages();  // before the decoder's are read: the peak counts
  if (options.npu_decoder) {
    SKALD_TRY(decoder_, npu::make_simulated_decoder(*checkpoint_, classes, kUsualSlots, 1));
  } else {
    SKALD_TRY(decoder_, cpu::make_decoder(*checkpoint_, classes, kUsualSlots, 1, context));
  }
  slots_ = kUsualSlots;
  windows_ = 1;
  SKALD_TRY(encoded_, encoder_->make_output(1));
  if (encoder_->report().device != "cpu") {
    SKALD_TRY(ahead_, encoder_->make_output(1));
  }
  checkpoint_->release_pages();
  return {};
}

void Machine::describe(const LoadOptions& options, const std::string& path, const cpu::Context& context) {
  const text::SpecialTokens& special = tokenizer_.special();
  info_.name = options.model;
  info_.path = path;
  info_.multilingual = special.multilingual;
  info_.languages = special.multilingual ? special.languages : 0;
  info_.mel_bands = dims().mel_bands;
  info_.width = dims().text_state;
  info_.encoder_layers = dims().audio_layers;
  info_.decoder_layers = dims().text_layers;
  info_.vocabulary = dims().vocab;
  info_.parameters = checkpoint_->parameters();
  info_.device = encoder_->report().device;
  info_.isa = to_string(context.isa);
  const std::string encodes = encoder_->report().compute_type;
  const std::string decodes = decoder_->report().compute_type;
  info_.compute_type = encodes == decodes ? encodes : encodes + "+" + decodes;
  info_.threads = pool_.threads();
}

std::vector<model::Head> Machine::alignment_heads() const {
  std::vector<model::Head> heads = checkpoint_->generation().alignment_heads;
  if (!heads.empty()) return heads;
  for (int layer = dims().text_layers / 2; layer < dims().text_layers; ++layer) {
    for (int head = 0; head < dims().text_heads; ++head) heads.emplace_back(layer, head);
  }
  return heads;
}

Result<void> Machine::reserve(int slots, int windows) {
  if (slots <= slots_ && windows <= windows_) return {};
  const int more_slots = std::max(slots, slots_);
  const int more_windows = std::max(windows, windows_);
  slots_ = 0;  // a decoder that has no memory for more has let go of what it had
  windows_ = 0;
  SKALD_CHECK(decoder_->reserve(more_slots, more_windows));
  slots_ = more_slots;
  windows_ = more_windows;
  return {};
}

}  // namespace skald::engine
