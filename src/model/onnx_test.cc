// ONNX directories: the same numbers as written, and what is wrong with damaged ones. The files are written from
// scratch.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "model/checkpoint.h"
#include "model/format_writers_for_tests.h"

namespace skald::model {
namespace {

enum class Kind { kF32, kF16, kInt8, kInt8Columns, kQdq, kExternal };

std::string varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7U) bytes += static_cast<char>(value | 0x80U);
  return bytes + static_cast<char>(value);
}
std::string number(int field, uint64_t value) {
  return varint(static_cast<uint64_t>(field) << 3U) + varint(value);
}
std::string text(int field, const std::string& value) {
  return varint((static_cast<uint64_t>(field) << 3U) | 2U) + varint(value.size()) + value;
}

/// One file: a graph, part of which lies in an attribute of a node as the branches of a merged decoder do.
class OnnxWriter {
 public:
  OnnxWriter(std::string side, Kind kind) : side_(std::move(side)), kind_(kind) {}

  void add(NamedValues tensor) {
    if (!tensor.name.starts_with(side_) || tensor.name == kEncoderPositions) return;
    std::string name = hugging_face_name(tensor.name);
    if (side_ == "encoder") name.erase(0, side_.size() + 1);  // its own modules' names
    if (side_ == "decoder") name = "model." + name;
    const bool linear = tensor.shape.rank == 2 && name.ends_with(".weight") && name.find("embed") == std::string::npos;
    if (!linear) return put(name, tensor.shape, tensor.values);
    std::vector<float> turned;
    for (int64_t j = 0; j < tensor.shape[1]; ++j) {
      for (int64_t i = 0; i < tensor.shape[0]; ++i)
        turned.push_back(tensor.values[static_cast<size_t>(i * tensor.shape[1] + j)]);
    }
    const std::string stored = "onnx::MatMul_" + std::to_string(++count_);
    std::string module = "/" + name.substr(0, name.size() - 7);
    for (const std::string part : {"model.decoder.", "self_attn.", "encoder_attn.", "layers.0.", "layers.1."}) {
      const size_t at = module.find(part);
      if (at == std::string::npos) continue;
      std::string slashed = part;
      slashed.back() = '/';
      if (part == "model.decoder.") slashed = "model/decoder/";
      module.replace(at, part.size(), slashed);
    }
    multiply(module + "/MatMul", stored, {tensor.shape[1], tensor.shape[0]}, turned);
  }

  std::string bytes() const {
    const std::string branch = text(1, "then_branch") + text(6, branch_);
    return number(1, 8) + text(7, graph_ + text(1, text(4, "If") + text(5, branch)));
  }
  const std::string& external() const { return external_; }

 private:
  void put(const std::string& name, const Shape& shape, const std::vector<float>& values) {
    std::string tensor;
    for (int i = 0; i < shape.rank; ++i) tensor += number(1, static_cast<uint64_t>(shape[i]));
    NamedValues one{
        .name = name, .shape = shape, .values = values, .type = kind_ == Kind::kF16 ? DType::kF16 : DType::kF32};
    tensor += number(2, kind_ == Kind::kF16 ? 10 : 1) + text(8, name);
    if (kind_ == Kind::kExternal) {
      const auto entry = [](const std::string& key, const std::string& value) {
        return text(13, text(1, key) + text(2, value));
      };
      const std::string data = stored_values(one);
      tensor += entry("location", "weights") + entry("offset", std::to_string(external_.size())) +
                entry("length", std::to_string(data.size())) + number(14, 1);
      external_ += data;
    } else {
      tensor += text(9, stored_values(one));
    }
    graph_ += text(5, tensor);
  }

  void multiply(const std::string& node, const std::string& stored, const Shape& shape,
                const std::vector<float>& values) {
    std::string weight = stored;
    if (kind_ == Kind::kInt8 || kind_ == Kind::kInt8Columns || kind_ == Kind::kQdq) {
      quantise(stored, shape, values);
      weight += "_quantized";
    } else {
      put(stored, shape, values);
    }
    if (kind_ == Kind::kQdq) {
      branch_ += text(1, text(1, weight) + text(1, stored + "_scale") + text(1, stored + "_zero_point") +
                             text(2, stored + "_out") + text(4, "DequantizeLinear"));
      weight = stored + "_out";
    }
    const bool integer = kind_ == Kind::kInt8 || kind_ == Kind::kInt8Columns;
    branch_ += text(1, text(1, "x") + text(1, weight) + text(2, "y") + text(3, node) +
                           text(4, integer ? "MatMulInteger" : "MatMul"));
  }

  /// uint8 with a zero point for the whole, or int8 for each column.
  void quantise(const std::string& name, const Shape& shape, const std::vector<float>& values) {
    const bool columns = kind_ == Kind::kInt8Columns;
    const auto width = static_cast<size_t>(shape[1]);
    std::vector<float> steps(columns ? width : 1);
    for (size_t i = 0; i < values.size(); ++i) {
      float& step = steps[columns ? i % width : 0];
      step = std::max(step, std::abs(values[i]) / 127);
    }
    std::string data;
    for (size_t i = 0; i < values.size(); ++i) {
      data += static_cast<char>(std::lround(values[i] / steps[columns ? i % width : 0]) + (columns ? 0 : 128));
    }
    const std::string head = number(1, static_cast<uint64_t>(shape[0])) + number(1, static_cast<uint64_t>(shape[1]));
    graph_ += text(5, head + number(2, columns ? 3 : 2) + text(8, name + "_quantized") + text(9, data));
    std::string scales;
    for (const float step : steps) append(scales, step);
    const std::string extent = columns ? text(1, varint(width)) : "";
    graph_ += text(5, extent + number(2, 1) + text(4, scales) + text(8, name + "_scale"));
    if (columns) return;
    graph_ += text(5, number(2, 2) + text(5, varint(128)) + text(8, name + "_zero_point"));
  }

  std::string side_;
  Kind kind_;
  int count_ = 0;
  std::string graph_;
  std::string branch_;
  std::string external_;
};

class Onnx : public testing::Test {
 protected:
  void SetUp() override { directory_.write("config.json", kSmallConfig); }

  std::string file(const std::string& side, Kind kind) const {
    OnnxWriter writer(side, kind);
    for (const NamedValues& tensor : tensors_) writer.add(tensor);
    if (kind == Kind::kExternal) directory_.write("onnx/weights", writer.external());
    return writer.bytes();
  }
  Error error_of(const std::string& decoder) const {
    directory_.write("encoder_model.onnx", file("encoder", Kind::kF32));
    directory_.write("decoder_model.onnx", decoder);
    const auto opened = open_checkpoint(directory_.path());
    EXPECT_FALSE(opened);
    return opened ? Error{} : opened.error();
  }
  void expect_same(float bound) const {
    const auto read = open_checkpoint(directory_.path());
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_EQ("ONNX", (*read)->format());
    for (const NamedValues& want : tensors_) {
      const auto view = (*read)->tensor(want.name, want.shape);
      ASSERT_TRUE(view) << to_string(view.error());
      std::vector<float> got(want.values.size());
      to_f32(*view, got);
      const float largest = std::abs(*std::ranges::max_element(want.values, {}, [](float x) { return std::abs(x); }));
      for (size_t i = 0; i < got.size(); ++i)
        ASSERT_NEAR(want.values[i], got[i], bound * largest) << want.name << ' ' << i;
    }
  }

  TemporaryDirectory directory_;
  std::vector<NamedValues> tensors_ = random_tensors(small_dims());
};

TEST_F(Onnx, WeightsAreFoundByNameAndByNode) {
  for (const auto& [kind, bound] : {std::pair{Kind::kF32, 0.0F},
                                    {Kind::kF16, 0x1p-11F},
                                    {Kind::kInt8, 0.5F / 127 * 1.001F},
                                    {Kind::kInt8Columns, 0.5F / 127 * 1.001F},
                                    {Kind::kQdq, 0.5F / 127 * 1.001F}}) {
    directory_.write("encoder_model.onnx", file("encoder", kind));
    directory_.write("decoder_model_merged.onnx", file("decoder", kind));
    SCOPED_TRACE(static_cast<int>(kind));
    expect_same(bound);
  }
}

TEST_F(Onnx, WeightsInAFileBesideIt) {
  directory_.write("onnx/encoder_model.onnx", file("encoder", Kind::kF32));
  directory_.write("onnx/decoder_model.onnx", file("decoder", Kind::kExternal));
  expect_same(0);
  directory_.write("onnx/weights", "short");
  EXPECT_EQ(ErrorCode::kBadModel, open_checkpoint(directory_.path()).error().code);
  std::string elsewhere = file("decoder", Kind::kExternal);
  for (size_t at = elsewhere.find("weights"); at != std::string::npos; at = elsewhere.find("weights")) {
    elsewhere.replace(at, 7, "../../x");
  }
  directory_.write("onnx/decoder_model.onnx", elsewhere);
  EXPECT_NE(std::string::npos, open_checkpoint(directory_.path()).error().message.find("outside"));
}

TEST_F(Onnx, Damaged) {
  const std::string whole = file("decoder", Kind::kF32);
  for (size_t i = 0; i < 20; ++i)
    EXPECT_EQ(ErrorCode::kBadModel, error_of(whole.substr(0, whole.size() * i / 20)).code);
  EXPECT_EQ(ErrorCode::kBadModel, error_of(number(1, 8)).code);
  EXPECT_NE(std::string::npos, error_of(text(7, "")).message.find("is missing"));
  const std::string name = text(8, "model.decoder.layer_norm.bias");
  const auto tensor = [&](const std::string& fields) { return error_of(text(7, text(5, name + fields))); };
  EXPECT_EQ(ErrorCode::kUnsupported, tensor(number(1, 1) + number(2, 11)).code);  // double
  EXPECT_EQ(ErrorCode::kBadModel, tensor(number(1, 4) + number(2, 1) + text(9, "short")).code);
  EXPECT_EQ(ErrorCode::kBadModel, tensor(number(1, 1ULL << 62U) + number(1, 8) + number(2, 1)).code);
  EXPECT_EQ(ErrorCode::kBadModel, tensor(number(1, UINT64_MAX) + number(2, 1)).code);
  EXPECT_EQ(ErrorCode::kBadModel, tensor(number(1, 0) + number(2, 1)).code);
  EXPECT_EQ(ErrorCode::kBadModel, tensor(number(1, 4) + number(2, 3) + text(9, "four")).code);  // no scale
  std::string deep = text(5, name);
  for (int i = 0; i < 20; ++i) deep = text(1, text(5, text(6, deep)));
  EXPECT_NE(std::string::npos, error_of(text(7, deep)).message.find("too deep"));
}

}  // namespace
}  // namespace skald::model
