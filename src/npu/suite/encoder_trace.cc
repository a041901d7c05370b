#include "npu/suite/encoder_trace.h"

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>

#include "audio/log_mel.h"
#include "base/tensor.h"
#include "npu/plan/attention.h"
#include "npu/plan/conv.h"

namespace skald::npu::suite {
namespace {

using Numbers = std::vector<double>;

/// (rows, columns) -> (columns, rows)
Numbers turned(const double* from, int64_t rows, int64_t columns, int64_t stride) {
  Numbers to(static_cast<size_t>(rows * columns));
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      to[static_cast<size_t>(column * rows + row)] = from[row * stride + column];
    }
  }
  return to;
}

/// Columns `first`, ... of an array that is `stride` wide.
Numbers columns_of(const Numbers& from, int64_t stride, int64_t first, int64_t count) {
  Numbers to;
  to.reserve(from.size() / static_cast<size_t>(stride) * static_cast<size_t>(count));
  for (auto row = from.begin(); row != from.end(); row += stride) to.insert(to.end(), row + first, row + first + count);
  return to;
}

class Tracer {
 public:
  Tracer(const model::Checkpoint& checkpoint, EncoderObserver& observer)
      : checkpoint_(checkpoint), dims_(checkpoint.dims()), observer_(observer) {}

  Result<Numbers> run(std::span<const float> mel) {
    SKALD_TRY(Numbers x, stem(mel));
    for (int layer = 0; layer < dims_.audio_layers; ++layer) {
      const std::string block = "encoder.blocks." + std::to_string(layer) + ".";
      const std::string name = "layer " + std::to_string(layer) + " ";
      observer_.stream(x);
      SKALD_CHECK(attend(block, name, x));
      SKALD_CHECK(feed_forward(block, name, x));
    }
    observer_.stream(x);
    return layer_norm(std::move(x), "encoder.ln_post");
  }

 private:
  Result<Numbers> tensor(const std::string& name, const Shape& shape) const {
    SKALD_TRY(const TensorView view, checkpoint_.tensor(name, shape));
    std::vector<float> values(static_cast<size_t>(view.count()));
    to_f32(view, values);
    return Numbers(values.begin(), values.end());
  }

  /// (k, n) of a weight (n, k).
  Result<Numbers> weight(const std::string& name, int64_t n, int64_t k) const {
    SKALD_TRY(const Numbers w, tensor(name, {n, k}));
    return turned(w.data(), n, k, k);
  }

  /// -> c, after GELU where it follows.
  Numbers multiply(TracedProduct product) {
    product.c = suite::product(product.a, product.b, product.size);
    for (size_t i = 0; i < product.c.size(); ++i) product.c[i] += product.bias[i % product.bias.size()];
    Numbers result = product.c;
    if (product.gelu) std::ranges::transform(result, result.begin(), gelu);
    observer_.product(std::move(product));
    return result;
  }

  Result<Numbers> layer_norm(Numbers x, const std::string& name) const {
    const auto width = static_cast<size_t>(dims_.audio_state);
    SKALD_TRY(const Numbers gain, tensor(name + ".weight", {dims_.audio_state}));
    SKALD_TRY(const Numbers bias, tensor(name + ".bias", {dims_.audio_state}));
    for (size_t row = 0; row < x.size(); row += width) suite::layer_norm({&x[row], width}, gain, bias);
    return x;
  }

  /// A row of A holds three frames, tap by tap.
  Result<Numbers> convolve(const std::string& name, const Numbers& frames, int64_t channels, int64_t stride) {
    const int64_t count = std::ssize(frames) / channels;
    const int64_t n = dims_.audio_state;
    TracedProduct product{.name = name, .size = {count / stride, plan::kConvTaps * channels, n}, .gelu = true};
    for (int64_t middle = 0; middle < count; middle += stride) {
      for (int64_t frame = middle - 1; frame <= middle + 1; ++frame) {
        const bool inside = frame >= 0 && frame < count;
        for (int64_t i = 0; i < channels; ++i) {
          product.a.push_back(inside ? frames[static_cast<size_t>(frame * channels + i)] : 0);
        }
      }
    }
    SKALD_TRY(const Numbers w, tensor("encoder." + name + ".weight", {n, channels, plan::kConvTaps}));
    product.b.resize(w.size());
    for (int64_t i = 0; i < std::ssize(w); ++i) {
      const int64_t channel = i / plan::kConvTaps % channels;
      product.b[static_cast<size_t>((i % plan::kConvTaps * channels + channel) * n + i / plan::kConvTaps / channels)] =
          w[static_cast<size_t>(i)];
    }
    SKALD_TRY(product.bias, tensor("encoder." + name + ".bias", {n}));
    return multiply(std::move(product));
  }

  Result<Numbers> stem(std::span<const float> mel) {
    SKALD_TRY(const Numbers frames, convolve("conv1", {mel.begin(), mel.end()}, dims_.mel_bands, 1));
    SKALD_TRY(Numbers x, convolve("conv2", frames, dims_.audio_state, 2));
    SKALD_TRY(const Numbers positions, tensor("encoder.positional_embedding", {dims_.audio_ctx, dims_.audio_state}));
    for (size_t i = 0; i < x.size(); ++i) x[i] += positions[i];
    return x;
  }

  /// The three projections as one product.
  Result<TracedProduct> projections(const std::string& block, Numbers x) const {
    const int64_t d = dims_.audio_state;
    TracedProduct product{.size = {std::ssize(x) / d, d, 3 * d}, .a = std::move(x)};
    Numbers rows;  // (3 d, d)
    for (const char* part : {"query", "key", "value"}) {
      SKALD_TRY(const Numbers w, tensor(block + "attn." + part + ".weight", {d, d}));
      rows.insert(rows.end(), w.begin(), w.end());
      Numbers bias(static_cast<size_t>(d));
      if (std::string_view(part) != "key") {
        SKALD_TRY(bias, tensor(block + "attn." + part + ".bias", {d}));
      }
      product.bias.insert(product.bias.end(), bias.begin(), bias.end());
    }
    product.b = turned(rows.data(), 3 * d, d, d);
    return product;
  }

  /// x += out(attention(layer_norm(x)))
  Result<void> attend(const std::string& block, const std::string& name, Numbers& x) {
    const int64_t d = dims_.audio_state;
    SKALD_TRY(Numbers normed, layer_norm(x, block + "attn_ln"));
    SKALD_TRY(TracedProduct qkv, projections(block, std::move(normed)));
    qkv.name = name + "qkv";
    TracedAttention attention{.name = name + "attention", .heads = dims_.audio_heads, .positions = std::ssize(x) / d};
    attention.qkv = multiply(std::move(qkv));
    attention.out.resize(x.size());
    for (int64_t head = 0; head < attention.heads; ++head) attend_head(attention, head);
    TracedProduct out{.name = name + "out", .size = {attention.positions, d, d}, .a = attention.out};
    SKALD_TRY(out.b, weight(block + "attn.out.weight", d, d));
    SKALD_TRY(out.bias, tensor(block + "attn.out.bias", {d}));
    observer_.attention(std::move(attention));
    add(multiply(std::move(out)), x);
    return {};
  }

  static void attend_head(TracedAttention& the, int64_t head) {
    const int64_t d = the.heads * plan::kAttentionBlock;
    const int64_t s = the.positions;
    const Numbers q = columns_of(the.qkv, 3 * d, head * plan::kAttentionBlock, plan::kAttentionBlock);
    const Numbers k = turned(the.qkv.data() + d + head * plan::kAttentionBlock, s, plan::kAttentionBlock, 3 * d);
    Numbers weights = suite::product(q, k, {s, plan::kAttentionBlock, s});
    for (double& score : weights) score /= std::sqrt(static_cast<double>(plan::kAttentionBlock));
    const auto width = static_cast<size_t>(s);
    for (size_t row = 0; row < weights.size(); row += width) softmax({&weights[row], width});
    const Numbers v = columns_of(the.qkv, 3 * d, 2 * d + head * plan::kAttentionBlock, plan::kAttentionBlock);
    const Numbers out = suite::product(weights, v, {s, s, plan::kAttentionBlock});
    for (int64_t row = 0; row < s; ++row) {
      std::copy_n(out.begin() + row * plan::kAttentionBlock, plan::kAttentionBlock,
                  the.out.begin() + row * d + head * plan::kAttentionBlock);
    }
  }

  /// x += fc2(gelu(fc1(layer_norm(x))))
  Result<void> feed_forward(const std::string& block, const std::string& name, Numbers& x) {
    const int64_t d = dims_.audio_state;
    const int64_t hidden = dims_.audio_ffn;
    TracedProduct first{.name = name + "fc1", .size = {std::ssize(x) / d, d, hidden}, .gelu = true};
    SKALD_TRY(first.a, layer_norm(x, block + "mlp_ln"));
    SKALD_TRY(first.b, weight(block + "mlp.0.weight", hidden, d));
    SKALD_TRY(first.bias, tensor(block + "mlp.0.bias", {hidden}));
    TracedProduct second{.name = name + "fc2", .size = {std::ssize(x) / d, hidden, d}};
    second.a = multiply(std::move(first));
    SKALD_TRY(second.b, weight(block + "mlp.2.weight", d, hidden));
    SKALD_TRY(second.bias, tensor(block + "mlp.2.bias", {d}));
    add(multiply(std::move(second)), x);
    return {};
  }

  static void add(const Numbers& y, Numbers& x) {
    for (size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  }

  const model::Checkpoint& checkpoint_;
  const model::Dims& dims_;
  EncoderObserver& observer_;
};

class Keeper final : public EncoderObserver {
 public:
  void product(TracedProduct product) override { trace.products.push_back(std::move(product)); }
  void attention(TracedAttention attention) override { trace.attentions.push_back(std::move(attention)); }
  void stream(const Numbers& stream) override { trace.streams.push_back(stream); }

  EncoderTrace trace;  // NOLINT(misc-non-private-member-variables-in-classes)
};

}  // namespace

Result<std::vector<std::vector<float>>> windows_of(const std::string& path, int bands, int64_t most) {
  SKALD_TRY(const auto source, audio::open_audio(path));
  ThreadPool pool(static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  const audio::LogMel log_mel(bands);
  SKALD_TRY(audio::MelStream stream, audio::MelStream::open(*source, log_mel, pool));
  std::vector<std::vector<float>> windows;
  for (int64_t begin = 0; begin < stream.content_frames() && std::ssize(windows) < most;
       begin += audio::kWindowFrames) {
    std::vector<float>& mel = windows.emplace_back(static_cast<size_t>(audio::kWindowFrames * bands));
    const auto content = std::min<int64_t>(stream.content_frames() - begin, audio::kWindowFrames);
    SKALD_CHECK(stream.window(begin, static_cast<int>(content), audio::kWindowFrames, mel));
  }
  return windows;
}

Result<std::vector<float>> first_window(const std::string& path, int bands) {
  SKALD_TRY(auto windows, windows_of(path, bands, 1));
  if (windows.empty()) return fail(ErrorCode::kInvalidArgument, path, "holds no audio", "name another recording");
  return std::move(windows.front());
}

Result<std::shared_ptr<const EncoderTrace>> trace_recording(const std::filesystem::path& path,
                                                            const std::string& recording) {
  SKALD_TRY(const auto checkpoint, model::open_checkpoint(path));
  SKALD_TRY(const std::vector<float> mel, first_window(recording, checkpoint->dims().mel_bands));
  return trace_encoder(*checkpoint, mel);
}

Result<Numbers> run_encoder(const model::Checkpoint& checkpoint, std::span<const float> mel,
                            EncoderObserver& observer) {
  const model::Dims& dims = checkpoint.dims();
  if (dims.audio_state != dims.audio_heads * plan::kAttentionBlock) {
    return fail(ErrorCode::kUnsupported, "encoder trace", "heads of this model are not 64 wide");
  }
  if (std::ssize(mel) != int64_t{2} * dims.audio_ctx * dims.mel_bands) {
    return fail(ErrorCode::kInvalidArgument, "encoder trace", "the mel is not one whole window");
  }
  return Tracer(checkpoint, observer).run(mel);
}

Result<std::shared_ptr<const EncoderTrace>> trace_encoder(const model::Checkpoint& checkpoint,
                                                          std::span<const float> mel) {
  Keeper keeper;
  SKALD_TRY(keeper.trace.states, run_encoder(checkpoint, mel, keeper));
  return std::make_shared<const EncoderTrace>(std::move(keeper.trace));
}

}  // namespace skald::npu::suite
