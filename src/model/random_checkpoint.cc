#include "model/random_checkpoint.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <mutex>
#include <new>
#include <string>

#include "base/aligned_buffer.h"
#include "model/tensor_list.h"

namespace skald::model {
namespace {

struct NamedDims {
  std::string_view name;
  int vocab;
  int mel_bands;
  int width;
  int heads;
  int audio_layers;
  int text_layers;
};

constexpr int kEnglish = 51864;
constexpr int kMultilingual = 51865;
constexpr int kCantonese = 51866;  // large-v3 added one language

// openai/whisper model-card.md and the config.json files of openai/whisper-* and distil-whisper/distil-*.
constexpr std::array<NamedDims, 20> kNamed{{{"mini.en", kEnglish, 80, 256, 4, 4, 3},
                                            {"tiny", kMultilingual, 80, 384, 6, 4, 4},
                                            {"tiny.en", kEnglish, 80, 384, 6, 4, 4},
                                            {"base", kMultilingual, 80, 512, 8, 6, 6},
                                            {"base.en", kEnglish, 80, 512, 8, 6, 6},
                                            {"small", kMultilingual, 80, 768, 12, 12, 12},
                                            {"small.en", kEnglish, 80, 768, 12, 12, 12},
                                            {"medium", kMultilingual, 80, 1024, 16, 24, 24},
                                            {"medium.en", kEnglish, 80, 1024, 16, 24, 24},
                                            {"large-v1", kMultilingual, 80, 1280, 20, 32, 32},
                                            {"large-v2", kMultilingual, 80, 1280, 20, 32, 32},
                                            {"large-v3", kCantonese, 128, 1280, 20, 32, 32},
                                            {"large", kCantonese, 128, 1280, 20, 32, 32},
                                            {"large-v3-turbo", kCantonese, 128, 1280, 20, 32, 4},
                                            {"turbo", kCantonese, 128, 1280, 20, 32, 4},
                                            {"distil-small.en", kEnglish, 80, 768, 12, 12, 4},
                                            {"distil-medium.en", kEnglish, 80, 1024, 16, 24, 2},
                                            {"distil-large-v2", kMultilingual, 80, 1280, 20, 32, 2},
                                            {"distil-large-v3", kCantonese, 128, 1280, 20, 32, 2},
                                            {"distil-large-v3.5", kCantonese, 128, 1280, 20, 32, 2}}};

uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return hash;
}

/// r_i of the header's formula.
float uniform(uint64_t seed, uint64_t i) {
  uint64_t z = seed + (i + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  z ^= z >> 31U;
  return 2.0F * (static_cast<float>(z >> 40U) * 0x1p-24F) - 1.0F;
}

/// value = offset + scale * r
struct Affine {
  float offset;
  float scale;
};

Affine affine_of(std::string_view name, const Shape& shape) {
  if (name.ends_with(".bias")) return {0.0F, 0.1F};
  if (name.ends_with("_ln.weight") || name == "encoder.ln_post.weight" || name == "decoder.ln.weight") {
    return {1.0F, 0.1F};
  }
  if (name == kTokenEmbedding || name == "decoder.positional_embedding") return {0.0F, 0.05F};
  int64_t fan_in = 1;
  for (int d = 1; d < shape.rank; ++d) fan_in *= shape[d];
  return {0.0F, static_cast<float>(std::sqrt(3.0 / static_cast<double>(fan_in)))};
}

class RandomCheckpoint final : public Checkpoint {
 public:
  explicit RandomCheckpoint(const Dims& dims) : dims_(dims) {
    for (NamedShape& t : tensor_list(dims)) {
      parameters_ += t.shape.count();
      tensors_.emplace(std::move(t.name), Entry{t.shape, {}});
    }
  }

  std::string_view format() const override { return "random"; }
  const Dims& dims() const override { return dims_; }
  const GenerationDefaults& generation() const override { return generation_; }
  Result<TensorView> tensor(std::string_view name, const Shape& shape) const override;
  std::optional<std::filesystem::path> tokenizer_directory() const override { return std::nullopt; }
  int64_t parameters() const override { return parameters_; }
  void release_pages() const override {}

 private:
  struct Entry {
    Shape shape;
    AlignedBuffer<float> values;  // empty until asked for
  };
  void fill(std::string_view name, std::span<float> out, const Shape& shape) const;

  Dims dims_;
  GenerationDefaults generation_;
  int64_t parameters_ = 0;
  mutable std::mutex mutex_;  // guards the values
  mutable std::map<std::string, Entry, std::less<>> tensors_;
};

void RandomCheckpoint::fill(std::string_view name, std::span<float> out, const Shape& shape) const {
  if (name == kEncoderPositions) return fill_sinusoids(dims_.audio_ctx, dims_.audio_state, out);
  const uint64_t seed = fnv1a(name);
  const Affine affine = affine_of(name, shape);
  for (size_t i = 0; i < out.size(); ++i) out[i] = affine.offset + affine.scale * uniform(seed, i);
}

Result<TensorView> RandomCheckpoint::tensor(std::string_view name, const Shape& shape) const {
  try {
    const std::scoped_lock lock(mutex_);
    const auto it = tensors_.find(name);
    if (it == tensors_.end()) return fail(ErrorCode::kBadModel, std::string(name), "is not a tensor of this model");
    Entry& entry = it->second;
    if (entry.shape != shape) {
      return fail(ErrorCode::kBadModel, std::string(name),
                  "has shape " + to_string(entry.shape) + ", not " + to_string(shape));
    }
    if (entry.values.size() == 0) {
      entry.values = AlignedBuffer<float>(static_cast<size_t>(shape.count()));
      fill(name, entry.values.span(), shape);
    }
    return TensorView{entry.values.data(), DType::kF32, shape};
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "random checkpoint", "there is not enough memory for a tensor");
  }
}

}  // namespace

Result<Dims> named_dims(std::string_view name) {
  const auto* found = std::find_if(kNamed.begin(), kNamed.end(), [&](const NamedDims& d) { return d.name == name; });
  if (found == kNamed.end()) {
    return fail(ErrorCode::kNotFound, std::string(name), "is not the name of a published model",
                "try base or large-v3");
  }
  Dims dims;
  dims.mel_bands = found->mel_bands;
  dims.vocab = found->vocab;
  dims.audio_state = dims.text_state = found->width;
  dims.audio_heads = dims.text_heads = found->heads;
  dims.audio_ffn = dims.text_ffn = 4 * found->width;  // model.py: n_mlp = n_state * 4
  dims.audio_layers = found->audio_layers;
  dims.text_layers = found->text_layers;
  return dims;
}

std::vector<std::string_view> dims_names() {
  std::vector<std::string_view> names;
  names.reserve(kNamed.size());
  for (const NamedDims& d : kNamed) names.push_back(d.name);
  return names;
}

Result<std::unique_ptr<Checkpoint>> make_random_checkpoint(const Dims& dims) {
  SKALD_CHECK(validate(dims, "random checkpoint"));
  try {
    return std::make_unique<RandomCheckpoint>(dims);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "random checkpoint", "there is not enough memory for it");
  }
}

}  // namespace skald::model
