#include "npu/decoder/decoder_weights.h"

#include <algorithm>
#include <string>

#include "npu/encoder/packing.h"
#include "npu/plan/resident.h"

namespace skald::npu {
namespace {

using plan::kHeadWidth;

class DecoderPacker {
 public:
  DecoderPacker(const plan::DecoderProblem& problem, const plan::DecoderLayout& layout,
                const model::Checkpoint& checkpoint)
      : problem_(problem), layout_(layout), checkpoint_(checkpoint) {}

  Result<std::vector<std::byte>> run() {
    packed_.resize(static_cast<size_t>(layout_.weight_bytes));
    for (size_t i = 0; i < layout_.layers.size(); ++i) {
      SKALD_CHECK(layer(layout_.layers[i], "decoder.blocks." + std::to_string(i) + "."));
    }
    SKALD_CHECK(norm(layout_.final_norm, "decoder.ln"));
    Linear logits{.n = problem_.vocabulary, .k = problem_.width};
    SKALD_TRY(logits.weights,
              values_of(checkpoint_, "decoder.token_embedding.weight", {problem_.vocabulary, problem_.width}));
    logits.bias.resize(static_cast<size_t>(problem_.vocabulary));
    pack(layout_.logits, logits);
    return std::move(packed_);
  }

 private:
  Result<void> layer(const plan::DecoderLayer& places, const std::string& block) {
    const int64_t d = problem_.width;
    SKALD_CHECK(norm(places.norm, block + "attn_ln"));
    SKALD_TRY(Linear qkv, linear_of(checkpoint_, {block + "attn.query"}, d, d));
    SKALD_TRY(const Linear own, keys_and_values(block + "attn."));
    qkv.n += own.n;
    qkv.weights.insert(qkv.weights.end(), own.weights.begin(), own.weights.end());
    qkv.bias.insert(qkv.bias.end(), own.bias.begin(), own.bias.end());
    pack(places.qkv, qkv);
    SKALD_CHECK(product(places.out, block + "attn.out"));
    SKALD_CHECK(norm(places.cross_norm, block + "cross_attn_ln"));
    SKALD_CHECK(product(places.query, block + "cross_attn.query"));
    SKALD_TRY(const Linear cross, keys_and_values(block + "cross_attn."));
    pack(places.cross_kv, cross);
    SKALD_CHECK(product(places.cross_out, block + "cross_attn.out"));
    SKALD_CHECK(norm(places.mlp_norm, block + "mlp_ln"));
    SKALD_TRY(const Linear up, linear_of(checkpoint_, {block + "mlp.0"}, problem_.hidden, d));
    pack(places.up, up);
    SKALD_TRY(const Linear down, linear_of(checkpoint_, {block + "mlp.2"}, d, problem_.hidden));
    pack(places.down, down);
    return {};
  }

  /// Of each head its keys, then its values.
  Result<Linear> keys_and_values(const std::string& attention) const {
    const int64_t d = problem_.width;
    SKALD_TRY(const Linear both, linear_of(checkpoint_, {attention + "key", attention + "value"}, d, d));
    Linear made{.n = 2 * d, .k = d};
    for (int64_t head = 0; head < problem_.heads; ++head) {
      for (const int64_t from : {head * kHeadWidth, d + head * kHeadWidth}) {
        made.weights.insert(made.weights.end(), both.weights.begin() + from * d,
                            both.weights.begin() + (from + kHeadWidth) * d);
        made.bias.insert(made.bias.end(), both.bias.begin() + from, both.bias.begin() + from + kHeadWidth);
      }
    }
    return made;
  }

  /// Square.
  Result<void> product(const plan::DecoderProduct& place, const std::string& name) {
    SKALD_TRY(const Linear linear, linear_of(checkpoint_, {name}, problem_.width, problem_.width));
    pack(place, linear);
    return {};
  }

  void pack(const plan::DecoderProduct& place, const Linear& linear) {
    pack_bf16(linear, place.n, packed_.data() + place.weights);
  }

  Result<void> norm(int64_t place, const std::string& name) {
    SKALD_TRY(const std::vector<float> gamma, values_of(checkpoint_, name + ".weight", {problem_.width}));
    SKALD_TRY(const std::vector<float> beta, values_of(checkpoint_, name + ".bias", {problem_.width}));
    pack_norm(gamma, beta, 1, packed_.data() + place);
    return {};
  }

  const plan::DecoderProblem& problem_;
  const plan::DecoderLayout& layout_;
  const model::Checkpoint& checkpoint_;
  std::vector<std::byte> packed_;
};

}  // namespace

plan::DecoderProblem decoder_problem(const model::Dims& dims, int64_t slots, int64_t windows) {
  return {.width = dims.text_state,
          .heads = dims.text_heads,
          .hidden = dims.text_ffn,
          .layers = dims.text_layers,
          .vocabulary = dims.vocab,
          .text_positions = dims.text_ctx,
          .audio_positions = dims.audio_ctx,
          .slots = slots,
          .windows = windows};
}

Result<std::vector<std::byte>> pack_decoder(const plan::DecoderProblem& problem, const plan::DecoderLayout& layout,
                                            const model::Checkpoint& checkpoint) {
  return DecoderPacker(problem, layout, checkpoint).run();
}

}  // namespace skald::npu
