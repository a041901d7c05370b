#include "model/torch_checkpoint.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "model/damaged.h"
#include "model/json.h"
#include "model/pickle.h"
#include "model/zip.h"

namespace skald::model {
namespace {

constexpr std::array<std::pair<std::string_view, DType>, 3> kStorageTypes{
    {{"FloatStorage", DType::kF32}, {"HalfStorage", DType::kF16}, {"BFloat16Storage", DType::kBF16}}};

/// Members by the end of their names, as everything lies in a folder of any name.
class Archive {
 public:
  Archive(std::vector<ZipMember> members, std::string where) : where_(std::move(where)) {
    for (ZipMember& member : members) {
      const size_t slash = member.name.find('/');
      if (slash != std::string::npos) members_.try_emplace(member.name.substr(slash + 1), member.bytes);
    }
  }

  std::optional<std::span<const std::byte>> find(const std::string& name) const {
    const auto found = members_.find(name);
    if (found == members_.end()) return std::nullopt;
    return found->second;
  }

  /// Nothing for types that hold no weights, as a counter.
  Result<std::optional<TensorView>> view(const std::string& name, const PickleTensor& tensor) const {
    const auto* type =
        std::ranges::find(kStorageTypes, tensor.storage.type, &std::pair<std::string_view, DType>::first);
    if (type == kStorageTypes.end()) return std::nullopt;
    if (tensor.shape.size() > Shape::kMaxRank || tensor.shape.size() != tensor.strides.size()) {
      return damaged(where_, "tensor " + shown(name) + " has a shape that no tensor of Whisper has");
    }
    TensorView view{.dtype = type->second};
    int64_t count = 1;
    for (size_t i = tensor.shape.size(); i-- > 0;) {
      if (tensor.shape[i] > 1 && tensor.strides[i] != count) {
        return fail(ErrorCode::kUnsupported, where_, "tensor " + shown(name) + " does not lie row by row",
                    "save the model again with contiguous tensors");
      }
      if (__builtin_mul_overflow(count, tensor.shape[i], &count) || count > INT32_MAX) {
        return damaged(where_, "tensor " + shown(name) + " has an impossible shape");
      }
      view.shape.extent[i] = tensor.shape[i];
    }
    view.shape.rank = static_cast<int>(tensor.shape.size());
    const auto bytes = find("data/" + tensor.storage.key);
    if (!bytes) return damaged(where_, "the numbers of tensor " + shown(name) + " are missing");
    const auto size = static_cast<int64_t>(storage_of(view.dtype).bytes);
    const int64_t there = std::ssize(*bytes) / size;
    if (tensor.offset > there || count > there - tensor.offset) {
      return damaged(where_, "the numbers of tensor " + shown(name) + " end outside of their storage");
    }
    view.data = bytes->data() + tensor.offset * size;
    return view;
  }

 private:
  std::unordered_map<std::string, std::span<const std::byte>> members_;
  std::string where_;
};

Result<Dims> read_dims(const PickleValue& value, const std::string& where) {
  Dims dims;
  const std::pair<const char*, int*> fields[] = {
      {"n_mels", &dims.mel_bands},           {"n_audio_ctx", &dims.audio_ctx},
      {"n_audio_state", &dims.audio_state},  {"n_audio_head", &dims.audio_heads},
      {"n_audio_layer", &dims.audio_layers}, {"n_text_ctx", &dims.text_ctx},
      {"n_text_state", &dims.text_state},    {"n_text_head", &dims.text_heads},
      {"n_text_layer", &dims.text_layers},   {"n_vocab", &dims.vocab}};
  constexpr int64_t kMost = 1 << 20;  // validate() has the real limits
  for (const auto& [name, field] : fields) {
    const PickleValue* found = find_key(value, name);
    const auto* number = found == nullptr ? nullptr : std::get_if<int64_t>(&found->is);
    if (number == nullptr || *number < 1 || *number > kMost) {
      return damaged(where, std::string("its size '") + name + "' is missing or impossible");
    }
    *field = static_cast<int>(*number);
  }
  dims.audio_ffn = 4 * dims.audio_state;  // model.py: n_mlp = n_state * 4
  dims.text_ffn = 4 * dims.text_state;
  SKALD_CHECK(validate(dims, where.c_str()));
  return dims;
}

}  // namespace

Result<TorchFile> parse_torch(std::span<const std::byte> file, const std::string& where) {
  SKALD_TRY(std::vector<ZipMember> members, parse_zip(file, where));
  const Archive archive(std::move(members), where);
  const auto program = archive.find("data.pkl");
  if (!program) return damaged(where, "is a zip archive, but not one of torch.save: it has no data.pkl");
  SKALD_TRY(const Pickle pickle, parse_pickle(*program, where));
  const PickleValue* const root = pickle.root;
  TorchFile read;
  const PickleValue* tensors = find_key(*root, "model_state_dict");
  if (const PickleValue* dims = find_key(*root, "dims"); dims != nullptr && tensors != nullptr) {
    SKALD_TRY(read.dims, read_dims(*dims, where));
    read.has_dims = true;
  }
  const auto* dict = std::get_if<PickleDict>(tensors != nullptr ? &tensors->is : &root->is);
  if (dict == nullptr) return damaged(where, "does not hold a dictionary of tensors");
  for (const auto& [key, value] : *dict) {
    const auto* name = std::get_if<std::string>(&key->is);
    const auto* tensor = std::get_if<PickleTensor>(&value->is);
    if (name == nullptr || tensor == nullptr) continue;
    SKALD_TRY(const auto view, archive.view(*name, *tensor));
    if (view) read.tensors.push_back({.name = *name, .view = *view});
  }
  return read;
}

Result<std::unique_ptr<Checkpoint>> open_openai_checkpoint(const std::filesystem::path& path) {
  SKALD_TRY(MappedFile file, MappedFile::open(path));
  SKALD_TRY(TorchFile read, parse_torch(file.bytes(), path.string()));
  if (!read.has_dims) {
    return fail(ErrorCode::kUnsupported, path.string(), "is a PyTorch file without the sizes of a Whisper model",
                "name OpenAI's NAME.pt, or the directory of a Hugging Face model");
  }
  StoredModel model("OpenAI", path.string());
  model.dims = read.dims;
  for (TorchTensor& tensor : read.tensors) SKALD_CHECK(model.tensors.add(std::move(tensor.name), tensor.view));
  model.files.push_back(std::move(file));
  return make_stored_checkpoint(std::move(model));
}

}  // namespace skald::model
