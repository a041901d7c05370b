#include "model/onnx_checkpoint.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/file.h"
#include "model/hf_names.h"
#include "model/json.h"
#include "model/onnx_graph.h"

namespace skald::model {
namespace {

namespace fs = std::filesystem;

// TensorProto.DataType
constexpr int32_t kFloat = 1;
constexpr int32_t kUint8 = 2;
constexpr int32_t kInt8 = 3;
constexpr int32_t kFloat16 = 10;
constexpr int32_t kBfloat16 = 16;

/// "/model/decoder/layers.0/fc1/MatMul" -> "model.decoder.layers.0.fc1"; none for a node outside of all modules.
std::optional<std::string> module_of(std::string_view node) {
  if (!node.starts_with('/')) return std::nullopt;
  node.remove_prefix(1);
  const size_t last = node.rfind('/');
  if (last == std::string_view::npos) return std::nullopt;
  std::string module(node.substr(0, last));
  for (char& c : module) c = c == '/' ? '.' : c;
  return module;
}

class OnnxReader {
 public:
  OnnxReader(OnnxGraph graph, fs::path path, std::string side, StoredModel& model)
      : graph_(std::move(graph)), path_(std::move(path)), side_(std::move(side)), model_(model) {}

  Result<void> run() {
    for (const OnnxNode& node : graph_.nodes) {
      if (node.op != "DequantizeLinear" || node.inputs.empty() || node.outputs.empty()) continue;
      stored_.emplace(node.outputs[0], node.inputs[0]);
    }
    std::set<std::string_view> multiplied;  // from the right: (in, out)
    for (const OnnxNode& node : graph_.nodes) {
      const bool product = node.op == "MatMul" || node.op == "MatMulInteger";
      if (!product || node.inputs.size() < 2) continue;
      const OnnxTensor* weight = initialiser(node.inputs[1]);
      if (weight == nullptr) continue;
      multiplied.insert(weight->name);
      const auto module = module_of(node.name);
      const auto name = module ? canonical(*module + ".weight") : std::nullopt;
      if (name && !model_.tensors.contains(*name)) SKALD_CHECK(add(*name, *weight, true));
    }
    for (const auto& [stored, tensor] : graph_.tensors) {
      if (multiplied.contains(stored)) continue;
      std::string_view plain = stored;
      if (plain.ends_with(kQuantized)) plain.remove_suffix(kQuantized.size());
      const auto name = canonical(std::string(plain));
      if (name && !model_.tensors.contains(*name)) SKALD_CHECK(add(*name, tensor, false));
    }
    return {};
  }

 private:
  static constexpr std::string_view kQuantized = "_quantized";

  /// Names in the file may begin at the side's module.
  std::optional<std::string> canonical(const std::string& name) const {
    auto found = canonical_name(name);
    if (!found) found = canonical_name(side_ + "." + name);
    return found && found->starts_with(side_) ? found : std::nullopt;
  }

  /// The stored tensor behind a value: itself, or what DequantizeLinear makes it of.
  const OnnxTensor* initialiser(std::string_view value) const {
    const auto quantised = stored_.find(value);
    const auto found = graph_.tensors.find(quantised == stored_.end() ? value : quantised->second);
    return found == graph_.tensors.end() ? nullptr : &found->second;
  }

  std::unexpected<Error> bad(const OnnxTensor& tensor, const std::string& what) const {
    return fail(ErrorCode::kBadModel, path_.string(), "tensor " + shown(tensor.name) + " " + what, kExportAgain);
  }

  /// Its bytes, here or in the file that it names.
  Result<std::span<const std::byte>> bytes_of(const OnnxTensor& tensor, size_t wanted) {
    std::span<const std::byte> bytes = tensor.bytes;
    if (!tensor.external.empty()) {
      const std::string name(tensor.external);
      if (name == ".." || name.find('/') != std::string::npos || name.find('\0') != std::string::npos) {
        return bad(tensor, "lies in a file outside of the directory");
      }
      auto known = external_.find(name);
      if (known == external_.end()) {
        SKALD_TRY(MappedFile file, MappedFile::open(path_.parent_path() / name));
        known = external_.emplace(name, file.bytes()).first;
        model_.files.push_back(std::move(file));
      }
      const auto all = known->second;
      if (tensor.offset > all.size() || wanted > all.size() - tensor.offset) return bad(tensor, "ends after its file");
      bytes = all.subspan(static_cast<size_t>(tensor.offset), wanted);
    }
    if (bytes.size() != wanted) {
      return bad(tensor, "has " + std::to_string(bytes.size()) + " bytes, not " + std::to_string(wanted));
    }
    return bytes;
  }

  Result<void> add(const std::string& name, const OnnxTensor& tensor, bool transposed) {
    const auto count = static_cast<size_t>(tensor.shape.count());
    if (count == 0) return bad(tensor, "is empty");
    if (transposed && tensor.shape.rank != 2) return bad(tensor, "is multiplied but not a matrix");
    TensorView view{.data = nullptr, .dtype = DType::kF32, .shape = tensor.shape};
    switch (tensor.type) {
      case kFloat: break;
      case kFloat16: view.dtype = DType::kF16; break;
      case kBfloat16: view.dtype = DType::kBF16; break;
      case kInt8:
      case kUint8: return add_quantised(name, tensor, transposed);
      default:
        return fail(ErrorCode::kUnsupported, path_.string(),
                    "tensor " + shown(tensor.name) + " is of ONNX type " + std::to_string(tensor.type),
                    "use float32, float16 or int8 files");
    }
    SKALD_TRY(const auto bytes, bytes_of(tensor, view.bytes()));
    view.data = bytes.data();
    if (!transposed) return model_.tensors.add(name, view);
    std::vector<float> values(count);
    to_f32(view, values);
    return add_made(name, tensor.shape, values, true);
  }

  /// float32 numbers of its own, turned from (in, out) to (out, in) if so.
  Result<void> add_made(const std::string& name, Shape shape, const std::vector<float>& values, bool transposed) {
    AlignedBuffer<float>& made = model_.made.emplace_back(values.size());
    const std::span<float> out = made.span();
    if (transposed) {
      const auto rows = static_cast<size_t>(shape[0]);
      const auto columns = static_cast<size_t>(shape[1]);
      for (size_t i = 0; i < rows; ++i) {
        for (size_t j = 0; j < columns; ++j) out[j * rows + i] = values[i * columns + j];
      }
      std::swap(shape.extent[0], shape.extent[1]);
    } else if (!values.empty()) {
      std::memcpy(out.data(), values.data(), values.size() * sizeof(float));
    }
    return model_.tensors.add(name, TensorView{.data = out.data(), .dtype = DType::kF32, .shape = shape});
  }

  /// The tensor beside a quantised one: X_scale or X_zero_point of X_quantized.
  const OnnxTensor* beside(const OnnxTensor& tensor, std::string_view suffix) const {
    std::string name(tensor.name);
    if (name.ends_with(kQuantized)) name.resize(name.size() - kQuantized.size());
    const auto found = graph_.tensors.find(name.append(suffix));
    return found == graph_.tensors.end() ? nullptr : &found->second;
  }

  Result<std::vector<float>> scales_of(const OnnxTensor& tensor) {
    const OnnxTensor* scale = beside(tensor, "_scale");
    if (scale == nullptr || (scale->type != kFloat && scale->type != kFloat16)) return bad(tensor, "has no scale");
    TensorView view{.dtype = scale->type == kFloat ? DType::kF32 : DType::kF16, .shape = scale->shape};
    SKALD_TRY(const auto bytes, bytes_of(*scale, view.bytes()));
    view.data = bytes.data();
    std::vector<float> values(static_cast<size_t>(scale->shape.count()));
    to_f32(view, values);
    return values;
  }

  static int as_integer(std::byte byte, bool is_signed) {
    const auto value = std::to_integer<uint8_t>(byte);
    return is_signed ? static_cast<int8_t>(value) : value;
  }

  /// One zero point for each scale; zeros when there is none.
  Result<std::vector<int>> zeros_of(const OnnxTensor& tensor, size_t count) {
    std::vector<int> zeros(count);
    const OnnxTensor* zero = beside(tensor, "_zero_point");
    if (zero == nullptr) return zeros;
    if (!zero->integers.empty()) {
      if (zero->integers.size() != count) return bad(*zero, "is not one number for each scale");
      for (size_t i = 0; i < count; ++i) zeros[i] = static_cast<int>(std::clamp<int64_t>(zero->integers[i], -128, 255));
      return zeros;
    }
    if (zero->bytes.empty() && zero->external.empty()) return zeros;  // protobuf leaves zeros out
    SKALD_TRY(const auto bytes, bytes_of(*zero, count));
    for (size_t i = 0; i < count; ++i) zeros[i] = as_integer(bytes[i], zero->type == kInt8);
    return zeros;
  }

  /// (q - zero) * scale, for the whole tensor or each column (a product's) or row.
  Result<void> add_quantised(const std::string& name, const OnnxTensor& tensor, bool transposed) {
    SKALD_TRY(const auto scales, scales_of(tensor));
    SKALD_TRY(const auto zeros, zeros_of(tensor, scales.size()));
    const auto count = static_cast<size_t>(tensor.shape.count());
    if (tensor.shape.rank == 0) return bad(tensor, "is one number");
    SKALD_TRY(const auto bytes, bytes_of(tensor, count));
    const auto axis = static_cast<size_t>(transposed ? tensor.shape[1] : tensor.shape[0]);
    if (scales.size() != 1 && scales.size() != axis) return bad(tensor, "has scales that do not fit it");
    const size_t row = count / static_cast<size_t>(tensor.shape[0]);
    std::vector<float> values(count);
    for (size_t i = 0; i < count; ++i) {
      const size_t k = scales.size() == 1 ? 0 : transposed ? i % axis : i / row;
      values[i] = static_cast<float>(as_integer(bytes[i], tensor.type == kInt8) - zeros[k]) * scales[k];
    }
    return add_made(name, tensor.shape, values, transposed);
  }

  OnnxGraph graph_;
  fs::path path_;
  std::string side_;
  StoredModel& model_;
  std::map<std::string_view, std::string_view> stored_;         // of what DequantizeLinear makes
  std::map<std::string, std::span<const std::byte>> external_;  // files beside this one
};

}  // namespace

Result<void> add_onnx(std::span<const std::byte> file, const fs::path& path, const std::string& side,
                      StoredModel& model) {
  SKALD_TRY(OnnxGraph graph, parse_onnx(file, path.string()));
  return OnnxReader(std::move(graph), path, side, model).run();
}

}  // namespace skald::model
