#pragma once
// The safetensors container: 8 bytes little-endian header length, a JSON header, raw tensor bytes.
// Source: https://github.com/huggingface/safetensors#format

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "base/tensor.h"

namespace skald::model {

/// One tensor of a file.
struct StoredTensor {
  std::string name;
  std::string type;            ///< as the file spells it, "F16"
  std::optional<DType> dtype;  ///< empty: a type that is valid in the format but has no meaning in Skald
  Shape shape;
  std::span<const std::byte> bytes;  ///< within the file, of any alignment
};

/// Reads the header of a whole file in memory. Every extent, offset and byte count is checked against the others and
/// against the file; ranges do not overlap. `where` names the file in errors.
/// Errors: kBadModel naming the tensor; kOutOfMemory.
Result<std::vector<StoredTensor>> parse_safetensors(std::span<const std::byte> file, const std::string& where);

/// A mapped safetensors file.
class SafetensorsFile {
 public:
  /// Errors: those of MappedFile::open and parse_safetensors.
  static Result<SafetensorsFile> open(const std::filesystem::path& path);

  const std::vector<StoredTensor>& tensors() const { return tensors_; }
  const std::string& where() const { return where_; }
  void drop_pages() const { file_.drop_pages(); }

 private:
  MappedFile file_;
  std::string where_;
  std::vector<StoredTensor> tensors_;
};

}  // namespace skald::model
