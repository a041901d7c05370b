#pragma once
// Whisper's audio encoder: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision",
// 2022, section 2.2; openai/whisper model.py, AudioEncoder.

#include <memory>
#include <span>

#include "base/aligned_buffer.h"
#include "cpu/host_audio.h"
#include "cpu/ops.h"
#include "cpu/weights.h"

namespace skald::cpu {

class CpuEncoder final : public model::Encoder {
 public:
  CpuEncoder(const model::Dims& dims, EncoderWeights weights, const Context& context);

  model::Input wants() const override { return model::Input::kMel; }
  Result<std::unique_ptr<model::EncodedAudio>> make_output(int windows) override;
  Result<void> encode(const model::WindowBatch& batch, model::EncodedAudio& out) override;
  DeviceReport report() const override { return report_; }

 private:
  /// Buffers of one size of batch; they only grow.
  struct Activations {
    AlignedBuffer<float> mel;          ///< (B, T + 2, M), a row of zeros before and after each window
    AlignedBuffer<float> conv;         ///< (B, T + 2, D), likewise
    AlignedBuffer<float> x;            ///< (B * S, D) the residual stream
    AlignedBuffer<float> attended;     ///< (B * S, D)
    AlignedBuffer<float> wide;         ///< (B * S, max(3 D, F)) query, key and value, then the MLP's hidden layer
    AlignedBuffer<std::byte> heads;    ///< (B, H) packed heads
    AlignedBuffer<std::byte> scratch;  ///< of attention, for each thread
  };

  void allocate(int windows, int frames);
  void convolve(const model::WindowBatch& batch);
  void self_attention(const EncoderBlock& block, int windows, int positions);
  template <class Layout>
  void attend(const Layout& layout, int most_rows, int windows, int positions);
  void mlp(const EncoderBlock& block, int rows);

  model::Dims dims_;
  EncoderWeights weights_;
  Ops ops_;
  Activations act_;
  DeviceReport report_;
};

}  // namespace skald::cpu
