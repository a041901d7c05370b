#include "model/safetensors.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "model/damaged.h"
#include "model/json.h"

namespace skald::model {
namespace {

using nlohmann::json;

constexpr size_t kLengthBytes = 8;
constexpr uint64_t kMaxHeader = 100'000'000;  // MAX_HEADER_SIZE of the safetensors library
constexpr uint64_t kMaxBytes = INT64_MAX;     // Shape counts in int64_t

struct ElementType {
  std::string_view name;
  size_t bytes;
  std::optional<DType> dtype;
};

// The whole-byte types of the format (enum Dtype of the safetensors library).
constexpr std::array<ElementType, 15> kElementTypes{{{"F32", 4, DType::kF32},
                                                     {"F16", 2, DType::kF16},
                                                     {"BF16", 2, DType::kBF16},
                                                     {"I64", 8, DType::kI64},
                                                     {"I32", 4, DType::kI32},
                                                     {"I8", 1, DType::kI8},
                                                     {"U8", 1, DType::kU8},
                                                     {"F64", 8, std::nullopt},
                                                     {"I16", 2, std::nullopt},
                                                     {"U16", 2, std::nullopt},
                                                     {"U32", 4, std::nullopt},
                                                     {"U64", 8, std::nullopt},
                                                     {"BOOL", 1, std::nullopt},
                                                     {"F8_E4M3", 1, std::nullopt},
                                                     {"F8_E5M2", 1, std::nullopt}}};

std::unexpected<Error> bad_tensor(const std::string& where, std::string_view name, const std::string& message) {
  return damaged(where, "tensor " + shown(name) + " " + message);
}

/// The JSON text of the header.
Result<std::string_view> header_text(std::span<const std::byte> file, const std::string& where) {
  constexpr std::string_view kPointer = "version https://git-lfs";
  const std::string_view content(reinterpret_cast<const char*>(file.data()), file.size());
  if (content.starts_with(kPointer)) {
    return fail(ErrorCode::kBadModel, where, "is a Git LFS pointer, not the weights", "run `git lfs pull` beside it");
  }
  if (file.size() < kLengthBytes) return damaged(where, "is too short to be a safetensors file");
  uint64_t length = 0;
  std::memcpy(&length, file.data(), kLengthBytes);
  if (length > kMaxHeader) {
    return damaged(where, "is not a safetensors file: it claims a header of " + std::to_string(length) + " bytes");
  }
  if (length > file.size() - kLengthBytes) {
    return damaged(where, "ends inside its header: " + std::to_string(length) + " bytes announced, " +
                              std::to_string(file.size() - kLengthBytes) + " there");
  }
  const std::string_view text = content.substr(kLengthBytes, length);
  if (!text.starts_with('{')) return damaged(where, "is not a safetensors file: its header is not a JSON object");
  return text;
}

Result<const ElementType*> element_type(const json& entry, std::string_view name, const std::string& where) {
  const auto type = entry.find("dtype");
  if (type == entry.end() || !type->is_string()) return bad_tensor(where, name, "has no element type");
  const auto& spelled = type->get_ref<const std::string&>();
  const auto* known =
      std::find_if(kElementTypes.begin(), kElementTypes.end(), [&](const ElementType& e) { return e.name == spelled; });
  if (known == kElementTypes.end()) return bad_tensor(where, name, "has the unknown element type " + shown(spelled));
  return known;
}

/// Reads the shape; `bytes` becomes the size it asks for.
Result<Shape> shape_of(const json& entry, std::string_view name, const std::string& where, uint64_t& bytes) {
  const auto list = entry.find("shape");
  if (list == entry.end() || !list->is_array()) return bad_tensor(where, name, "has no shape");
  if (list->size() > Shape::kMaxRank) {
    return bad_tensor(where, name, "has " + std::to_string(list->size()) + " dimensions, more than Whisper's have");
  }
  Shape shape;
  for (const json& extent : *list) {
    if (!extent.is_number_unsigned()) return bad_tensor(where, name, "has an extent that is not a whole number");
    const auto value = extent.get<uint64_t>();
    // Checked after every factor: a zero later on would hide that the product of those before it overflows.
    if (value > kMaxBytes || __builtin_mul_overflow(bytes, value, &bytes) || bytes > kMaxBytes) {
      return bad_tensor(where, name, "has an impossibly large shape");
    }
    shape.extent[static_cast<size_t>(shape.rank++)] = static_cast<int64_t>(value);
  }
  return shape;
}

Result<StoredTensor> read_entry(const std::string& name, const json& entry, std::span<const std::byte> data,
                                const std::string& where) {
  if (!entry.is_object()) return bad_tensor(where, name, "is not described by a JSON object");
  SKALD_TRY(const ElementType* type, element_type(entry, name, where));
  uint64_t bytes = type->bytes;
  SKALD_TRY(const Shape shape, shape_of(entry, name, where, bytes));
  const auto offsets = entry.find("data_offsets");
  if (offsets == entry.end() || !offsets->is_array() || offsets->size() != 2 || !(*offsets)[0].is_number_unsigned() ||
      !(*offsets)[1].is_number_unsigned()) {
    return bad_tensor(where, name, "has no pair of data offsets");
  }
  const auto begin = (*offsets)[0].get<uint64_t>();
  const auto end = (*offsets)[1].get<uint64_t>();
  if (begin > end || end > data.size()) {
    return bad_tensor(
        where, name,
        "lies at bytes " + std::to_string(begin) + " to " + std::to_string(end) + " of " + std::to_string(data.size()));
  }
  if (end - begin != bytes) {
    return bad_tensor(where, name,
                      "has " + std::to_string(end - begin) + " bytes; " + to_string(shape) + " of " +
                          std::string(type->name) + " needs " + std::to_string(bytes));
  }
  return StoredTensor{name, std::string(type->name), type->dtype, shape, data.subspan(begin, bytes)};
}

Result<void> check_overlap(const std::vector<StoredTensor>& tensors, const std::string& where) {
  std::vector<const StoredTensor*> order;
  order.reserve(tensors.size());
  for (const StoredTensor& t : tensors) {
    if (!t.bytes.empty()) order.push_back(&t);
  }
  std::sort(order.begin(), order.end(),
            [](const StoredTensor* a, const StoredTensor* b) { return a->bytes.data() < b->bytes.data(); });
  for (size_t i = 1; i < order.size(); ++i) {
    const StoredTensor& before = *order[i - 1];
    if (before.bytes.data() + before.bytes.size() <= order[i]->bytes.data()) continue;
    return bad_tensor(where, order[i]->name, "overlaps tensor " + shown(before.name));
  }
  return {};
}

}  // namespace

Result<std::vector<StoredTensor>> parse_safetensors(std::span<const std::byte> file, const std::string& where) {
  SKALD_TRY(const std::string_view text, header_text(file, where));
  SKALD_TRY(const json header, parse_json(text, where));
  const std::span<const std::byte> data = file.subspan(kLengthBytes + text.size());
  std::vector<StoredTensor> tensors;
  tensors.reserve(header.size());
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    SKALD_TRY(StoredTensor tensor, read_entry(name, entry, data, where));
    tensors.push_back(std::move(tensor));
  }
  SKALD_CHECK(check_overlap(tensors, where));
  return tensors;
}

}  // namespace skald::model
