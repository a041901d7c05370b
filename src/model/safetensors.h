#pragma once
// The safetensors container: 8 bytes little-endian header length, a JSON header, raw tensor bytes.
// Source: https://github.com/huggingface/safetensors#format

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

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

}  // namespace skald::model
