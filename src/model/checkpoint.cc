#include "model/checkpoint.h"

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <string_view>
#include <system_error>

#include "base/file.h"
#include "model/ct2_checkpoint.h"
#include "model/ggml_checkpoint.h"
#include "model/hf_checkpoint.h"
#include "model/onnx_checkpoint.h"
#include "model/torch_checkpoint.h"

namespace skald::model {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNameModel =
    "name a directory of Hugging Face or CTranslate2, a ggml file of whisper.cpp or a .pt file of OpenAI";

Result<std::unique_ptr<Checkpoint>> open_directory(const fs::path& directory) {
  const std::string where = directory.string();
  if (is_hf_directory(directory)) return open_hf_checkpoint(directory);
  if (is_onnx_directory(directory)) return open_onnx_checkpoint(directory);
  if (is_there(directory / "model.bin")) return open_ct2_checkpoint(directory);
  if (is_there(directory / "pytorch_model.bin.index.json")) {
    return fail(ErrorCode::kUnsupported, where, "holds its weights in several pytorch_model files, not in safetensors",
                "convert it with transformers: WhisperForConditionalGeneration.from_pretrained(DIR)"
                ".save_pretrained(NEW_DIR)");
  }
  if (is_there(directory / "config.json")) {
    return fail(ErrorCode::kBadModel, where, "has config.json but no model.safetensors", "download the model again");
  }
  return fail(ErrorCode::kBadModel, where, "is not a model: it has neither config.json nor model.safetensors",
              kNameModel);
}

/// A file of one of the formats that are one file, told by its first bytes.
struct Format {
  std::string_view magic;
  Result<std::unique_ptr<Checkpoint>> (*open)(const fs::path& path) = nullptr;  ///< null: it cannot be read
  const char* what = "";
  const char* remedy = "";
};

constexpr std::array<Format, 5> kFormats{
    {{"lmgg", open_ggml_checkpoint},
     {"PK\x03\x04", open_openai_checkpoint},
     {"GGUF", nullptr, "is a GGUF file, which whisper.cpp does not use for Whisper", kNameModel},
     {"\x80\x02", nullptr, "is a PyTorch file of before version 1.6",
      "save it again: torch.save(torch.load(FILE), NEW_FILE)"},
     {"version https://git-lfs", nullptr, "is a Git LFS pointer, not the weights", "run `git lfs pull` beside it"}}};

Result<std::unique_ptr<Checkpoint>> open_file(const fs::path& path) {
  std::string head;
  {
    SKALD_TRY(const MappedFile file, MappedFile::open(path));
    constexpr size_t kHead = 32;
    const auto bytes = file.bytes().first(std::min(kHead, file.bytes().size()));
    head.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  for (const Format& format : kFormats) {
    if (!head.starts_with(format.magic)) continue;
    if (format.open != nullptr) return format.open(path);
    return fail(ErrorCode::kUnsupported, path.string(), format.what, format.remedy);
  }
  constexpr size_t kLengthBytes = 8;
  if (head.size() > kLengthBytes && head[kLengthBytes] == '{') {
    return fail(ErrorCode::kInvalidArgument, path.string(), "is a safetensors file, which lacks the model's sizes",
                "name the directory that holds config.json and model.safetensors");
  }
  return fail(ErrorCode::kBadModel, path.string(), "is not a model", kNameModel);
}

Result<std::unique_ptr<Checkpoint>> open_by_content(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    return fail(ErrorCode::kNotFound, path.string(), "does not exist", "check the path");
  }
  if (status.type() == fs::file_type::none) {
    const ErrorCode code = error == std::errc::permission_denied ? ErrorCode::kPermission : ErrorCode::kIo;
    return fail(code, path.string(), "cannot be examined: " + error.message(), "check its permissions");
  }
  if (status.type() == fs::file_type::regular) return open_file(path);
  if (status.type() != fs::file_type::directory) {
    return fail(ErrorCode::kBadModel, path.string(), "is neither a directory nor a regular file", kNameModel);
  }
  return open_directory(path);
}

}  // namespace

Result<std::unique_ptr<Checkpoint>> open_checkpoint(const fs::path& path) {
  try {
    return open_by_content(path);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, path.string(), "there is not enough memory to open it", "use a smaller model");
  } catch (const std::exception& e) {
    return fail(ErrorCode::kInternal, path.string(), std::string("cannot be opened: ") + e.what());
  }
}

}  // namespace skald::model
