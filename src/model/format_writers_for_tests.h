#pragma once
// Model files of other programs, written from scratch for tests.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/half.h"
#include "base/tensor.h"
#include "model/dims.h"
#include "model/tensor_list.h"
#include "model/test_support.h"

namespace skald::model {

/// 32 wide: rows are whole blocks.
inline Dims block_dims() {
  Dims dims = small_dims();
  dims.audio_state = dims.text_state = 32;
  dims.audio_ffn = dims.text_ffn = 128;
  return dims;
}

template <class T>
void append(std::string& to, const T& value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// float32, float16, or q8_0 with the largest of a block at 127.
inline std::string stored_values(const NamedValues& tensor) {
  std::string bytes;
  if (tensor.type == DType::kQ8v0) {
    for (size_t at = 0; at < tensor.values.size(); at += 32) {
      float largest = 0;
      for (size_t i = at; i < at + 32; ++i) largest = std::max(largest, std::abs(tensor.values[i]));
      const uint16_t step = f32_to_f16(largest / 127);
      append(bytes, step);
      for (size_t i = at; i < at + 32; ++i) {
        append(bytes, static_cast<int8_t>(std::lround(tensor.values[i] / f16_to_f32(step))));
      }
    }
    return bytes;
  }
  for (const float value : tensor.values) {
    if (tensor.type == DType::kF16) {
      append(bytes, f32_to_f16(value));
    } else {
      append(bytes, value);
    }
  }
  return bytes;
}

/// What stands before a tensor's numbers.
inline std::string ggml_tensor_head(const std::string& name, const Shape& shape, DType type) {
  std::string bytes;
  append(bytes, int32_t{shape.rank});
  append(bytes, static_cast<int32_t>(name.size()));
  append(bytes, int32_t{type == DType::kQ8v0 ? 8 : type == DType::kF16 ? 1 : 0});
  for (int i = shape.rank - 1; i >= 0; --i) append(bytes, static_cast<int32_t>(shape[i]));
  return bytes + name;
}

inline std::string ggml_tensor_bytes(const NamedValues& tensor) {
  Shape shape = tensor.shape;
  if (tensor.name == "encoder.conv1.bias" || tensor.name == "encoder.conv2.bias") {
    shape.extent[static_cast<size_t>(shape.rank++)] = 1;  // a column
  }
  return ggml_tensor_head(tensor.name, shape, tensor.type) + stored_values(tensor);
}

/// The magic and the sizes; the mel filters come next.
inline std::string ggml_head(const Dims& dims) {
  std::string bytes = "lmgg";
  for (const int size : {dims.vocab, dims.audio_ctx, dims.audio_state, dims.audio_heads, dims.audio_layers,
                         dims.text_ctx, dims.text_state, dims.text_heads, dims.text_layers, dims.mel_bands, 1}) {
    append(bytes, int32_t{size});
  }
  return bytes;
}

/// A file with two words of vocabulary and a 1 x 2 mel filter.
inline std::string ggml_bytes(const Dims& dims, const std::vector<NamedValues>& tensors) {
  std::string bytes = ggml_head(dims);
  for (const int32_t size : {1, 2, 0, 0, 2}) append(bytes, size);  // filters: bands, bins, numbers; words
  for (const std::string word : {"a", "bc"}) {
    append(bytes, static_cast<uint32_t>(word.size()));
    bytes += word;
  }
  for (const NamedValues& tensor : tensors) bytes += ggml_tensor_bytes(tensor);
  return bytes;
}

/// Version, flags to checksum (not read), both sizes, and the lengths of what follows: in a zip archive, before a
/// member and in its row of the directory.
inline std::string zip_fields(const std::string& name, uint32_t size, uint16_t extra = 0) {
  std::string bytes = std::string("\x14\0", 2) + std::string(12, '\0');
  for (int i = 0; i < 2; ++i) append(bytes, size);
  append(bytes, static_cast<uint16_t>(name.size()));
  append(bytes, extra);
  return bytes;
}

/// What stands before a stored member's content.
inline std::string zip_member_head(const std::string& name, uint32_t size) {
  return "PK\x03\x04" + zip_fields(name, size) + name;
}

/// A member's row of the directory.
inline std::string zip_row(const std::string& name, uint32_t size, uint32_t offset, uint16_t extra = 0) {
  std::string bytes = std::string("PK\x01\x02\x14\0", 6) + zip_fields(name, size, extra) + std::string(10, '\0');
  append(bytes, offset);
  return bytes + name;
}

/// The last record of an archive.
inline std::string zip_end(uint16_t count, uint32_t directory, uint32_t begin) {
  std::string bytes("PK\x05\x06\0\0\0\0", 8);
  for (int i = 0; i < 2; ++i) append(bytes, count);
  append(bytes, directory);
  append(bytes, begin);
  return bytes + std::string(2, '\0');
}

/// A stored zip archive; `large`: with the numbers of one beyond 4 GB where those of a small one do not fit.
inline std::string zip_bytes(const std::vector<std::pair<std::string, std::string>>& members, bool large = false) {
  std::string file;
  std::string directory;
  for (const auto& [name, content] : members) {
    const auto offset = static_cast<uint32_t>(file.size());
    const auto size = static_cast<uint32_t>(content.size());
    file += zip_member_head(name, size) + content;
    if (!large) {
      directory += zip_row(name, size, offset);
      continue;
    }
    directory += zip_row(name, UINT32_MAX, UINT32_MAX, 28);
    append(directory, uint16_t{1});
    append(directory, uint16_t{24});
    for (const uint64_t number : {uint64_t{size}, uint64_t{size}, uint64_t{offset}}) append(directory, number);
  }
  const uint64_t begin = file.size();
  const uint64_t count = members.size();
  file += directory;
  if (large) {
    const uint64_t record = file.size();
    file += "PK\x06\x06" + std::string(20, '\0');  // size, versions, disks: not read
    for (const uint64_t number : {count, count, uint64_t{directory.size()}, begin}) append(file, number);
    file += std::string("PK\x06\x07\0\0\0\0", 8);
    append(file, record);
    append(file, uint32_t{1});
  }
  return file + zip_end(static_cast<uint16_t>(large ? UINT16_MAX : count), static_cast<uint32_t>(directory.size()),
                        large ? UINT32_MAX : static_cast<uint32_t>(begin));
}

/// Instructions of a pickle of protocol 2.
class PickleWriter {
 public:
  std::string bytes = "\x80\x02";

  void text(const std::string& value) {
    bytes += 'X';
    append(bytes, static_cast<uint32_t>(value.size()));
    bytes += value;
  }
  void number(int32_t value) {
    bytes += 'J';
    append(bytes, value);
  }
  void tuple(const Shape& shape, bool strides) {
    bytes += '(';
    int64_t step = shape.count();
    for (int i = 0; i < shape.rank; ++i) {
      step /= shape[i];
      number(static_cast<int32_t>(strides ? step : shape[i]));
    }
    bytes += 't';
  }
  /// {"dims": {...}, "model_state_dict": up to the dictionary itself.
  void head(const Dims& dims) {
    bytes += "}(";
    text("dims");
    bytes += "}(";
    const std::pair<const char*, int> sizes[] = {
        {"n_mels", dims.mel_bands},         {"n_vocab", dims.vocab},
        {"n_audio_ctx", dims.audio_ctx},    {"n_audio_state", dims.audio_state},
        {"n_audio_head", dims.audio_heads}, {"n_audio_layer", dims.audio_layers},
        {"n_text_ctx", dims.text_ctx},      {"n_text_state", dims.text_state},
        {"n_text_head", dims.text_heads},   {"n_text_layer", dims.text_layers}};
    for (const auto& [name, size] : sizes) {
      text(name);
      number(size);
    }
    bytes += 'u';
    text("model_state_dict");
  }
  void tensor(const NamedValues& tensor, int key) {
    bytes += "ctorch._utils\n_rebuild_tensor_v2\n(";
    bytes += '(';
    text("storage");
    bytes += tensor.type == DType::kF16 ? "ctorch\nHalfStorage\n" : "ctorch\nFloatStorage\n";
    text(std::to_string(key));
    text("cpu");
    number(static_cast<int32_t>(tensor.shape.count()));
    bytes += "tQ";
    number(0);
    tuple(tensor.shape, false);
    tuple(tensor.shape, true);
    bytes +=
        "\x89"
        "ccollections\nOrderedDict\n)RtR";
  }
};

/// What torch.save writes of {"dims": ..., "model_state_dict": tensors}, or of the tensors alone.
inline std::string torch_bytes(const std::vector<NamedValues>& tensors, const Dims* dims, bool large = false) {
  std::vector<std::pair<std::string, std::string>> members(1);
  PickleWriter pickle;
  if (dims != nullptr) pickle.head(*dims);
  pickle.bytes += "ccollections\nOrderedDict\n)R(";
  for (const NamedValues& tensor : tensors) {
    const auto key = static_cast<int>(members.size()) - 1;
    pickle.text(tensor.name);
    pickle.tensor(tensor, key);
    members.emplace_back("archive/data/" + std::to_string(key), stored_values(tensor));
  }
  pickle.bytes += 'u';
  if (dims != nullptr) pickle.bytes += 'u';
  members[0] = {"archive/data.pkl", pickle.bytes + "."};
  return zip_bytes(members, large);
}

/// A text as CTranslate2 writes it: its length and a 0 behind it.
inline std::string ct2_text(const std::string& value) {
  std::string bytes;
  append(bytes, static_cast<uint16_t>(value.size() + 1));
  return bytes + value + '\0';
}

/// Versions, name and the number of variables that follow.
inline std::string ct2_head(uint32_t variables) {
  std::string bytes;
  append(bytes, uint32_t{6});
  bytes += ct2_text("WhisperSpec");
  append(bytes, uint32_t{3});
  append(bytes, variables);
  return bytes;
}

/// What stands before a variable's numbers. `type`: CTranslate2's number for it (0 float32, 1 int8, 2 int16, 4
/// float16).
inline std::string ct2_variable_head(const std::string& name, const Shape& shape, uint8_t type, size_t size) {
  std::string bytes = ct2_text(name);
  append(bytes, static_cast<uint8_t>(shape.rank));
  for (int i = 0; i < shape.rank; ++i) append(bytes, static_cast<uint32_t>(shape[i]));
  append(bytes, type);
  append(bytes, static_cast<uint32_t>(size));
  return bytes;
}

/// A model.bin of CTranslate2; int8: matrices with a scale a row.
class Ct2Writer {
 public:
  explicit Ct2Writer(bool int8) : int8_(int8) {}

  void add(const std::string& name, const Shape& shape, const std::vector<float>& values) {
    const bool quantised = int8_ && name.ends_with("/weight");
    variable(name, shape, quantised ? 1 : 0, values.size() * (quantised ? 1 : sizeof(float)));
    if (!quantised) {
      for (const float value : values) append(body_, value);
      return;
    }
    const size_t width = values.size() / static_cast<size_t>(shape[0]);
    std::vector<float> scales;
    for (size_t row = 0; row < values.size(); row += width) {
      float largest = 1e-6F;
      for (size_t i = row; i < row + width; ++i) largest = std::max(largest, std::abs(values[i]));
      scales.push_back(127 / largest);
      for (size_t i = row; i < row + width; ++i)
        append(body_, static_cast<int8_t>(std::lround(values[i] * scales.back())));
    }
    add(name + "_scale", Shape{shape[0]}, scales);
  }
  void heads(const std::string& name, int count) {
    variable(name, {}, 2, sizeof(int16_t));
    append(body_, static_cast<int16_t>(count));
  }

  std::string bytes() const {
    std::string file = ct2_head(count_) + body_;
    append(file, uint32_t{1});
    return file + ct2_text("decoder/projection/weight") + ct2_text("decoder/embeddings/weight");
  }

 private:
  void variable(const std::string& name, const Shape& shape, uint8_t type, size_t size) {
    ++count_;
    body_ += ct2_variable_head(name, shape, type, size);
  }

  bool int8_;
  uint32_t count_ = 0;
  std::string body_;
};

/// The variables of a model with canonical names: query, key and value become one.
inline std::string ct2_bytes(const Dims& dims, const std::vector<NamedValues>& tensors, bool int8) {
  Ct2Writer writer(int8);
  const auto find = [&](const std::string& name) -> const NamedValues& {
    return *std::find_if(tensors.begin(), tensors.end(), [&](const NamedValues& t) { return t.name == name; });
  };
  const auto copy = [&](const std::string& from, const std::string& to) {
    writer.add(to, find(from).shape, find(from).values);
  };
  const auto stack = [&](const std::vector<std::string>& from, const std::string& to) {
    NamedValues w = find(from[0] + ".weight");
    std::vector<float> bias;
    for (const std::string& part : from) {
      const NamedValues& one = find(part + ".weight");
      if (&part != &from[0]) {
        w.shape.extent[0] += one.shape[0];
        w.values.insert(w.values.end(), one.values.begin(), one.values.end());
      }
      std::vector<float> own(static_cast<size_t>(one.shape[0]));
      if (!part.ends_with(".key")) own = find(part + ".bias").values;
      bias.insert(bias.end(), own.begin(), own.end());
    }
    writer.add(to + "/weight", w.shape, w.values);
    writer.add(to + "/bias", Shape{w.shape[0]}, bias);
  };
  const auto norm = [&](const std::string& from, const std::string& to) {
    copy(from + ".weight", to + "/gamma");
    copy(from + ".bias", to + "/beta");
  };
  stack({"encoder.conv1"}, "encoder/conv1");
  stack({"encoder.conv2"}, "encoder/conv2");
  copy(kEncoderPositions, "encoder/position_encodings/encodings");
  copy("decoder.positional_embedding", "decoder/position_encodings/encodings");
  copy(kTokenEmbedding, "decoder/embeddings/weight");
  norm("encoder.ln_post", "encoder/layer_norm");
  norm("decoder.ln", "decoder/layer_norm");
  writer.heads("encoder/num_heads", dims.audio_heads);
  writer.heads("decoder/num_heads", dims.text_heads);
  for (const auto& [side, layers] :
       {std::pair<std::string, int>{"encoder", dims.audio_layers}, {"decoder", dims.text_layers}}) {
    for (int i = 0; i < layers; ++i) {
      const std::string from = side + ".blocks." + std::to_string(i);
      const std::string to = side + "/layer_" + std::to_string(i);
      norm(from + ".attn_ln", to + "/self_attention/layer_norm");
      stack({from + ".attn.query", from + ".attn.key", from + ".attn.value"}, to + "/self_attention/linear_0");
      stack({from + ".attn.out"}, to + "/self_attention/linear_1");
      if (side == "decoder") {
        norm(from + ".cross_attn_ln", to + "/attention/layer_norm");
        stack({from + ".cross_attn.query"}, to + "/attention/linear_0");
        stack({from + ".cross_attn.key", from + ".cross_attn.value"}, to + "/attention/linear_1");
        stack({from + ".cross_attn.out"}, to + "/attention/linear_2");
      }
      norm(from + ".mlp_ln", to + "/ffn/layer_norm");
      stack({from + ".mlp.0"}, to + "/ffn/linear_0");
      stack({from + ".mlp.2"}, to + "/ffn/linear_1");
    }
  }
  return writer.bytes();
}

}  // namespace skald::model
