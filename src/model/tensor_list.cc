#include "model/tensor_list.h"

#include <cmath>
#include <cstdint>

namespace skald::model {
namespace {

/// Collects the tensors of modules below a prefix.
class Lister {
 public:
  explicit Lister(std::vector<NamedShape>& list) : list_(list) {}

  void add(std::string name, const Shape& shape) { list_.push_back({std::move(name), shape}); }
  void linear(const std::string& module, int64_t out, int64_t in) {
    add(module + ".weight", {out, in});
    add(module + ".bias", {out});
  }
  void layer_norm(const std::string& module, int64_t width) {
    add(module + ".weight", {width});
    add(module + ".bias", {width});
  }
  void attention(const std::string& module, int64_t width) {
    layer_norm(module + "_ln", width);
    linear(module + ".query", width, width);
    add(module + ".key.weight", {width, width});
    linear(module + ".value", width, width);
    linear(module + ".out", width, width);
  }
  void mlp(const std::string& block, int64_t width, int64_t ffn) {
    layer_norm(block + ".mlp_ln", width);
    linear(block + ".mlp.0", ffn, width);
    linear(block + ".mlp.2", width, ffn);
  }

 private:
  std::vector<NamedShape>& list_;
};

}  // namespace

std::vector<NamedShape> tensor_list(const Dims& dims) {
  std::vector<NamedShape> list;
  Lister lister(list);
  const int64_t width = dims.audio_state;
  lister.add("encoder.conv1.weight", {width, dims.mel_bands, 3});
  lister.add("encoder.conv1.bias", {width});
  lister.add("encoder.conv2.weight", {width, width, 3});
  lister.add("encoder.conv2.bias", {width});
  lister.add(kEncoderPositions, {dims.audio_ctx, width});
  for (int n = 0; n < dims.audio_layers; ++n) {
    const std::string block = "encoder.blocks." + std::to_string(n);
    lister.attention(block + ".attn", width);
    lister.mlp(block, width, dims.audio_ffn);
  }
  lister.layer_norm("encoder.ln_post", width);
  lister.add(kTokenEmbedding, {dims.vocab, width});
  lister.add("decoder.positional_embedding", {dims.text_ctx, width});
  for (int n = 0; n < dims.text_layers; ++n) {
    const std::string block = "decoder.blocks." + std::to_string(n);
    lister.attention(block + ".attn", width);
    lister.attention(block + ".cross_attn", width);
    lister.mlp(block, width, dims.text_ffn);
  }
  lister.layer_norm("decoder.ln", width);
  return list;
}

void fill_sinusoids(int length, int channels, std::span<float> out) {
  const int half = channels / 2;
  const auto step = static_cast<float>(-(std::log(10000.0) / (half - 1)));
  for (int k = 0; k < half; ++k) {
    // The reference rounds the exponent, the rate and the angle to float32; at t = 1500 the last rounding alone
    // moves the angle by up to 6e-5, so the same steps are taken here.
    const auto rate = static_cast<float>(std::exp(static_cast<double>(step * static_cast<float>(k))));
    for (int t = 0; t < length; ++t) {
      const float angle = static_cast<float>(t) * rate;
      const size_t row = static_cast<size_t>(t) * static_cast<size_t>(channels);
      out[row + static_cast<size_t>(k)] = static_cast<float>(std::sin(static_cast<double>(angle)));
      out[row + static_cast<size_t>(half + k)] = static_cast<float>(std::cos(static_cast<double>(angle)));
    }
  }
}

}  // namespace skald::model
