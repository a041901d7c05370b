#include "model/ggml_checkpoint.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "model/byte_reader.h"
#include "model/damaged.h"
#include "model/json.h"
#include "model/tensor_list.h"

namespace skald::model {
namespace {

constexpr uint32_t kMagic = 0x67676d6c;
constexpr uint32_t kMaxTokens = 1 << 20;
constexpr uint32_t kMaxTokenBytes = 1 << 16;
constexpr int32_t kMaxName = 256;

/// enum ggml_type, as far as whisper.cpp writes it.
constexpr std::array<std::pair<int32_t, DType>, 7> kGgmlTypes{{{0, DType::kF32},
                                                               {1, DType::kF16},
                                                               {2, DType::kQ4v0},
                                                               {3, DType::kQ4v1},
                                                               {6, DType::kQ5v0},
                                                               {7, DType::kQ5v1},
                                                               {8, DType::kQ8v0}}};

Result<DType> type_of(int32_t type, std::string_view tensor, const std::string& where) {
  const auto* found = std::ranges::find(kGgmlTypes, type, &std::pair<int32_t, DType>::first);
  if (found != kGgmlTypes.end()) return found->second;
  return fail(ErrorCode::kUnsupported, where,
              "tensor " + shown(tensor) + " is of ggml's type " + std::to_string(type) + ", which cannot be read",
              "use f32, f16, q8_0, q5_0, q5_1, q4_0 or q4_1");
}

Result<Dims> read_dims(ByteReader& reader) {
  SKALD_TRY(const auto sizes, (reader.read<std::array<int32_t, 11>>("its sizes")));
  Dims dims{.mel_bands = sizes[9],
            .audio_ctx = sizes[1],
            .audio_state = sizes[2],
            .audio_heads = sizes[3],
            .audio_layers = sizes[4],
            .text_ctx = sizes[5],
            .text_state = sizes[6],
            .text_heads = sizes[7],
            .text_layers = sizes[8],
            .vocab = sizes[0]};
  constexpr int32_t kWidest = 1 << 20;  // four times that is an int; validate() has the real limit
  dims.audio_ffn = 4 * std::clamp(dims.audio_state, 0, kWidest);
  dims.text_ffn = 4 * std::clamp(dims.text_state, 0, kWidest);
  SKALD_CHECK(validate(dims, reader.where().c_str()));
  return dims;
}

/// Filters and vocabulary are those that the program has.
Result<void> skip_tables(ByteReader& reader) {
  constexpr int32_t kMost = 1 << 16;
  SKALD_TRY(const int32_t bands, reader.read<int32_t>("its mel filters"));
  SKALD_TRY(const int32_t bins, reader.read<int32_t>("its mel filters"));
  if (bands < 0 || bins < 0 || bands > kMost || bins > kMost)
    return damaged(reader.where(), "has impossible mel filters");
  SKALD_CHECK(reader.take(sizeof(float) * static_cast<size_t>(bands) * static_cast<size_t>(bins), "its mel filters"));
  SKALD_TRY(const uint32_t tokens, reader.read<uint32_t>("its vocabulary"));
  if (tokens > kMaxTokens)
    return damaged(reader.where(), "claims a vocabulary of " + std::to_string(tokens) + " tokens");
  for (uint32_t i = 0; i < tokens; ++i) {
    SKALD_TRY(const uint32_t length, reader.read<uint32_t>("its vocabulary"));
    if (length > kMaxTokenBytes)
      return damaged(reader.where(), "claims a token of " + std::to_string(length) + " bytes");
    SKALD_CHECK(reader.take(length, "its vocabulary"));
  }
  return {};
}

/// Extents come fastest first. The convolutions' biases are columns there.
Result<Shape> read_shape(ByteReader& reader, int32_t rank) {
  if (rank < 1 || rank > Shape::kMaxRank) {
    return damaged(reader.where(), "holds a tensor of " + std::to_string(rank) + " dimensions");
  }
  Shape shape;
  shape.rank = rank;
  int64_t count = 1;
  for (int i = rank - 1; i >= 0; --i) {
    SKALD_TRY(const int32_t extent, reader.read<int32_t>("a tensor's shape"));
    if (extent < 1 || __builtin_mul_overflow(count, extent, &count) || count > INT32_MAX) {
      return damaged(reader.where(), "holds a tensor with an impossible shape");
    }
    shape.extent[static_cast<size_t>(i)] = extent;
  }
  if (rank == 2 && shape[1] == 1) shape = Shape{shape[0]};
  return shape;
}

Result<void> read_tensor(ByteReader& reader, TensorTable& tensors) {
  SKALD_TRY(const auto head, (reader.read<std::array<int32_t, 3>>("a tensor's head")));
  const auto [rank, length, ggml_type] = head;
  SKALD_TRY(const Shape shape, read_shape(reader, rank));
  if (length < 1 || length > kMaxName) {
    return damaged(reader.where(), "holds a tensor whose name has " + std::to_string(length) + " bytes");
  }
  SKALD_TRY(const std::string_view name, reader.text(static_cast<size_t>(length), "a tensor's name"));
  SKALD_TRY(const DType type, type_of(ggml_type, name, reader.where()));
  TensorView view{.dtype = type, .shape = shape};
  if (shape[shape.rank - 1] % storage_of(type).elements != 0) {
    return damaged(reader.where(),
                   "tensor " + shown(name) + " has rows that are not whole blocks of " + to_string(type));
  }
  SKALD_TRY(const auto data, reader.take(view.bytes(), "tensor " + shown(name)));
  view.data = data.data();
  return tensors.add(std::string(name), view);
}

}  // namespace

Result<StoredModel> parse_ggml(std::span<const std::byte> file, const std::string& where) {
  ByteReader reader(file, where);
  SKALD_TRY(const uint32_t magic, reader.read<uint32_t>("its magic number"));
  if (magic != kMagic) return damaged(where, "is not a ggml model");
  StoredModel model("ggml", where);
  SKALD_TRY(model.dims, read_dims(reader));
  SKALD_CHECK(skip_tables(reader));
  while (reader.left() > 0) SKALD_CHECK(read_tensor(reader, model.tensors));
  return model;
}

Result<std::unique_ptr<Checkpoint>> open_ggml_checkpoint(const std::filesystem::path& path) {
  SKALD_TRY(MappedFile file, MappedFile::open(path));
  SKALD_TRY(StoredModel model, parse_ggml(file.bytes(), path.string()));
  model.files.push_back(std::move(file));
  return make_stored_checkpoint(std::move(model));
}

}  // namespace skald::model
