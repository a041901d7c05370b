#pragma once
// Checkpoints without a download: the shapes of the published models, filled with weights that depend on the tensor's
// name alone. Tests and benches use them; tools/ builds the same ones in numpy.

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/checkpoint.h"
#include "model/dims.h"

namespace skald::model {

/// Dimensions of a published model: "tiny", "base.en", "large-v3", "turbo", "distil-large-v3", "mini.en", ...
/// Errors: kNotFound.
Result<Dims> named_dims(std::string_view name);

/// The names named_dims knows.
std::vector<std::string_view> dims_names();

/// A checkpoint in memory, float32, with these weights, bit for bit. All arithmetic on values is in float32, each
/// operation rounded; i counts elements in row-major order:
///
///   seed = FNV-1a-64 of the bytes of the tensor's canonical name (offset 0xCBF29CE484222325, prime 0x100000001B3)
///   z    = seed + (i + 1) * 0x9E3779B97F4A7C15                                    (uint64, wrapping)
///   z    = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;  z = (z ^ z >> 27) * 0x94D049BB133111EB;  z = z ^ z >> 31
///   u    = float(z >> 40) * 2^-24                                                 (exact)
///   r    = 2 * u - 1                                                              (exact, in [-1, 1))
///
///   value = 1 + 0.1f * r      gains of layer norms: "*_ln.weight", "encoder.ln_post.weight", "decoder.ln.weight"
///           0.1f * r          every "*.bias"
///           0.05f * r         decoder.token_embedding.weight and decoder.positional_embedding
///           sinusoids         encoder.positional_embedding (fill_sinusoids)
///           s * r             every other weight; s = float(sqrt(3.0 / fan_in)), so that the variance is 1 / fan_in;
///                             fan_in: product of all extents but the first
///
/// A tensor is made when it is first asked for and kept. Any number of threads may ask. generation() is empty.
/// Errors: kBadModel when `dims` are not valid, kOutOfMemory.
Result<std::unique_ptr<Checkpoint>> make_random_checkpoint(const Dims& dims);

}  // namespace skald::model
