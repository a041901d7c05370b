#include "tests/conformance/naive_whisper.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>

namespace skald::conformance {
namespace {

/// x * Phi(x)
void gelu(Matrix& x) {
  for (double& v : x.values) v *= 0.5 * std::erfc(-v / std::sqrt(2.0));
}

void add(Matrix& x, const Matrix& y) {
  for (size_t i = 0; i < x.values.size(); ++i) x.values[i] += y.values[i];
}

void softmax(double* x, int n) {
  const double max = *std::max_element(x, x + n);
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += x[i] = std::exp(x[i] - max);
  for (int i = 0; i < n; ++i) x[i] /= sum;
}

double dot(const double* a, const double* b, int n) {
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

std::vector<double> NaiveWhisper::tensor(const std::string& name, const Shape& shape) const {
  const auto view = checkpoint_.tensor(name, shape);
  if (!view) {  // the test's own checkpoint: nothing sensible can follow
    std::cerr << to_string(view.error()) << '\n';
    std::abort();
  }
  std::vector<float> values(static_cast<size_t>(view->count()));
  to_f32(*view, values);
  return {values.begin(), values.end()};
}

Matrix NaiveWhisper::linear(const Matrix& x, const std::string& name, int n, bool bias) const {
  const auto w = tensor(name + ".weight", Shape{n, x.width});
  const auto b = bias ? tensor(name + ".bias", Shape{n}) : std::vector<double>(static_cast<size_t>(n));
  Matrix y(x.rows, n);
  for (int i = 0; i < x.rows; ++i) {
    for (int j = 0; j < n; ++j) {
      const auto column = static_cast<size_t>(j);
      y.row(i)[j] = dot(x.row(i), w.data() + column * static_cast<size_t>(x.width), x.width) + b[column];
    }
  }
  return y;
}

Matrix NaiveWhisper::layer_norm(const Matrix& x, const std::string& name) const {
  const auto gain = tensor(name + ".weight", Shape{x.width});
  const auto bias = tensor(name + ".bias", Shape{x.width});
  Matrix y = x;
  for (int i = 0; i < x.rows; ++i) {
    double mean = 0;
    double variance = 0;
    for (int j = 0; j < x.width; ++j) mean += x.row(i)[j] / x.width;
    for (int j = 0; j < x.width; ++j) variance += (x.row(i)[j] - mean) * (x.row(i)[j] - mean) / x.width;
    for (int j = 0; j < x.width; ++j) {
      const auto column = static_cast<size_t>(j);
      y.row(i)[j] = (x.row(i)[j] - mean) / std::sqrt(variance + 1e-5) * gain[column] + bias[column];
    }
  }
  return y;
}

/// Width 3, padding 1.
Matrix NaiveWhisper::conv(const Matrix& x, const std::string& name, int out, int stride) const {
  const auto w = tensor(name + ".weight", Shape{out, x.width, 3});
  const auto b = tensor(name + ".bias", Shape{out});
  Matrix y(x.rows / stride, out);
  for (int t = 0; t < y.rows; ++t) {
    for (int o = 0; o < out; ++o) {
      double sum = b[static_cast<size_t>(o)];
      for (int tap = 0; tap < 3; ++tap) {
        const int from = t * stride + tap - 1;
        if (from < 0 || from >= x.rows) continue;
        for (int i = 0; i < x.width; ++i) {
          sum +=
              x.row(from)[i] * w[(static_cast<size_t>(o) * static_cast<size_t>(x.width) + static_cast<size_t>(i)) * 3 +
                                 static_cast<size_t>(tap)];
        }
      }
      y.row(t)[o] = sum;
    }
  }
  return y;
}

Matrix NaiveWhisper::attention(const Matrix& x, const Matrix& source, const Attention& how) const {
  const Matrix q = linear(x, how.name + ".query", x.width);
  const Matrix k = linear(source, how.name + ".key", x.width, false);
  const Matrix v = linear(source, how.name + ".value", x.width);
  const int e = x.width / how.heads;
  Matrix out(x.rows, x.width);
  std::vector<double> weights(static_cast<size_t>(source.rows));
  for (int head = 0; head < how.heads; ++head) {
    const int column = head * e;
    for (int i = 0; i < x.rows; ++i) {
      const int seen = how.causal ? i + 1 : source.rows;
      for (int j = 0; j < seen; ++j) {
        weights[static_cast<size_t>(j)] = dot(q.row(i) + column, k.row(j) + column, e) / std::sqrt(e);
      }
      if (how.scores != nullptr) std::copy_n(weights.begin(), seen, how.scores[head].row(i));
      softmax(weights.data(), seen);
      for (int j = 0; j < seen; ++j) {
        for (int d = 0; d < e; ++d) out.row(i)[column + d] += weights[static_cast<size_t>(j)] * v.row(j)[column + d];
      }
    }
  }
  return linear(out, how.name + ".out", x.width);
}

void NaiveWhisper::mlp(Matrix& x, const std::string& block, int hidden) const {
  Matrix h = linear(layer_norm(x, block + ".mlp_ln"), block + ".mlp.0", hidden);
  gelu(h);
  add(x, linear(h, block + ".mlp.2", x.width));
}

Matrix NaiveWhisper::encode(std::span<const float> mel, int frames) const {
  const model::Dims& dims = checkpoint_.dims();
  Matrix input(frames, dims.mel_bands);
  std::ranges::copy(mel, input.values.begin());
  Matrix x = conv(input, "encoder.conv1", dims.audio_state, 1);
  gelu(x);
  x = conv(x, "encoder.conv2", dims.audio_state, 2);
  gelu(x);
  const auto positions = tensor("encoder.positional_embedding", Shape{dims.audio_ctx, dims.audio_state});
  for (size_t i = 0; i < x.values.size(); ++i) x.values[i] += positions[i];
  for (int layer = 0; layer < dims.audio_layers; ++layer) {
    const std::string block = "encoder.blocks." + std::to_string(layer);
    const Matrix normed = layer_norm(x, block + ".attn_ln");
    add(x, attention(normed, normed, {block + ".attn", dims.audio_heads, false, nullptr}));
    mlp(x, block, dims.audio_ffn);
  }
  return layer_norm(x, "encoder.ln_post");
}

Matrix NaiveWhisper::decode(std::span<const float> states, int positions, std::span<const int32_t> tokens,
                            Scores* cross_scores) const {
  const model::Dims& dims = checkpoint_.dims();
  Matrix audio(positions, dims.audio_state);
  std::ranges::copy(states, audio.values.begin());
  const int length = static_cast<int>(tokens.size());
  if (cross_scores != nullptr) {
    const int heads = dims.text_layers * dims.text_heads;
    cross_scores->assign(static_cast<size_t>(heads), Matrix(length, positions));
  }
  const auto embedding = tensor("decoder.token_embedding.weight", Shape{dims.vocab, dims.text_state});
  const auto position = tensor("decoder.positional_embedding", Shape{dims.text_ctx, dims.text_state});
  const auto width = static_cast<size_t>(dims.text_state);
  Matrix x(length, dims.text_state);
  for (size_t i = 0; i < tokens.size(); ++i) {
    for (size_t d = 0; d < width; ++d) {
      x.values[i * width + d] = embedding[static_cast<size_t>(tokens[i]) * width + d] + position[i * width + d];
    }
  }
  for (int layer = 0; layer < dims.text_layers; ++layer) {
    const std::string block = "decoder.blocks." + std::to_string(layer);
    const Matrix normed = layer_norm(x, block + ".attn_ln");
    add(x, attention(normed, normed, {block + ".attn", dims.text_heads, true, nullptr}));
    Matrix* scores = cross_scores == nullptr ? nullptr : cross_scores->data() + layer * dims.text_heads;
    add(x, attention(layer_norm(x, block + ".cross_attn_ln"), audio,
                     {block + ".cross_attn", dims.text_heads, false, scores}));
    mlp(x, block, dims.text_ffn);
  }
  return linear(layer_norm(x, "decoder.ln"), "decoder.token_embedding", dims.vocab, false);
}

}  // namespace skald::conformance
