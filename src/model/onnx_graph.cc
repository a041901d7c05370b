#include "model/onnx_graph.h"

#include <charconv>
#include <limits>
#include <utility>

namespace skald::model {
namespace {

constexpr int kMaxGraphDepth = 8;          // graphs in graphs; a merged decoder has two
constexpr int64_t kMaxExtent = 1LL << 40;  // keeps products of four in range of the check below

/// One field of a message.
struct Field {
  uint32_t number = 0;
  uint64_t value = 0;                ///< of a number
  std::span<const std::byte> bytes;  ///< of a text, message or packed list
  bool is_bytes = false;

  std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

/// The fields of a message, one after the other.
class Message {
 public:
  Message(std::span<const std::byte> bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  bool at_end() const { return bytes_.empty(); }

  Result<uint64_t> varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) return bad("ends inside a number");
      const auto byte = std::to_integer<uint64_t>(bytes_.front());
      bytes_ = bytes_.subspan(1);
      value |= (byte & 0x7FU) << shift;
      if (byte < 0x80U) return value;
    }
    return bad("holds a number of more than 64 bits");
  }

  Result<Field> next() {
    SKALD_TRY(const uint64_t tag, varint());
    Field field;
    if (tag >> 3U == 0 || tag >> 3U > std::numeric_limits<uint32_t>::max())
      return bad("holds a field without a number");
    field.number = static_cast<uint32_t>(tag >> 3U);
    switch (tag & 7U) {
      case 0: {
        SKALD_TRY(field.value, varint());
        return field;
      }
      case 1: SKALD_CHECK(take(8, field)); break;
      case 2: {
        SKALD_TRY(const uint64_t size, varint());
        SKALD_CHECK(take(size, field));
        field.is_bytes = true;
        break;
      }
      case 5: SKALD_CHECK(take(4, field)); break;
      default: return bad("holds a field of an unknown kind");
    }
    return field;
  }

 private:
  std::unexpected<Error> bad(const std::string& what) const {
    return fail(ErrorCode::kBadModel, where_, "is not an ONNX file, or damaged: it " + what, "download it again");
  }
  Result<void> take(uint64_t size, Field& field) {
    if (size > bytes_.size()) return bad("ends inside a field of " + std::to_string(size) + " bytes");
    field.bytes = bytes_.first(static_cast<size_t>(size));
    bytes_ = bytes_.subspan(static_cast<size_t>(size));
    return {};
  }

  std::span<const std::byte> bytes_;
  const std::string& where_;
};

class GraphReader {
 public:
  explicit GraphReader(const std::string& where) : where_(where) {}

  Result<void> graph(std::span<const std::byte> bytes, int depth) {
    if (depth > kMaxGraphDepth) {
      return fail(ErrorCode::kBadModel, where_, "nests graphs too deep", "use the file of a Whisper model");
    }
    Message message(bytes, where_);
    while (!message.at_end()) {
      SKALD_TRY(const Field field, message.next());
      if (field.number == 1 && field.is_bytes) SKALD_CHECK(node(field.bytes, depth));
      if (field.number == 5 && field.is_bytes) SKALD_CHECK(tensor(field.bytes));
    }
    return {};
  }

  OnnxGraph take() { return std::move(graph_); }

 private:
  Result<void> node(std::span<const std::byte> bytes, int depth) {
    OnnxNode node;
    Message message(bytes, where_);
    while (!message.at_end()) {
      SKALD_TRY(const Field field, message.next());
      if (!field.is_bytes) continue;
      switch (field.number) {
        case 1: node.inputs.push_back(field.text()); break;
        case 2: node.outputs.push_back(field.text()); break;
        case 3: node.name = field.text(); break;
        case 4: node.op = field.text(); break;
        case 5: SKALD_CHECK(attribute(field.bytes, depth)); break;
        default: break;
      }
    }
    if (node.op == "MatMul" || node.op == "MatMulInteger" || node.op == "DequantizeLinear") {
      graph_.nodes.push_back(std::move(node));
    }
    return {};
  }

  /// Only graphs count.
  Result<void> attribute(std::span<const std::byte> bytes, int depth) {
    Message message(bytes, where_);
    while (!message.at_end()) {
      SKALD_TRY(const Field field, message.next());
      if (field.number == 6 && field.is_bytes) SKALD_CHECK(graph(field.bytes, depth + 1));
    }
    return {};
  }

  /// A list of numbers: packed, or one field each.
  Result<void> integers(const Field& field, std::vector<int64_t>& to) {
    if (!field.is_bytes) {
      to.push_back(static_cast<int64_t>(field.value));
      return {};
    }
    Message list(field.bytes, where_);
    while (!list.at_end()) {
      SKALD_TRY(const uint64_t value, list.varint());
      to.push_back(static_cast<int64_t>(value));
    }
    return {};
  }

  Result<void> external(std::span<const std::byte> bytes, OnnxTensor& tensor) {
    std::string_view key;
    std::string_view value;
    Message message(bytes, where_);
    while (!message.at_end()) {
      SKALD_TRY(const Field field, message.next());
      if (field.number == 1) key = field.text();
      if (field.number == 2) value = field.text();
    }
    if (key == "location") tensor.external = value;
    uint64_t* number = key == "offset" ? &tensor.offset : key == "length" ? &tensor.length : nullptr;
    if (number == nullptr) return {};
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), *number);
    if (error == std::errc{} && end == value.data() + value.size()) return {};
    return fail(ErrorCode::kBadModel, where_, "a tensor's " + std::string(key) + " is not a number",
                "download it again");
  }

  Result<void> tensor(std::span<const std::byte> bytes) {
    OnnxTensor tensor;
    std::vector<int64_t> extents;
    Message message(bytes, where_);
    while (!message.at_end()) {
      SKALD_TRY(const Field field, message.next());
      switch (field.number) {
        case 1: SKALD_CHECK(integers(field, extents)); break;
        case 2: tensor.type = static_cast<int32_t>(field.value); break;
        case 5: SKALD_CHECK(integers(field, tensor.integers)); break;
        case 8: tensor.name = field.text(); break;
        case 4:  // packed floats lie as in raw_data
        case 9: tensor.bytes = field.bytes; break;
        case 13: SKALD_CHECK(external(field.bytes, tensor)); break;
        default: break;
      }
    }
    if (extents.size() > static_cast<size_t>(Shape::kMaxRank)) return {};  // no weight
    int64_t count = 1;
    for (const int64_t extent : extents) {
      if (extent < 0 || (extent > 0 && count > kMaxExtent / extent)) {
        return fail(ErrorCode::kBadModel, where_, "a tensor has an impossible size", "download it again");
      }
      count *= extent;
      tensor.shape.extent[static_cast<size_t>(tensor.shape.rank++)] = extent;
    }
    graph_.tensors.try_emplace(tensor.name, std::move(tensor));  // branches may repeat one
    return {};
  }

  const std::string& where_;
  OnnxGraph graph_;
};

}  // namespace

Result<OnnxGraph> parse_onnx(std::span<const std::byte> file, const std::string& where) {
  constexpr uint32_t kGraph = 7;  // of ModelProto
  GraphReader reader(where);
  bool found = false;
  Message message(file, where);
  while (!message.at_end()) {
    SKALD_TRY(const Field field, message.next());
    if (field.number != kGraph || !field.is_bytes) continue;
    found = true;
    SKALD_CHECK(reader.graph(field.bytes, 0));
  }
  if (!found) return fail(ErrorCode::kBadModel, where, "is not an ONNX file: it has no graph", "download it again");
  return reader.take();
}

}  // namespace skald::model
