#pragma once
// A loaded model with everything a transcription runs on: threads, tokenizer, mel, encoder, decoder.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "audio/log_mel.h"
#include "base/parallel.h"
#include "base/result.h"
#include "cpu/cpu_model.h"
#include "engine/fallback_encoder.h"
#include "model/checkpoint.h"
#include "model/decoder.h"
#include "model/encoder.h"
#include "skald/engine.h"
#include "text/tokenizer.h"

namespace skald::engine {

/// What a valid `compute_type` of LoadOptions means with the kernels of `isa`.
cpu::ComputeType compute_type(const std::string& name, Isa isa);

/// Stays where it is: encoder and decoder point to the pool.
class Machine {
 public:
  /// Opens the model that `options` name. Pre: validate(options). Errors: those of Engine::load.
  static Result<std::unique_ptr<Machine>> open(const LoadOptions& options);

  /// Makes the encoder of an NPU that this machine has.
  using NpuMaker = std::function<Result<std::unique_ptr<model::Encoder>>(const model::Checkpoint&)>;

  /// The same of a checkpoint at hand; `path` is what messages call it. `npu`: what device "npu" uses in
  /// place of make_npu_encoder, and "auto" prefers, with the CPU's encoder to go on where it fails; without it "auto"
  /// is the CPU.
  static Result<std::unique_ptr<Machine>> make(std::unique_ptr<model::Checkpoint> checkpoint,
                                               const LoadOptions& options, const std::string& path,
                                               const NpuMaker& npu = {});

  ~Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  const ModelInfo& info() const { return info_; }
  const model::Dims& dims() const { return checkpoint_->dims(); }
  const text::Tokenizer& tokenizer() const { return tokenizer_; }
  const audio::LogMel& mel() const { return mel_; }
  ThreadPool& pool() { return pool_; }
  model::Encoder& encoder() { return *encoder_; }
  model::Decoder& decoder() { return *decoder_; }
  model::EncodedAudio& encoded() { return *encoded_; }
  /// Room for another window while encoded() is read. Pre: encodes_elsewhere().
  model::EncodedAudio& encoded_ahead() { return *ahead_; }
  void swap_encoded() { std::swap(encoded_, ahead_); }

  /// The encoder leaves the CPU to the decoder: windows can be encoded while others are decoded.
  bool encodes_elsewhere() const { return ahead_ != nullptr; }

  /// What encoders and decoder have done so far.
  std::vector<DeviceReport> reports() const;
  /// Watts of a simulated NPU, where they were told.
  std::optional<double> npu_watts() const { return npu_watts_; }

  /// The cross-attention heads that show when a token is heard: the model's own list, else every head of the upper half
  /// of the decoder's layers (openai/whisper model.py).
  std::vector<model::Head> alignment_heads() const;

  /// Makes sure that the decoder holds `slots` hypotheses over `windows` windows at once. Pre: none is open.
  /// Errors: kOutOfMemory.
  Result<void> reserve(int slots, int windows);
  int slots() const { return slots_; }
  int windows() const { return windows_; }

 private:
  Machine(int threads, Isa isa, std::unique_ptr<model::Checkpoint> checkpoint, text::Tokenizer tokenizer);
  Result<void> build(const LoadOptions& options, const std::string& path, const cpu::Context& context,
                     const NpuMaker& npu);
  Result<std::unique_ptr<model::Encoder>> make_encoder(const LoadOptions& options, const std::string& path,
                                                       const cpu::Context& context, const NpuMaker& npu);
  void describe(const LoadOptions& options, const std::string& path, const cpu::Context& context);

  ThreadPool pool_;
  std::unique_ptr<model::Checkpoint> checkpoint_;
  text::Tokenizer tokenizer_;
  audio::LogMel mel_;
  std::unique_ptr<model::Encoder> encoder_;
  FallbackEncoder* fallback_ = nullptr;  // encoder_, where it is one
  std::unique_ptr<model::Decoder> decoder_;
  std::unique_ptr<model::EncodedAudio> encoded_;
  std::unique_ptr<model::EncodedAudio> ahead_;  // of an encoder that is not the CPU's
  int slots_ = 0;
  int windows_ = 0;
  std::optional<double> npu_watts_;
  ModelInfo info_;
};

}  // namespace skald::engine
