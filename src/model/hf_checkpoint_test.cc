#include "model/hf_checkpoint.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/half.h"
#include "model/hf_names.h"
#include "model/random_checkpoint.h"
#include "model/tensor_list.h"
#include "model/test_support.h"

namespace skald::model {
namespace {

namespace fs = std::filesystem;

/// The tensors of small_dims() with random values, changed by `edit`, which leaves one out by taking its name.
std::vector<NamedValues> small_model(const std::function<void(NamedValues&)>& edit = {},
                                     const std::string& prefix = "model.") {
  std::vector<NamedValues> tensors = random_tensors(small_dims());
  for (NamedValues& tensor : tensors) {
    tensor.name = prefix + hugging_face_name(tensor.name);
    if (edit) edit(tensor);
  }
  std::erase_if(tensors, [](const NamedValues& tensor) { return tensor.name.empty(); });
  return tensors;
}

std::string file_of(const std::vector<NamedValues>& items, bool unaligned = false) {
  SafetensorsWriter writer;
  for (const NamedValues& item : items) writer.add(item.name, item.type, item.shape, item.values);
  return writer.bytes(unaligned);
}

class HfCheckpointTest : public testing::Test {
 protected:
  void write(const std::vector<NamedValues>& items, bool unaligned = false) {
    directory_.write("config.json", kSmallConfig);
    directory_.write("model.safetensors", file_of(items, unaligned));
  }
  Result<std::unique_ptr<Checkpoint>> open() const { return open_checkpoint(directory_.path()); }
  Error error() const {
    auto opened = open();
    EXPECT_FALSE(opened);
    return opened ? Error{} : opened.error();
  }
  /// Every tensor equals the random checkpoint's after rounding.
  void expect_same(const Checkpoint& read, float (*round)(float)) const {
    const auto source = make_random_checkpoint(small_dims()).value();
    for (const NamedShape& t : tensor_list(small_dims())) {
      const auto view = read.tensor(t.name, t.shape);
      ASSERT_TRUE(view) << to_string(view.error());
      std::vector<float> got(static_cast<size_t>(t.shape.count()));
      to_f32(*view, got);
      const auto* want = static_cast<const float*>(source->tensor(t.name, t.shape)->data);
      for (size_t i = 0; i < got.size(); ++i) ASSERT_EQ(round(want[i]), got[i]) << t.name << ' ' << i;
    }
  }
  TemporaryDirectory directory_;
};

float same(float x) {
  return x;
}

TEST_F(HfCheckpointTest, ReadsFloat32) {
  write(small_model());
  const auto read = open();
  ASSERT_TRUE(read) << to_string(read.error());
  expect_same(**read, same);
  EXPECT_EQ((std::vector<int32_t>{3, 4}), (*read)->generation().suppress_tokens);  // config.json's, for want of others
  EXPECT_FALSE((*read)->tokenizer_directory());
  (*read)->release_pages();
  expect_same(**read, same);  // dropped pages come back
}

TEST_F(HfCheckpointTest, ReadsHalfTypes) {
  write(small_model([](NamedValues& i) { i.type = DType::kF16; }));
  expect_same(*open().value(), [](float x) { return f16_to_f32(f32_to_f16(x)); });
  write(small_model([](NamedValues& i) { i.type = DType::kBF16; }));
  expect_same(*open().value(), [](float x) { return bf16_to_f32(f32_to_bf16(x)); });
}

TEST_F(HfCheckpointTest, NamesMayLackTheirPrefix) {
  write(small_model({}, ""));
  expect_same(*open().value(), same);
}

TEST_F(HfCheckpointTest, UnalignedDataIsCopied) {
  write(small_model(), /*unaligned=*/true);
  const auto read = open();
  ASSERT_TRUE(read) << to_string(read.error());
  expect_same(**read, same);
}

TEST_F(HfCheckpointTest, MissingEncoderPositionsAreSynthesised) {
  write(small_model([](NamedValues& i) {
    if (i.name == "model.encoder.embed_positions.weight") i.name.clear();
  }));
  expect_same(*open().value(), same);
}

TEST_F(HfCheckpointTest, EncoderPositionsOfTheFileAreUsed) {
  write(small_model([](NamedValues& i) {
    if (i.name == "model.encoder.embed_positions.weight") i.values[5] = 42.0F;
  }));
  const auto read = open().value();
  EXPECT_EQ(42.0F, static_cast<const float*>(read->tensor(kEncoderPositions, {6, 4})->data)[5]);
}

TEST_F(HfCheckpointTest, OutputProjectionStandsInForTheEmbedding) {
  write(small_model([](NamedValues& i) {
    if (i.name == "model.decoder.embed_tokens.weight") i.name = kOutputProjection;
  }));
  expect_same(*open().value(), same);
}

TEST_F(HfCheckpointTest, OutputProjectionIsIgnoredWhenTiedAndRefusedWhenNot) {
  std::vector<NamedValues> items = small_model();
  items.push_back({.name = std::string(kOutputProjection), .shape = {11, 4}, .values = std::vector<float>(44, 9.0F)});
  write(items);
  expect_same(*open().value(), same);
  std::string config(kSmallConfig);
  config.insert(1, R"("tie_word_embeddings": false, )");
  directory_.write("config.json", config);
  EXPECT_EQ(ErrorCode::kUnsupported, error().code);
  const auto embedding = std::find_if(
      items.begin(), items.end(), [](const NamedValues& i) { return i.name == "model.decoder.embed_tokens.weight"; });
  items.back().values = embedding->values;
  directory_.write("model.safetensors", file_of(items));
  expect_same(*open().value(), same);
}

TEST_F(HfCheckpointTest, ReadsShards) {
  const std::vector<NamedValues> items = small_model();
  std::vector<NamedValues> shards[2];
  std::string map;
  for (size_t i = 0; i < items.size(); ++i) {
    shards[i % 2].push_back(items[i]);
    map += (i > 0 ? ", \"" : "\"") + items[i].name + "\": \"" + (i % 2 == 0 ? "a" : "b") + ".safetensors\"";
  }
  // Shard b holds a stray copy of a tensor that the index looks for in a: the index decides.
  shards[1].push_back(shards[0].front());
  std::fill(shards[1].back().values.begin(), shards[1].back().values.end(), 9.0F);
  directory_.write("config.json", kSmallConfig);
  directory_.write("model.safetensors.index.json", "{\"weight_map\": {" + map + "}}");
  directory_.write("a.safetensors", file_of(shards[0]));
  EXPECT_EQ(ErrorCode::kNotFound, error().code);
  EXPECT_NE(std::string::npos, error().where.find("b.safetensors"));
  directory_.write("b.safetensors", file_of(shards[1]));
  expect_same(*open().value(), same);
  shards[0].erase(shards[0].begin());
  directory_.write("a.safetensors", file_of(shards[0]));
  EXPECT_EQ(ErrorCode::kBadModel, error().code);
  EXPECT_NE(std::string::npos, error().message.find(items[0].name)) << error().message;
}

TEST_F(HfCheckpointTest, NamesTheTensorThatIsMissing) {
  write(small_model([](NamedValues& i) {
    if (i.name == "model.encoder.layers.1.fc2.bias") i.name.clear();
  }));
  EXPECT_EQ(ErrorCode::kBadModel, error().code);
  EXPECT_EQ((directory_.path() / "model.safetensors").string(), error().where);
  EXPECT_EQ("tensor encoder.blocks.1.mlp.2.bias is missing", error().message);
}

TEST_F(HfCheckpointTest, NamesTheTensorOfAnotherShape) {
  write(small_model([](NamedValues& i) {
    if (i.name == "model.encoder.conv1.weight") i.shape = {8, 4, 3};
  }));
  EXPECT_EQ(ErrorCode::kBadModel, error().code);
  EXPECT_EQ("tensor encoder.conv1.weight has shape (8, 4, 3), the model's sizes ask for (4, 8, 3)", error().message);
}

TEST_F(HfCheckpointTest, NamesTheTensorOfAnotherType) {
  write(small_model([](NamedValues& i) {
    if (i.name == "model.encoder.conv1.bias") i.type = DType::kI32;
  }));
  EXPECT_EQ(ErrorCode::kBadModel, error().code);
  EXPECT_NE(std::string::npos, error().message.find("encoder.conv1.bias is of type int32")) << error().message;
}

TEST_F(HfCheckpointTest, RefusesATensorUnderTwoNames) {
  std::vector<NamedValues> items = small_model();
  items.push_back(items.front());
  items.back().name = items.back().name.substr(std::string_view("model.").size());
  write(items);
  EXPECT_EQ(ErrorCode::kBadModel, error().code);
  EXPECT_NE(std::string::npos, error().message.find("twice")) << error().message;
}

TEST_F(HfCheckpointTest, RefusesATruncatedFile) {
  write(small_model());
  const fs::path file = directory_.path() / "model.safetensors";
  for (const uintmax_t size : {fs::file_size(file) - 1, uintmax_t{100}, uintmax_t{4}, uintmax_t{0}}) {
    fs::resize_file(file, size);
    EXPECT_EQ(ErrorCode::kBadModel, error().code) << size;
  }
}

TEST_F(HfCheckpointTest, GenerationConfigIsReadAndItsDamageReported) {
  write(small_model());
  directory_.write("generation_config.json", R"({"suppress_tokens": [7], "alignment_heads": [[0, 1]]})");
  EXPECT_EQ(std::vector<int32_t>{7}, open().value()->generation().suppress_tokens);
  directory_.write("generation_config.json", "{");
  EXPECT_EQ(ErrorCode::kBadModel, error().code);
  EXPECT_NE(std::string::npos, error().where.find("generation_config.json"));
}

TEST_F(HfCheckpointTest, OtherThingsAreNoModels) {
  EXPECT_EQ(ErrorCode::kBadModel, error().code);  // an empty directory
  EXPECT_EQ(ErrorCode::kNotFound, open_checkpoint(directory_.path() / "absent").error().code);
  EXPECT_EQ(ErrorCode::kBadModel, open_checkpoint("/dev/null").error().code);
  directory_.write("pytorch_model.bin.index.json", "{}");
  EXPECT_EQ(ErrorCode::kUnsupported, error().code);
  EXPECT_NE(std::string::npos, error().remedy.find("save_pretrained"));
  const auto file_error = [&](std::string_view content) {
    return open_checkpoint(directory_.write("file", content)).error();
  };
  EXPECT_EQ(ErrorCode::kUnsupported, file_error("GGUF....").code);
  EXPECT_EQ(ErrorCode::kUnsupported, file_error("\x80\x02....").code);
  EXPECT_EQ(ErrorCode::kUnsupported, file_error("version https://git-lfs.github.com/spec/v1").code);
  EXPECT_EQ(ErrorCode::kInvalidArgument, file_error(safetensors_bytes("{}")).code);
  EXPECT_EQ(ErrorCode::kBadModel, file_error("").code);
  EXPECT_EQ(ErrorCode::kBadModel, file_error("hello").code);
}

TEST_F(HfCheckpointTest, WeightsWithoutConfigAndTheOtherWayRound) {
  directory_.write("model.safetensors", file_of(small_model()));
  EXPECT_EQ(ErrorCode::kNotFound, error().code);
  EXPECT_NE(std::string::npos, error().where.find("config.json"));
  fs::remove(directory_.path() / "model.safetensors");
  directory_.write("config.json", kSmallConfig);
  EXPECT_EQ(ErrorCode::kBadModel, error().code);
}

TEST_F(HfCheckpointTest, UnreadableWeightsAreAPermissionError) {
  if (::geteuid() == 0) GTEST_SKIP() << "the superuser reads everything";
  write(small_model());
  fs::permissions(directory_.path() / "model.safetensors", fs::perms::none);
  EXPECT_EQ(ErrorCode::kPermission, error().code);
}

TEST(MiniEn, OpensWithItsDefaults) {
  const fs::path path = fs::path(SKALD_SOURCE_DIR) / "models" / "mini.en";
  const auto read = open_checkpoint(path);
  ASSERT_TRUE(read) << to_string(read.error());
  const Checkpoint& mini = **read;
  const Dims want = named_dims("mini.en").value();
  EXPECT_EQ(want.audio_layers, mini.dims().audio_layers);
  EXPECT_EQ(want.text_layers, mini.dims().text_layers);
  EXPECT_EQ(want.vocab, mini.dims().vocab);
  EXPECT_EQ((std::vector<std::pair<int, int>>{{1, 0}, {1, 1}, {2, 0}, {2, 1}}), mini.generation().alignment_heads);
  ASSERT_EQ(89U, mini.generation().suppress_tokens.size());
  EXPECT_EQ(50361, mini.generation().suppress_tokens.back());
  EXPECT_EQ(path, mini.tokenizer_directory());
  // The sum of all extents in the file: 40,704,512 bytes of float16.
  EXPECT_EQ(40704512 / 2, mini.parameters());
}

TEST(HfNames, EveryTensorHasAName) {
  for (const char* model : {"mini.en", "large-v3", "distil-large-v3"}) {
    for (const NamedShape& t : tensor_list(named_dims(model).value())) {
      EXPECT_EQ(t.name, canonical_name("model." + hugging_face_name(t.name)));
      EXPECT_EQ(t.name, canonical_name(hugging_face_name(t.name)));
    }
  }
}

TEST(HfNames, WhatIsNotOfTheModelHasNone) {
  for (const char* name :
       {"", "model.", "proj_out.weight", "model.encoder.layers.", "model.encoder.layers.0",
        "model.encoder.layers.0.fc1", "model.encoder.layers.01.fc1.bias", "model.encoder.layers.x.fc1.bias",
        "model.encoder.layers.0.fc3.bias", "model.encoder.layers.0.fc1.scale", "model.model.encoder.conv1.bias"}) {
    EXPECT_FALSE(canonical_name(name)) << name;
  }
}

}  // namespace
}  // namespace skald::model
