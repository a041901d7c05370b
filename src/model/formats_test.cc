// Readers of other programs' model files: the same numbers as written, and what is wrong with damaged ones.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "model/checkpoint.h"
#include "model/ct2_checkpoint.h"
#include "model/format_writers_for_tests.h"
#include "model/ggml_checkpoint.h"
#include "model/pickle.h"
#include "model/torch_checkpoint.h"

namespace skald::model {
namespace {

/// Every tensor of `read` against `tensors`, each number to `bound` of the tensor's largest.
void expect_same(const Checkpoint& read, const std::vector<NamedValues>& tensors, float bound) {
  for (const NamedValues& want : tensors) {
    const auto view = read.tensor(want.name, want.shape);
    ASSERT_TRUE(view) << to_string(view.error());
    std::vector<float> got(want.values.size());
    to_f32(*view, got);
    float largest = 0;
    for (const float value : want.values) largest = std::max(largest, std::abs(value));
    for (size_t i = 0; i < got.size(); ++i) {
      ASSERT_NEAR(want.values[i], got[i], bound * largest) << want.name << ' ' << i << " as " << to_string(view->dtype);
    }
    // Row by row, as weights are packed.
    for (int64_t row = 0; row < want.shape[0]; ++row) {
      const TensorView one = view->row(row);
      std::vector<float> part(static_cast<size_t>(one.count()));
      to_f32(one, part);
      ASSERT_TRUE(std::ranges::equal(part, std::span(got).subspan(static_cast<size_t>(row) * part.size(), part.size())))
          << want.name << ", row " << row;
    }
  }
}

class Formats : public testing::Test {
 protected:
  std::unique_ptr<Checkpoint> open(const std::filesystem::path& path) const {
    auto opened = open_checkpoint(path);
    EXPECT_TRUE(opened) << to_string(opened.error());
    return opened ? *std::move(opened) : nullptr;
  }
  Error error_of(const std::string& name, const std::string& content) const {
    const auto opened = open_checkpoint(directory_.write(name, content));
    EXPECT_FALSE(opened);
    return opened ? Error{} : opened.error();
  }
  TemporaryDirectory directory_;
};

/// As whisper.cpp: vectors and positions float32, convolutions float16, the rest of one type.
std::vector<NamedValues> as_ggml(std::vector<NamedValues> tensors, DType type) {
  for (NamedValues& tensor : tensors) {
    if (tensor.shape.rank == 1 || tensor.name.find("positional") != std::string::npos) continue;
    tensor.type = tensor.shape.rank == 3 ? DType::kF16 : type;
  }
  return tensors;
}

TEST_F(Formats, Ggml) {
  const Dims dims = block_dims();
  const auto tensors = random_tensors(dims);
  for (const auto& [type, bound] :
       {std::pair{DType::kF32, 0x1p-11F}, {DType::kF16, 0x1p-11F}, {DType::kQ8v0, 0.005F}}) {
    const auto read = open(directory_.write("ggml.bin", ggml_bytes(dims, as_ggml(tensors, type))));
    ASSERT_NE(nullptr, read);
    EXPECT_EQ(dims.audio_layers, read->dims().audio_layers);
    EXPECT_EQ(128, read->dims().text_ffn);
    EXPECT_FALSE(read->tokenizer_directory());
    expect_same(*read, tensors, bound);
    read->release_pages();
    expect_same(*read, tensors, bound);
  }
}

TEST_F(Formats, GgmlDamaged) {
  const Dims dims = block_dims();
  const std::string whole = ggml_bytes(dims, random_tensors(dims));
  EXPECT_EQ(ErrorCode::kBadModel, error_of("short", whole.substr(0, 20)).code);
  for (size_t i = 1; i < 20; ++i)
    EXPECT_EQ(ErrorCode::kBadModel, error_of("cut", whole.substr(0, whole.size() * i / 20)).code);
  std::string wide = whole;
  wide[4 + 4 * 2 + 3] = '\x7f';  // a width beyond all sense
  EXPECT_EQ(ErrorCode::kBadModel, error_of("wide", wide).code);
  std::vector<NamedValues> one = {{.name = "x", .shape = {32}, .values = std::vector<float>(32)}};
  std::string odd = ggml_bytes(dims, one);
  const size_t type = odd.size() - 32 * 4 - 1 - 4 - 4;
  odd[type] = 10;  // a k-quant
  EXPECT_EQ(ErrorCode::kUnsupported, error_of("type", odd).code);
  EXPECT_NE(std::string::npos, error_of("type", odd).message.find("'x'")) << error_of("type", odd).message;
  one[0].name.clear();
  EXPECT_EQ(ErrorCode::kBadModel, error_of("name", ggml_bytes(dims, one)).code);
  auto twice = random_tensors(dims);
  twice.push_back(twice.front());
  EXPECT_NE(std::string::npos, error_of("twice", ggml_bytes(dims, twice)).message.find("twice"));
}

TEST_F(Formats, OpenAi) {
  const Dims dims = small_dims();
  auto tensors = random_tensors(dims);
  for (const auto& [type, bound] : {std::pair{DType::kF32, 0.0F}, {DType::kF16, 0x1p-11F}}) {
    for (NamedValues& tensor : tensors) tensor.type = type;
    const auto read = open(directory_.write("tiny.pt", torch_bytes(tensors, &dims)));
    ASSERT_NE(nullptr, read);
    EXPECT_EQ(dims.vocab, read->dims().vocab);
    expect_same(*read, tensors, bound);
  }
}

TEST_F(Formats, OpenAiInAnArchiveOfTheLargeKind) {
  const Dims dims = small_dims();
  const auto tensors = random_tensors(dims);
  const std::string whole = torch_bytes(tensors, &dims, true);
  const auto read = open(directory_.write("large.pt", whole));
  ASSERT_NE(nullptr, read);
  expect_same(*read, tensors, 0);
  std::string changed = whole;
  changed[changed.size() - 22 - 20] = 'Q';  // the record that says where the large directory is
  EXPECT_EQ(ErrorCode::kBadModel, error_of("locator", changed).code);
  changed = whole;
  changed[changed.size() - 22 - 20 - 56] = 'Q';  // the large directory's own
  EXPECT_EQ(ErrorCode::kBadModel, error_of("record", changed).code);
}

TEST_F(Formats, OpenAiDamaged) {
  const Dims dims = small_dims();
  const auto tensors = random_tensors(dims);
  const std::string whole = torch_bytes(tensors, &dims);
  for (size_t i = 1; i < 20; ++i)
    EXPECT_EQ(ErrorCode::kBadModel, error_of("cut", whole.substr(0, whole.size() * i / 20)).code);
  EXPECT_EQ(ErrorCode::kUnsupported, error_of("no_dims", torch_bytes(tensors, nullptr)).code);
  EXPECT_EQ(ErrorCode::kBadModel, error_of("other_zip", zip_bytes({{"a/b", "c"}})).code);
  auto missing = tensors;
  missing.pop_back();
  EXPECT_NE(std::string::npos, error_of("missing", torch_bytes(missing, &dims)).message.find("is missing"));
}

TEST_F(Formats, APickleThatWouldRunSomethingIsRefused) {
  const auto refused = [&](const std::string& program) {
    return error_of("hostile", zip_bytes({{"archive/data.pkl", "\x80\x02" + program + "."}}));
  };
  const Error system = refused("cposix\nsystem\n(X\x04\0\0\0true" + std::string("tR"));
  EXPECT_EQ(ErrorCode::kUnsupported, system.code);
  EXPECT_NE(std::string::npos, system.message.find("posix.system")) << system.message;
  EXPECT_EQ(ErrorCode::kUnsupported, refused("c__builtin__\neval\n").code);
  EXPECT_EQ(ErrorCode::kUnsupported, refused("i__main__\nX\n").code);
  EXPECT_EQ(ErrorCode::kBadModel, refused("R").code);
  EXPECT_EQ(ErrorCode::kBadModel, refused("(").code);
  EXPECT_EQ(ErrorCode::kBadModel, refused("h\x05").code);
  // A list that holds itself is only a list.
  EXPECT_EQ(ErrorCode::kBadModel, refused("]q\x01h\x01" + std::string("a")).code);
}

TEST_F(Formats, PyTorchBinOfHuggingFace) {
  const Dims dims = small_dims();
  auto tensors = random_tensors(dims);
  const auto canonical = tensors;
  for (NamedValues& tensor : tensors) tensor.name = hugging_face_name(tensor.name);
  directory_.write("config.json", kSmallConfig);
  directory_.write("pytorch_model.bin", torch_bytes(tensors, nullptr));
  const auto read = open(directory_.path());
  ASSERT_NE(nullptr, read);
  expect_same(*read, canonical, 0);
}

TEST_F(Formats, CTranslate2) {
  const Dims dims = small_dims();
  const auto tensors = random_tensors(dims);
  for (const bool int8 : {false, true}) {
    directory_.write("model.bin", ct2_bytes(dims, tensors, int8));
    directory_.write("config.json", R"({"suppress_ids": [3, 99], "alignment_heads": [[0, 1]]})");
    const auto read = open(directory_.path());
    ASSERT_NE(nullptr, read);
    EXPECT_EQ(dims.audio_ffn, read->dims().audio_ffn);
    EXPECT_EQ(dims.text_heads, read->dims().text_heads);
    EXPECT_EQ(std::vector<int32_t>{3}, read->generation().suppress_tokens);  // 99 is no token of this model
    EXPECT_EQ((std::vector<std::pair<int, int>>{{0, 1}}), read->generation().alignment_heads);
    expect_same(*read, tensors, int8 ? 0.5F / 127 * 1.001F : 0);
  }
}

TEST_F(Formats, CTranslate2Damaged) {
  const Dims dims = small_dims();
  const std::string whole = ct2_bytes(dims, random_tensors(dims), true);
  const auto error = [&](const std::string& content) {
    directory_.write("model.bin", content);
    const auto opened = open_checkpoint(directory_.path());
    EXPECT_FALSE(opened);
    return opened ? Error{} : opened.error();
  };
  for (size_t i = 1; i < 20; ++i) EXPECT_EQ(ErrorCode::kBadModel, error(whole.substr(0, whole.size() * i / 20)).code);
  std::string changed = whole;
  changed[0] = 7;
  EXPECT_EQ(ErrorCode::kUnsupported, error(changed).code);
  changed = whole;
  changed.replace(changed.find("WhisperSpec"), 7, "Klingon");
  EXPECT_EQ(ErrorCode::kUnsupported, error(changed).code);
  changed = whole;
  changed.replace(changed.find("conv1/weight_scale"), 5, "conv9");
  EXPECT_NE(std::string::npos, error(changed).message.find("conv1/weight_scale"));
}

}  // namespace
}  // namespace skald::model
