#include "model/ct2_checkpoint.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "model/byte_reader.h"
#include "model/damaged.h"
#include "model/hf_config.h"
#include "model/json.h"
#include "model/tensor_list.h"

namespace skald::model {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kOldestVersion = 4;  // since then a variable says its type
constexpr uint32_t kNewestVersion = 6;
constexpr std::string_view kKind = "WhisperSpec";

/// ctranslate2::DataType. Int16 has no DType: nothing but numbers of heads and quantised weights are of it.
struct VariableType {
  uint8_t id = 0;
  std::optional<DType> dtype;
  size_t bytes = 0;
};
constexpr std::array<VariableType, 6> kVariableTypes{{{0, DType::kF32, 4},
                                                      {1, DType::kI8, 1},
                                                      {2, std::nullopt, 2},
                                                      {3, DType::kI32, 4},
                                                      {4, DType::kF16, 2},
                                                      {5, DType::kBF16, 2}}};

Result<std::string_view> read_text(ByteReader& reader) {
  SKALD_TRY(const uint16_t length, reader.read<uint16_t>("a name"));
  SKALD_TRY(std::string_view text, reader.text(length, "a name"));
  if (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  return text;
}

Result<void> read_head(ByteReader& reader) {
  SKALD_TRY(const uint32_t version, reader.read<uint32_t>("its version"));
  if (version < kOldestVersion || version > kNewestVersion) {
    return fail(ErrorCode::kUnsupported, reader.where(),
                "is of version " + std::to_string(version) + " of CTranslate2's format, not 4 to 6",
                "convert the model again with ct2-transformers-converter");
  }
  SKALD_TRY(const std::string_view kind, read_text(reader));
  if (kind != kKind) {
    return fail(ErrorCode::kUnsupported, reader.where(), "is a model of kind " + shown(kind) + ", not Whisper",
                "name the directory of a Whisper model");
  }
  SKALD_CHECK(reader.read<uint32_t>("its revision"));
  return {};
}

Result<void> read_variable(ByteReader& reader, Ct2Variables& variables) {
  SKALD_TRY(const std::string_view name, read_text(reader));
  SKALD_TRY(const uint8_t rank, reader.read<uint8_t>("a shape"));
  if (rank > Shape::kMaxRank) {
    return damaged(reader.where(), "variable " + shown(name) + " has " + std::to_string(rank) + " dimensions");
  }
  TensorView view;
  view.shape.rank = rank;
  int64_t count = 1;
  for (int i = 0; i < rank; ++i) {
    SKALD_TRY(const uint32_t extent, reader.read<uint32_t>("a shape"));
    if (__builtin_mul_overflow(count, int64_t{extent}, &count) || count > INT32_MAX) {
      return damaged(reader.where(), "variable " + shown(name) + " has an impossible shape");
    }
    view.shape.extent[static_cast<size_t>(i)] = extent;
  }
  SKALD_TRY(const uint8_t id, reader.read<uint8_t>("a type"));
  const auto* type = std::ranges::find(kVariableTypes, id, &VariableType::id);
  if (type == kVariableTypes.end()) return damaged(reader.where(), "variable " + shown(name) + " has an unknown type");
  SKALD_TRY(const uint32_t bytes, reader.read<uint32_t>("a size"));
  if (bytes != static_cast<uint64_t>(count) * type->bytes) {
    return damaged(reader.where(), "variable " + shown(name) + " has " + std::to_string(bytes) + " bytes for " +
                                       std::to_string(count) + " elements");
  }
  SKALD_TRY(const auto data, reader.take(bytes, "variable " + shown(name)));
  view.data = data.data();
  if (!type->dtype) {  // int16: a number of heads is kept as its bytes
    view.dtype = DType::kU8;
    view.shape = Shape{int64_t{bytes}};
  } else {
    view.dtype = *type->dtype;
  }
  if (!variables.views.try_emplace(std::string(name), view).second) {
    return damaged(reader.where(), "variable " + shown(name) + " is there twice");
  }
  return {};
}

Result<void> read_aliases(ByteReader& reader, Ct2Variables& variables) {
  SKALD_TRY(const uint32_t count, reader.read<uint32_t>("its aliases"));
  for (uint32_t i = 0; i < count; ++i) {
    SKALD_TRY(const std::string_view alias, read_text(reader));
    SKALD_TRY(const std::string_view name, read_text(reader));
    const auto found = variables.views.find(name);
    if (found == variables.views.end())
      return damaged(reader.where(), "alias of " + shown(name) + ", which is not there");
    const TensorView view = found->second;
    variables.views.try_emplace(std::string(alias), view);
  }
  return {};
}

/// Puts the variables under canonical names.
class Assembler {
 public:
  Assembler(const Ct2Variables& variables, const std::string& where)
      : variables_(variables), where_(where), model_("CTranslate2", where) {}

  Result<StoredModel> run() {
    SKALD_CHECK(read_dims());
    SKALD_CHECK(linear("encoder/conv1", {"encoder.conv1"}));
    SKALD_CHECK(linear("encoder/conv2", {"encoder.conv2"}));
    SKALD_CHECK(copy("encoder/position_encodings/encodings", kEncoderPositions));
    SKALD_CHECK(copy("decoder/position_encodings/encodings", "decoder.positional_embedding"));
    SKALD_TRY(const TensorView embedding, weight("decoder/embeddings/weight"));
    SKALD_CHECK(model_.tensors.add(kTokenEmbedding, embedding));
    SKALD_CHECK(norm("encoder/layer_norm", "encoder.ln_post"));
    SKALD_CHECK(norm("decoder/layer_norm", "decoder.ln"));
    for (int i = 0; i < model_.dims.audio_layers; ++i) SKALD_CHECK(layer("encoder", i));
    for (int i = 0; i < model_.dims.text_layers; ++i) SKALD_CHECK(layer("decoder", i));
    return std::move(model_);
  }

 private:
  Result<TensorView> find(const std::string& name) const {
    const auto found = variables_.views.find(name);
    if (found == variables_.views.end()) return damaged(where_, "variable " + name + " is missing");
    return found->second;
  }

  /// An extent of a variable as a size.
  Result<void> read_size(const std::string& name, int dimension, int& size) const {
    SKALD_TRY(const TensorView view, find(name));
    if (dimension >= view.shape.rank) return damaged(where_, "variable " + name + " has too few dimensions");
    size = static_cast<int>(view.shape[dimension]);
    return {};
  }

  /// An int16 or int8 scalar.
  Result<void> read_heads(const std::string& name, int& heads) const {
    SKALD_TRY(const TensorView view, find(name));
    if (view.bytes() < 1 || view.bytes() > 2) return damaged(where_, "variable " + name + " is no number of heads");
    const auto* bytes = static_cast<const std::byte*>(view.data);
    heads = std::to_integer<int>(bytes[0]) + (view.bytes() == 2 ? 256 * std::to_integer<int>(bytes[1]) : 0);
    return {};
  }

  int layers_of(const std::string& side) const {
    int layers = 0;
    while (variables_.views.contains(side + "/layer_" + std::to_string(layers) + "/ffn/linear_0/weight")) ++layers;
    return layers;
  }

  Result<void> read_dims() {
    Dims& dims = model_.dims;
    SKALD_CHECK(read_size("encoder/conv1/weight", 0, dims.audio_state));
    SKALD_CHECK(read_size("encoder/conv1/weight", 1, dims.mel_bands));
    SKALD_CHECK(read_size("encoder/position_encodings/encodings", 0, dims.audio_ctx));
    SKALD_CHECK(read_size("decoder/position_encodings/encodings", 0, dims.text_ctx));
    SKALD_CHECK(read_size("decoder/embeddings/weight", 0, dims.vocab));
    SKALD_CHECK(read_size("decoder/embeddings/weight", 1, dims.text_state));
    SKALD_CHECK(read_heads("encoder/num_heads", dims.audio_heads));
    SKALD_CHECK(read_heads("decoder/num_heads", dims.text_heads));
    dims.audio_layers = layers_of("encoder");
    dims.text_layers = layers_of("decoder");
    SKALD_CHECK(read_size("encoder/layer_0/ffn/linear_0/weight", 0, dims.audio_ffn));
    SKALD_CHECK(read_size("decoder/layer_0/ffn/linear_0/weight", 0, dims.text_ffn));
    return validate(dims, where_.c_str());
  }

  /// With the steps of its rows, if it is int8.
  Result<TensorView> weight(const std::string& name) {
    SKALD_TRY(TensorView view, find(name));
    if (view.dtype == DType::kU8) {
      return fail(ErrorCode::kUnsupported, where_, "variable " + name + " is of type int16",
                  "convert the model with --quantization int8, float16 or float32");
    }
    if (view.dtype != DType::kI8) return view;
    SKALD_TRY(const TensorView scales, find(name + "_scale"));
    if (view.shape.rank < 1 || scales.dtype != DType::kF32 || scales.count() != view.shape[0]) {
      return damaged(where_, "variable " + name + "_scale has not one number for each row");
    }
    AlignedBuffer<float>& steps = model_.made.emplace_back(static_cast<size_t>(scales.count()));
    to_f32(scales, steps.span());
    for (float& step : steps.span()) step = 1 / step;
    view.row_steps = steps.data();
    return view;
  }

  Result<void> copy(const std::string& from, std::string to) {
    SKALD_TRY(const TensorView view, find(from));
    return model_.tensors.add(std::move(to), view);
  }

  Result<void> norm(const std::string& from, const std::string& to) {
    SKALD_CHECK(copy(from + "/gamma", to + ".weight"));
    return copy(from + "/beta", to + ".bias");
  }

  /// A projection, or several one below the other. A key's bias changes no softmax, and Whisper has none.
  Result<void> linear(const std::string& from, const std::vector<std::string>& to) {
    SKALD_TRY(const TensorView w, weight(from + "/weight"));
    SKALD_TRY(const TensorView b, find(from + "/bias"));
    const auto parts = static_cast<int64_t>(to.size());
    if (w.shape.rank < 1 || b.shape.rank != 1 || w.shape[0] != b.shape[0] || w.shape[0] % parts != 0) {
      return damaged(where_,
                     "variable " + from + "/weight does not fit its bias or its " + std::to_string(parts) + " parts");
    }
    for (int64_t i = 0; i < parts; ++i) {
      const std::string& name = to[static_cast<size_t>(i)];
      SKALD_CHECK(model_.tensors.add(name + ".weight", part_of(w, i, parts)));
      if (!name.ends_with(".key")) SKALD_CHECK(model_.tensors.add(name + ".bias", part_of(b, i, parts)));
    }
    return {};
  }

  static TensorView part_of(const TensorView& whole, int64_t index, int64_t parts) {
    TensorView part = whole;
    const int64_t rows = whole.shape[0] / parts;
    part.shape.extent[0] = rows;
    part.data = static_cast<const std::byte*>(whole.data) + static_cast<size_t>(index) * part.bytes();
    if (whole.row_steps != nullptr) part.row_steps = whole.row_steps + index * rows;
    return part;
  }

  Result<void> layer(const std::string& side, int index) {
    const std::string from = side + "/layer_" + std::to_string(index);
    const std::string to = side + ".blocks." + std::to_string(index);
    SKALD_CHECK(norm(from + "/self_attention/layer_norm", to + ".attn_ln"));
    SKALD_CHECK(linear(from + "/self_attention/linear_0", {to + ".attn.query", to + ".attn.key", to + ".attn.value"}));
    SKALD_CHECK(linear(from + "/self_attention/linear_1", {to + ".attn.out"}));
    if (side == "decoder") {
      SKALD_CHECK(norm(from + "/attention/layer_norm", to + ".cross_attn_ln"));
      SKALD_CHECK(linear(from + "/attention/linear_0", {to + ".cross_attn.query"}));
      SKALD_CHECK(linear(from + "/attention/linear_1", {to + ".cross_attn.key", to + ".cross_attn.value"}));
      SKALD_CHECK(linear(from + "/attention/linear_2", {to + ".cross_attn.out"}));
    }
    SKALD_CHECK(norm(from + "/ffn/layer_norm", to + ".mlp_ln"));
    SKALD_CHECK(linear(from + "/ffn/linear_0", {to + ".mlp.0"}));
    return linear(from + "/ffn/linear_1", {to + ".mlp.2"});
  }

  const Ct2Variables& variables_;
  std::string where_;
  StoredModel model_;
};

}  // namespace

Result<Ct2Variables> parse_ct2(std::span<const std::byte> file, const std::string& where) {
  ByteReader reader(file, where);
  SKALD_CHECK(read_head(reader));
  Ct2Variables variables;
  SKALD_TRY(const uint32_t count, reader.read<uint32_t>("its variables"));
  for (uint32_t i = 0; i < count; ++i) SKALD_CHECK(read_variable(reader, variables));
  SKALD_CHECK(read_aliases(reader, variables));
  return variables;
}

Result<StoredModel> assemble_ct2(const Ct2Variables& variables, const std::string& where) {
  return Assembler(variables, where).run();
}

Result<std::unique_ptr<Checkpoint>> open_ct2_checkpoint(const fs::path& directory) {
  const fs::path path = directory / "model.bin";
  SKALD_TRY(MappedFile file, MappedFile::open(path));
  SKALD_TRY(const Ct2Variables variables, parse_ct2(file.bytes(), path.string()));
  SKALD_TRY(StoredModel model, assemble_ct2(variables, path.string()));
  model.files.push_back(std::move(file));
  const fs::path config = directory / "config.json";
  if (is_there(config)) {
    SKALD_TRY(const std::string text, read_model_text(config));
    SKALD_TRY(model.generation, parse_ct2_config(text, model.dims, config.string()));
  }
  if (is_there(directory / "tokenizer.json")) model.tokenizer = directory;
  return make_stored_checkpoint(std::move(model));
}

}  // namespace skald::model
