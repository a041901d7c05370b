#include "model/tensor_table.h"

#include "model/tensor_list.h"

namespace skald::model {
namespace {

constexpr const char* kRemedy = "download the model again: its files are incomplete or do not belong together";

std::unexpected<Error> wrong_tensor(const std::string& where, std::string_view tensor, const std::string& message) {
  return fail(ErrorCode::kBadModel, where, "tensor " + std::string(tensor) + " " + message, kRemedy);
}

}  // namespace

Result<void> TensorTable::add(std::string name, const TensorView& view) {
  const auto [it, inserted] = views_.try_emplace(std::move(name), view);
  if (!inserted) return wrong_tensor(where_, it->first, "is there twice");
  return {};
}

const TensorView* TensorTable::find(std::string_view name) const {
  const auto it = views_.find(name);
  return it == views_.end() ? nullptr : &it->second;
}

Result<TensorView> TensorTable::get(std::string_view name, const Shape& shape) const {
  const TensorView* view = find(name);
  if (view == nullptr) return wrong_tensor(where_, name, "is missing");
  if (view->shape != shape) {
    return wrong_tensor(where_, name,
                        "has shape " + to_string(view->shape) + ", the model's sizes ask for " + to_string(shape));
  }
  if (!holds_numbers(*view)) {
    return wrong_tensor(where_, name,
                        std::string("is of type ") + to_string(view->dtype) + ", not float32, float16 or bfloat16");
  }
  return *view;
}

Result<void> TensorTable::check_complete(const Dims& dims) const {
  for (const NamedShape& wanted : tensor_list(dims)) SKALD_CHECK(get(wanted.name, wanted.shape));
  return {};
}

}  // namespace skald::model
