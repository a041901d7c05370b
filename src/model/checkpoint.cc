#include "model/checkpoint.h"

#include <array>
#include <exception>
#include <new>
#include <system_error>

#include "base/file.h"
#include "model/hf_checkpoint.h"

namespace skald::model {
namespace {

namespace fs = std::filesystem;

/// How the files of other programs are told by their first bytes.
struct Magic {
  std::string_view bytes;
  const char* what;
};

constexpr std::array<Magic, 5> kMagics{{{"lmgg", "a whisper.cpp (ggml) file"},
                                        {"GGUF", "a GGUF file"},
                                        {"PK\x03\x04", "a PyTorch file"},
                                        {"\x80\x02", "a PyTorch file"},
                                        {"version https://git-lfs", "a Git LFS pointer, not the weights"}}};

constexpr const char* kConvert =
    "convert it with transformers: WhisperForConditionalGeneration.from_pretrained(DIR).save_pretrained(NEW_DIR)";
constexpr const char* kNameDirectory = "name the directory that holds config.json and model.safetensors";

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// Why a directory without safetensors files is no model Skald can open.
std::unexpected<Error> explain_directory(const fs::path& directory) {
  const std::string where = directory.string();
  if (is_there(directory / "pytorch_model.bin") || is_there(directory / "pytorch_model.bin.index.json")) {
    return fail(ErrorCode::kUnsupported, where, "holds its weights as pytorch_model.bin, not as safetensors", kConvert);
  }
  if (is_there(directory / "model.bin") && is_there(directory / "config.json")) {
    return fail(ErrorCode::kUnsupported, where, "is a CTranslate2 model, which cannot be read yet",
                "use the Hugging Face checkpoint that it was made from");
  }
  if (is_there(directory / "config.json")) {
    return fail(ErrorCode::kBadModel, where, "has config.json but no model.safetensors", "download the model again");
  }
  return fail(ErrorCode::kBadModel, where, "is not a model: it has neither config.json nor model.safetensors",
              kNameDirectory);
}

/// Why a single file is no model Skald can open.
Result<std::unique_ptr<Checkpoint>> explain_file(const fs::path& path) {
  SKALD_TRY(const MappedFile file, MappedFile::open(path));
  const std::string_view content(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  for (const Magic& magic : kMagics) {
    if (!content.starts_with(magic.bytes)) continue;
    return fail(ErrorCode::kUnsupported, path.string(), std::string("is ") + magic.what + ", which cannot be read yet",
                "use the Hugging Face checkpoint of the model: a directory with config.json and model.safetensors");
  }
  constexpr size_t kLengthBytes = 8;
  if (content.size() > kLengthBytes && content[kLengthBytes] == '{') {
    return fail(ErrorCode::kInvalidArgument, path.string(), "is a safetensors file, which lacks the model's sizes",
                kNameDirectory);
  }
  return fail(ErrorCode::kBadModel, path.string(), "is not a model", kNameDirectory);
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
  if (status.type() == fs::file_type::regular) return explain_file(path);
  if (status.type() != fs::file_type::directory) {
    return fail(ErrorCode::kBadModel, path.string(), "is neither a directory nor a regular file", kNameDirectory);
  }
  if (!is_hf_directory(path)) return explain_directory(path);
  return open_hf_checkpoint(path);
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
