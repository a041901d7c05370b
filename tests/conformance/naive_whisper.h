#pragma once
// Whisper written straight from the paper and openai/whisper's model.py, in double precision, without packing, caches
// or threads: what every device is compared with. Slow on purpose.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/checkpoint.h"
#include "model/decoder.h"

namespace skald::conformance {

/// Rows of equal width.
struct Matrix {
  int rows = 0;
  int width = 0;
  std::vector<double> values;

  Matrix(int r, int w) : rows(r), width(w), values(static_cast<size_t>(r) * static_cast<size_t>(w)) {}
  double* row(int i) { return values.data() + static_cast<size_t>(i) * static_cast<size_t>(width); }
  const double* row(int i) const { return values.data() + static_cast<size_t>(i) * static_cast<size_t>(width); }
};

/// Where the scores of a cross-attention go before softmax: [layer * heads + head], each (L, S).
using Scores = std::vector<Matrix>;

class NaiveWhisper {
 public:
  /// Reads tensors from `checkpoint` whenever they are used; it must outlive this object.
  explicit NaiveWhisper(const model::Checkpoint& checkpoint) : checkpoint_(checkpoint) {}

  /// (S, D) states of a mel (T, M) of T = 2 S frames.
  Matrix encode(std::span<const float> mel, int frames) const;

  /// (L, V) logits after each of `tokens`, listening to `states` (S, D).
  Matrix decode(std::span<const float> states, int positions, std::span<const int32_t> tokens,
                Scores* cross_scores = nullptr) const;

 private:
  std::vector<double> tensor(const std::string& name, const Shape& shape) const;
  Matrix linear(const Matrix& x, const std::string& name, int n, bool bias = true) const;
  Matrix layer_norm(const Matrix& x, const std::string& name) const;
  Matrix conv(const Matrix& x, const std::string& name, int out, int stride) const;
  /// Multi-head attention of x over `source`; each row i sees rows up to i only where `causal`.
  struct Attention {
    std::string name;
    int heads;
    bool causal;
    Matrix* scores;  ///< null, or the first of `heads` matrices
  };
  Matrix attention(const Matrix& x, const Matrix& source, const Attention& how) const;
  void mlp(Matrix& x, const std::string& block, int hidden) const;

  const model::Checkpoint& checkpoint_;
};

}  // namespace skald::conformance
