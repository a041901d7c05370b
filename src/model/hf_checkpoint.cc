#include "model/hf_checkpoint.h"

#include <cstring>
#include <set>

#include "base/file.h"
#include "base/log.h"
#include "model/hf_config.h"
#include "model/hf_names.h"
#include "model/json.h"
#include "model/safetensors.h"
#include "model/stored_model.h"
#include "model/tensor_list.h"
#include "model/torch_checkpoint.h"

namespace skald::model {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kTorch = "pytorch_model.bin";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr size_t kMaxIndex = 64 << 20;  // large-v3's index has 110 KiB
constexpr size_t kMaxShards = 1000;     // keeps mappings and descriptors bounded; large-v3 has 2

/// The file of a directory that its weights are taken from; empty: none.
std::string weights_of(const fs::path& directory) {
  for (const char* name : {kSingle, kIndex, kTorch}) {
    if (is_there(directory / name)) return name;
  }
  return {};
}

/// Fills a StoredModel from the files of a directory.
class HfReader {
 public:
  explicit HfReader(const fs::path& directory)
      : directory_(directory),
        weights_(weights_of(directory)),
        model_("Hugging Face", (directory / weights_).string()) {}

  Result<StoredModel> read() {
    SKALD_CHECK(read_json_files());
    if (weights_ == kIndex) {
      SKALD_CHECK(open_shards());
    } else {
      SKALD_CHECK(weights_ == kTorch ? open_torch() : open_single());
    }
    SKALD_CHECK(settle_embedding());
    if (is_there(directory_ / "tokenizer.json") || is_there(directory_ / "vocab.json")) model_.tokenizer = directory_;
    return std::move(model_);
  }

 private:
  Result<void> read_json_files();
  Result<void> open_single();
  Result<void> open_torch();
  Result<void> open_shards();
  Result<std::vector<StoredTensor>> open(const fs::path& path);
  Result<void> add(const StoredTensor& stored, const std::string& where);
  Result<void> add(const std::string& name, const TensorView& view);
  Result<void> settle_embedding();

  fs::path directory_;
  std::string weights_;  ///< the file that holds or lists them
  HfConfig config_;
  std::optional<TensorView> projection_;  // proj_out.weight
  StoredModel model_;
};

Result<void> HfReader::read_json_files() {
  const fs::path config = directory_ / "config.json";
  SKALD_TRY(const std::string text, read_model_text(config));
  SKALD_TRY(config_, parse_hf_config(text, config.string()));
  model_.dims = config_.dims;
  const fs::path generation = directory_ / "generation_config.json";
  if (is_there(generation)) {
    SKALD_TRY(const std::string defaults, read_model_text(generation));
    SKALD_TRY(model_.generation, parse_hf_generation(defaults, config_.dims, generation.string()));
  }
  if (model_.generation.suppress_tokens.empty()) model_.generation.suppress_tokens = config_.suppress_tokens;
  return {};
}

/// Maps a file, which the model keeps.
Result<std::vector<StoredTensor>> HfReader::open(const fs::path& path) {
  SKALD_TRY(MappedFile file, MappedFile::open(path));
  SKALD_TRY(auto tensors, parse_safetensors(file.bytes(), path.string()));
  model_.files.push_back(std::move(file));
  return tensors;
}

Result<void> HfReader::open_single() {
  const fs::path path = directory_ / kSingle;
  SKALD_TRY(const auto tensors, open(path));
  for (const StoredTensor& stored : tensors) SKALD_CHECK(add(stored, path.string()));
  return {};
}

Result<void> HfReader::open_torch() {
  const fs::path path = directory_ / kTorch;
  SKALD_TRY(MappedFile file, MappedFile::open(path));
  SKALD_TRY(const TorchFile read, parse_torch(file.bytes(), path.string()));
  model_.files.push_back(std::move(file));
  for (const TorchTensor& tensor : read.tensors) SKALD_CHECK(add(tensor.name, tensor.view));
  return {};
}

Result<void> HfReader::open_shards() {
  const fs::path index = directory_ / kIndex;
  SKALD_TRY(const std::string text, read_model_text(index, kMaxIndex));
  SKALD_TRY(auto shard_of, parse_hf_index(text, index.string()));
  std::set<std::string> shards;
  for (const auto& [tensor, shard] : shard_of) shards.insert(shard);
  if (shards.size() > kMaxShards) {
    return fail(ErrorCode::kBadModel, index.string(), "names " + std::to_string(shards.size()) + " files",
                "download the model again");
  }
  for (const std::string& shard : shards) {
    const fs::path path = directory_ / shard;
    SKALD_TRY(const auto tensors, open(path));
    for (const StoredTensor& stored : tensors) {
      const auto entry = shard_of.find(stored.name);
      if (entry == shard_of.end() || entry->second != shard) continue;  // the index decides
      SKALD_CHECK(add(stored, path.string()));
      shard_of.erase(entry);
    }
  }
  if (shard_of.empty()) return {};
  return fail(ErrorCode::kBadModel, (directory_ / shard_of.begin()->second).string(),
              "tensor " + shown(shard_of.begin()->first) + " is not in it, though " + kIndex + " says so",
              "download the model again");
}

Result<void> HfReader::add(const std::string& name, const TensorView& view) {
  if (const auto canonical = canonical_name(name)) return model_.tensors.add(*canonical, view);
  if (name == kOutputProjection) {
    projection_ = view;
  } else {
    log().debug("{}: tensor {} is not part of a Whisper model and is ignored", directory_.string(), shown(name));
  }
  return {};
}

Result<void> HfReader::add(const StoredTensor& stored, const std::string& where) {
  const bool wanted = canonical_name(stored.name) || stored.name == kOutputProjection;
  if (wanted && !stored.dtype) {
    return fail(ErrorCode::kBadModel, where, "tensor " + shown(stored.name) + " is of type " + stored.type,
                "use a checkpoint in float32, float16 or bfloat16");
  }
  return add(stored.name,
             {.data = stored.bytes.data(), .dtype = stored.dtype.value_or(DType::kU8), .shape = stored.shape});
}

Result<void> HfReader::settle_embedding() {
  if (!projection_) return {};
  if (!model_.tensors.contains(kTokenEmbedding)) return model_.tensors.add(kTokenEmbedding, *projection_);
  if (config_.tied_embeddings) return {};
  const Shape shape{config_.dims.vocab, config_.dims.text_state};
  SKALD_TRY(const TensorView embedding, model_.tensors.get(kTokenEmbedding, shape));
  const TensorView& out = *projection_;
  if (out.shape == shape && out.dtype == embedding.dtype && std::memcmp(out.data, embedding.data, out.bytes()) == 0) {
    return {};
  }
  return fail(ErrorCode::kUnsupported, directory_.string(),
              "its output projection differs from its token embedding, which are one matrix in Whisper",
              "use a checkpoint with tied embeddings");
}

}  // namespace

bool is_hf_directory(const fs::path& directory) {
  return !weights_of(directory).empty();
}

Result<std::unique_ptr<Checkpoint>> open_hf_checkpoint(const fs::path& directory) {
  SKALD_TRY(StoredModel model, HfReader(directory).read());
  return make_stored_checkpoint(std::move(model));
}

}  // namespace skald::model
