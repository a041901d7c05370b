#pragma once
// Tensors by canonical name, as a reader collects them from its file.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/tensor.h"
#include "model/dims.h"

namespace skald::model {

class TensorTable {
 public:
  /// `where` names the files in errors.
  explicit TensorTable(std::string where = {}) : where_(std::move(where)) {}

  /// Errors: kBadModel when the name is there already.
  Result<void> add(std::string name, const TensorView& view);
  bool contains(std::string_view name) const { return find(name) != nullptr; }

  /// Errors: kBadModel when it is missing, has another shape, or does not hold numbers (holds_numbers).
  Result<TensorView> get(std::string_view name, const Shape& shape) const;

  /// Every tensor of tensor_list(dims) is there with its shape. Errors: kBadModel with the first that is not.
  Result<void> check_complete(const Dims& dims) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };
  const TensorView* find(std::string_view name) const;

  std::string where_;
  std::unordered_map<std::string, TensorView, Hash, std::equal_to<>> views_;
};

}  // namespace skald::model
