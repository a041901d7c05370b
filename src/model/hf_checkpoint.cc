#include "model/hf_checkpoint.h"

#include <cstring>
#include <set>
#include <system_error>

#include "base/aligned_buffer.h"
#include "base/file.h"
#include "base/log.h"
#include "model/hf_config.h"
#include "model/hf_names.h"
#include "model/json.h"
#include "model/safetensors.h"
#include "model/tensor_list.h"
#include "model/tensor_table.h"

namespace skald::model {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr size_t kMaxConfig = 4 << 20;  // bytes: the largest generation_config.json has 16 KiB
constexpr size_t kMaxIndex = 64 << 20;  // large-v3's index has 110 KiB
constexpr size_t kMaxShards = 1000;     // keeps mappings and descriptors bounded; large-v3 has 2

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// A text file of a model. A size that no such file has is a damaged model, not a wrong argument.
Result<std::string> read_text(const fs::path& path, size_t limit) {
  Result<std::string> text = read_file(path, limit);
  if (!text && text.error().code == ErrorCode::kInvalidArgument) text.error().code = ErrorCode::kBadModel;
  return text;
}

class HfCheckpoint final : public Checkpoint {
 public:
  explicit HfCheckpoint(const fs::path& directory) : directory_(directory) {}

  Result<void> load();

  const Dims& dims() const override { return config_.dims; }
  const GenerationDefaults& generation() const override { return generation_; }
  Result<TensorView> tensor(std::string_view name, const Shape& shape) const override {
    return tensors_.get(name, shape);
  }
  std::optional<fs::path> tokenizer_directory() const override {
    if (is_there(directory_ / "tokenizer.json") || is_there(directory_ / "vocab.json")) return directory_;
    return std::nullopt;
  }
  int64_t parameters() const override { return parameters_; }
  void release_pages() const override {
    for (const SafetensorsFile& file : files_) file.drop_pages();
  }

 private:
  Result<void> read_json_files();
  Result<void> open_single();
  Result<void> open_shards();
  Result<void> add(const StoredTensor& stored, const std::string& where);
  Result<void> settle_embedding();
  Result<void> add_positions();
  TensorView aligned(std::span<const std::byte> bytes, DType type, const Shape& shape);

  fs::path directory_;
  HfConfig config_;
  GenerationDefaults generation_;
  std::vector<SafetensorsFile> files_;
  std::vector<AlignedBuffer<std::byte>> copies_;  // tensors that lie unaligned in their file, and synthesised ones
  std::optional<TensorView> projection_;          // proj_out.weight
  TensorTable tensors_;
  int64_t parameters_ = 0;
};

Result<void> HfCheckpoint::load() {
  SKALD_CHECK(read_json_files());
  const bool single = is_there(directory_ / kSingle);
  tensors_ = TensorTable((directory_ / (single ? kSingle : kIndex)).string());
  if (single) {
    SKALD_CHECK(open_single());
  } else {
    SKALD_CHECK(open_shards());
  }
  SKALD_CHECK(settle_embedding());
  if (!tensors_.contains(kEncoderPositions)) SKALD_CHECK(add_positions());
  SKALD_CHECK(tensors_.check_complete(config_.dims));
  for (const NamedShape& t : tensor_list(config_.dims)) parameters_ += t.shape.count();
  return {};
}

Result<void> HfCheckpoint::read_json_files() {
  const fs::path config = directory_ / "config.json";
  SKALD_TRY(const std::string text, read_text(config, kMaxConfig));
  SKALD_TRY(config_, parse_hf_config(text, config.string()));
  const fs::path generation = directory_ / "generation_config.json";
  if (is_there(generation)) {
    SKALD_TRY(const std::string defaults, read_text(generation, kMaxConfig));
    SKALD_TRY(generation_, parse_hf_generation(defaults, config_.dims, generation.string()));
  }
  if (generation_.suppress_tokens.empty()) generation_.suppress_tokens = config_.suppress_tokens;
  return {};
}

Result<void> HfCheckpoint::open_single() {
  SKALD_TRY(SafetensorsFile file, SafetensorsFile::open(directory_ / kSingle));
  files_.push_back(std::move(file));
  for (const StoredTensor& stored : files_.back().tensors()) SKALD_CHECK(add(stored, files_.back().where()));
  return {};
}

Result<void> HfCheckpoint::open_shards() {
  const fs::path index = directory_ / kIndex;
  SKALD_TRY(const std::string text, read_text(index, kMaxIndex));
  SKALD_TRY(auto shard_of, parse_hf_index(text, index.string()));
  std::set<std::string> shards;
  for (const auto& [tensor, shard] : shard_of) shards.insert(shard);
  if (shards.size() > kMaxShards) {
    return fail(ErrorCode::kBadModel, index.string(), "names " + std::to_string(shards.size()) + " files",
                "download the model again");
  }
  for (const std::string& shard : shards) {
    SKALD_TRY(SafetensorsFile file, SafetensorsFile::open(directory_ / shard));
    files_.push_back(std::move(file));
    for (const StoredTensor& stored : files_.back().tensors()) {
      const auto entry = shard_of.find(stored.name);
      if (entry == shard_of.end() || entry->second != shard) continue;  // the index decides
      SKALD_CHECK(add(stored, files_.back().where()));
      shard_of.erase(entry);
    }
  }
  if (shard_of.empty()) return {};
  return fail(ErrorCode::kBadModel, (directory_ / shard_of.begin()->second).string(),
              "tensor " + shown(shard_of.begin()->first) + " is not in it, though " + kIndex + " says so",
              "download the model again");
}

TensorView HfCheckpoint::aligned(std::span<const std::byte> bytes, DType type, const Shape& shape) {
  const std::byte* data = bytes.data();
  if (reinterpret_cast<uintptr_t>(data) % size_of(type) != 0) {
    AlignedBuffer<std::byte>& copy = copies_.emplace_back(bytes.size());
    std::memcpy(copy.data(), data, bytes.size());
    data = copy.data();
  }
  return TensorView{data, type, shape};
}

Result<void> HfCheckpoint::add(const StoredTensor& stored, const std::string& where) {
  const std::optional<std::string> name = canonical_name(stored.name);
  if (!name && stored.name != kOutputProjection) {
    log().debug("{}: tensor {} is not part of a Whisper model and is ignored", where, shown(stored.name));
    return {};
  }
  if (!stored.dtype) {
    return fail(ErrorCode::kBadModel, where, "tensor " + shown(stored.name) + " is of type " + stored.type,
                "use a checkpoint in float32, float16 or bfloat16");
  }
  const TensorView view = aligned(stored.bytes, *stored.dtype, stored.shape);
  if (name) return tensors_.add(*name, view);
  projection_ = view;
  return {};
}

Result<void> HfCheckpoint::settle_embedding() {
  if (!projection_) return {};
  if (!tensors_.contains(kTokenEmbedding)) return tensors_.add(kTokenEmbedding, *projection_);
  if (config_.tied_embeddings) return {};
  const Shape shape{config_.dims.vocab, config_.dims.text_state};
  SKALD_TRY(const TensorView embedding, tensors_.get(kTokenEmbedding, shape));
  const TensorView& out = *projection_;
  if (out.shape == shape && out.dtype == embedding.dtype && std::memcmp(out.data, embedding.data, out.bytes()) == 0) {
    return {};
  }
  return fail(ErrorCode::kUnsupported, directory_.string(),
              "its output projection differs from its token embedding, which are one matrix in Whisper",
              "use a checkpoint with tied embeddings");
}

Result<void> HfCheckpoint::add_positions() {
  const Shape shape{config_.dims.audio_ctx, config_.dims.audio_state};
  const auto count = static_cast<size_t>(shape.count());
  AlignedBuffer<std::byte>& memory = copies_.emplace_back(count * sizeof(float));
  auto* values = reinterpret_cast<float*>(memory.data());
  fill_sinusoids(config_.dims.audio_ctx, config_.dims.audio_state, {values, count});
  return tensors_.add(kEncoderPositions, TensorView{values, DType::kF32, shape});
}

}  // namespace

bool is_hf_directory(const fs::path& directory) {
  return is_there(directory / kSingle) || is_there(directory / kIndex);
}

Result<std::unique_ptr<Checkpoint>> open_hf_checkpoint(const fs::path& directory) {
  auto checkpoint = std::make_unique<HfCheckpoint>(directory);
  SKALD_CHECK(checkpoint->load());
  return checkpoint;
}

}  // namespace skald::model
