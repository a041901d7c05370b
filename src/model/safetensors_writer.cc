#include "model/safetensors_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/half.h"
#include "model/hf_names.h"
#include "model/tensor_list.h"

namespace skald::model {
namespace {

constexpr size_t kAlignment = 8;  // of the data in the file, as the format's own writer has it

/// The header with its length in front.
std::string header_of(const std::vector<NamedShape>& tensors, DType type) {
  nlohmann::ordered_json header;
  header["__metadata__"] = {{"format", "pt"}};  // what transformers asks for
  uint64_t at = 0;
  for (const NamedShape& tensor : tensors) {
    const uint64_t end = at + static_cast<uint64_t>(tensor.shape.count()) * storage_of(type).bytes;
    const std::vector<int64_t> shape(tensor.shape.extent.begin(), tensor.shape.extent.begin() + tensor.shape.rank);
    header[hugging_face_name_of(tensor.name)] = {
        {"dtype", type == DType::kF16 ? "F16" : "F32"}, {"shape", shape}, {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = header.dump();
  text.append((kAlignment - text.size() % kAlignment) % kAlignment, ' ');
  const uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text;
}

class Writer {
 public:
  Writer(Descriptor file, const std::filesystem::path& path) : file_(std::move(file)), path_(path) {}

  Result<void> put(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return std::unexpected(errno_error(path_.string(), "cannot be written"));
      bytes = bytes.subspan(static_cast<size_t>(written));
    }
    return {};
  }

  Result<void> put(const NamedShape& tensor, const TensorView& view, DType type) {
    values_.resize(static_cast<size_t>(view.count()));
    to_f32(view, values_);
    if (type == DType::kF32) return put(std::as_bytes(std::span(values_)));
    halves_.resize(values_.size());
    std::ranges::transform(values_, halves_.begin(), f32_to_f16);
    for (size_t i = 0; i < values_.size(); ++i) {
      if (std::isfinite(values_[i]) == std::isfinite(f16_to_f32(halves_[i]))) continue;
      return fail(ErrorCode::kUnsupported, path_.string(),
                  "tensor " + tensor.name + " holds numbers that are too large for float16", "write it as float32");
    }
    return put(std::as_bytes(std::span(halves_)));
  }

  Result<void> finish() {
    if (::fsync(file_.get()) != 0 && errno != EINVAL) {
      return std::unexpected(errno_error(path_.string(), "cannot be written"));
    }
    if (::close(file_.release()) != 0) return std::unexpected(errno_error(path_.string(), "cannot be written"));
    return {};
  }

 private:
  Descriptor file_;
  const std::filesystem::path& path_;
  std::vector<float> values_;
  std::vector<uint16_t> halves_;
};

}  // namespace

Result<void> write_safetensors(const Checkpoint& checkpoint, DType type, const std::filesystem::path& path) {
  constexpr mode_t kMode = 0666;  // less the user's mask
  Descriptor file(::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, kMode));
  if (file.get() < 0) return std::unexpected(errno_error(path.string(), "cannot be written"));
  Writer writer(std::move(file), path);
  const std::vector<NamedShape> tensors = tensor_list(checkpoint.dims());
  const std::string header = header_of(tensors, type);
  SKALD_CHECK(writer.put(std::as_bytes(std::span(header))));
  for (const NamedShape& tensor : tensors) {
    SKALD_TRY(const TensorView view, checkpoint.tensor(tensor.name, tensor.shape));
    SKALD_CHECK(writer.put(tensor, view, type));
  }
  return writer.finish();
}

}  // namespace skald::model
