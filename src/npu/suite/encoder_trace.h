#pragma once
// Whisper's encoder (openai/whisper model.py, AudioEncoder) in plain arithmetic that keeps what its products and
// attentions are given and what they give: a model's own numbers for the suite's cases, which random ones are not.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/checkpoint.h"
#include "npu/suite/suite_values.h"

namespace skald::npu::suite {

/// c = a b + bias.
struct TracedProduct {
  std::string name;  ///< "layer 0 fc1"
  ProductSize size{};
  std::vector<double> a;     ///< (m, k)
  std::vector<double> b;     ///< (k, n): the weights, turned
  std::vector<double> bias;  ///< (n)
  std::vector<double> c;     ///< (m, n)
  bool gelu = false;         ///< follows
};

/// Of 64 columns a head.
struct TracedAttention {
  std::string name;
  int64_t heads = 0;
  int64_t positions = 0;
  std::vector<double> qkv;  ///< (positions, 3 * 64 heads): queries, keys, values; scores are q k / 8
  std::vector<double> out;  ///< (positions, 64 heads)
};

struct EncoderTrace {
  std::vector<TracedProduct> products;  ///< the stem's (rows of A are three frames), then four of each layer
  std::vector<TracedAttention> attentions;
  std::vector<std::vector<double>> streams;  ///< (positions, width): what each layer is given; what the last one gives
  std::vector<double> states;                ///< (positions, width): what the encoder gives
};

/// Is told of every step of a window, in their order.
class EncoderObserver {
 public:
  EncoderObserver() = default;
  virtual ~EncoderObserver() = default;
  EncoderObserver(const EncoderObserver&) = delete;
  EncoderObserver& operator=(const EncoderObserver&) = delete;

  virtual void product(TracedProduct product) = 0;
  virtual void attention(TracedAttention /*attention*/) {}
  /// What a layer is given; at last what the last one gives.
  virtual void stream(const std::vector<double>& /*stream*/) {}
};

/// The states of `mel` (3000, bands), one window, as model::WindowBatch has it.
/// Errors: kUnsupported: heads that are not 64 wide; those of Checkpoint::tensor.
Result<std::vector<double>> run_encoder(const model::Checkpoint& checkpoint, std::span<const float> mel,
                                        EncoderObserver& observer);

/// All steps of a window. Errors: those of run_encoder.
Result<std::shared_ptr<const EncoderTrace>> trace_encoder(const model::Checkpoint& checkpoint,
                                                          std::span<const float> mel);

/// (3000, bands) of each 30 seconds of a recording, at most `most`. Errors: those of open_audio.
Result<std::vector<std::vector<float>>> windows_of(const std::string& path, int bands, int64_t most);

/// The first of them. Errors: those of open_audio.
Result<std::vector<float>> first_window(const std::string& path, int bands);

/// Of the model in `path`, listening to the first 30 seconds of a recording. Errors: those of open_checkpoint,
/// open_audio and trace_encoder.
Result<std::shared_ptr<const EncoderTrace>> trace_recording(const std::filesystem::path& path,
                                                            const std::string& recording);

}  // namespace skald::npu::suite
