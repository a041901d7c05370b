#pragma once
// Every tensor a Whisper model of given dimensions consists of, by its canonical name (openai/whisper model.py).

#include <span>
#include <string>
#include <vector>

#include "base/tensor.h"
#include "model/dims.h"

namespace skald::model {

inline constexpr const char* kEncoderPositions = "encoder.positional_embedding";
inline constexpr const char* kTokenEmbedding = "decoder.token_embedding.weight";

struct NamedShape {
  std::string name;
  Shape shape;
};

/// All tensors in the order of the forward pass: conv weights (D, M, 3) and (D, D, 3), linear weights (out, in),
/// embeddings (rows, D). Key projections have no bias. Pre: validate(dims).
std::vector<NamedShape> tensor_list(const Dims& dims);

/// The encoder's fixed positions, (length, channels): out[t][k] = sin(t * w_k), out[t][channels / 2 + k] = cos(t *
/// w_k), w_k = 10000^(-k / (channels / 2 - 1)), in float32 steps as in model.py, sinusoids(). Pre: out.size() == length
/// * channels, channels even and at least 4.
void fill_sinusoids(int length, int channels, std::span<float> out);

}  // namespace skald::model
