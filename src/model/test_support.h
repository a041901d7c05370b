#pragma once
// Files for tests: a temporary directory, and safetensors files written from scratch.

#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/half.h"
#include "base/tensor.h"
#include "model/dims.h"
#include "model/random_checkpoint.h"
#include "model/tensor_list.h"

namespace skald::model {

/// A directory that is gone at the end of a scope.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "skald-test.XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, std::string_view content) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
    return file;
  }

 private:
  std::filesystem::path path_;
};

/// The bytes of a file with this header text and data.
inline std::string safetensors_bytes(std::string_view header, std::string_view data = {}) {
  const uint64_t length = header.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  return file.append(header).append(data);
}

/// Collects tensors and writes them as one file.
class SafetensorsWriter {
 public:
  void add(const std::string& name, DType type, const Shape& shape, std::span<const float> values) {
    const size_t begin = data_.size();
    for (const float value : values) append(type, value);
    if (!header_.empty()) header_ += ',';
    header_ += '"' + name + R"(":{"dtype":")" + spelled(type) + R"(","shape":[)";
    for (int i = 0; i < shape.rank; ++i) header_ += (i > 0 ? "," : "") + std::to_string(shape[i]);
    header_ += R"(],"data_offsets":[)" + std::to_string(begin) + ',' + std::to_string(data_.size()) + "]}";
  }
  /// `unaligned` moves the data to an odd address.
  std::string bytes(bool unaligned = false) const {
    std::string header = '{' + header_ + '}';
    while (header.size() % 8 != (unaligned ? 1U : 0U)) header += ' ';
    return safetensors_bytes(header, data_);
  }

 private:
  static const char* spelled(DType type) {
    switch (type) {
      case DType::kF16: return "F16";
      case DType::kBF16: return "BF16";
      case DType::kI32: return "I32";
      default: return "F32";
    }
  }
  void append(DType type, float value) {
    if (type == DType::kF16) return append_bits(f32_to_f16(value));
    if (type == DType::kBF16) return append_bits(f32_to_bf16(value));
    append_bits(value);
  }
  template <class T>
  void append_bits(T value) {
    const size_t old = data_.size();
    data_.resize(old + sizeof value);
    std::memcpy(data_.data() + old, &value, sizeof value);
  }
  std::string header_;
  std::string data_;
};

/// The Hugging Face name of a canonical one, written independently of hf_names.cc.
inline std::string hugging_face_name(std::string name) {
  static const std::pair<const char*, const char*> kReplacements[] = {
      {".cross_attn_ln", ".encoder_attn_layer_norm"},
      {".attn_ln", ".self_attn_layer_norm"},
      {".mlp_ln", ".final_layer_norm"},
      {".cross_attn.", ".encoder_attn."},
      {".attn.", ".self_attn."},
      {".query", ".q_proj"},
      {".key", ".k_proj"},
      {".value", ".v_proj"},
      {".out.", ".out_proj."},
      {".mlp.0", ".fc1"},
      {".mlp.2", ".fc2"},
      {".blocks.", ".layers."},
      {"encoder.ln_post", "encoder.layer_norm"},
      {"decoder.ln.", "decoder.layer_norm."},
      {"token_embedding", "embed_tokens"},
      {"positional_embedding", "embed_positions.weight"}};
  for (const auto& [from, to] : kReplacements) {
    const size_t at = name.find(from);
    if (at != std::string::npos) name.replace(at, std::string_view(from).size(), to);
  }
  return name;
}

/// A model small enough to be written a hundred times.
inline Dims small_dims() {
  Dims d;
  d.mel_bands = 8;
  d.audio_ctx = 6;
  d.text_ctx = 5;
  d.audio_state = d.text_state = 4;
  d.audio_heads = d.text_heads = 2;
  d.audio_ffn = d.text_ffn = 16;
  d.audio_layers = 2;
  d.text_layers = 1;
  d.vocab = 11;
  return d;
}

/// The config.json of small_dims().
inline constexpr std::string_view kSmallConfig = R"({"model_type": "whisper", "d_model": 4, "encoder_layers": 2,
  "encoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_layers": 1, "decoder_attention_heads": 2,
  "decoder_ffn_dim": 16, "vocab_size": 11, "num_mel_bins": 8, "max_source_positions": 6, "max_target_positions": 5,
  "suppress_tokens": [3, 4]})";

/// One tensor on its way into a file.
struct NamedValues {
  std::string name;  ///< as the file spells it
  Shape shape;
  std::vector<float> values;
  DType type = DType::kF32;
};

/// A model of small_dims(), or of the same with wider rows, with random values.
inline std::vector<NamedValues> random_tensors(const Dims& dims) {
  const auto source = make_random_checkpoint(dims).value();
  std::vector<NamedValues> tensors;
  for (const NamedShape& t : tensor_list(dims)) {
    NamedValues one{.name = t.name, .shape = t.shape, .values = {}};
    const auto* data = static_cast<const float*>(source->tensor(t.name, t.shape)->data);
    one.values.assign(data, data + t.shape.count());
    tensors.push_back(std::move(one));
  }
  return tensors;
}

}  // namespace skald::model
