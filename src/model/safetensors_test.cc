#include "model/safetensors.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>

#include "model/test_support.h"

namespace skald::model {
namespace {

Result<std::vector<StoredTensor>> parse(const std::string& file) {
  return parse_safetensors(std::as_bytes(std::span(file)), "file");
}

TEST(Safetensors, ReadsWhatWasWritten) {
  SafetensorsWriter writer;
  writer.add("a", DType::kF32, {2, 3}, std::array{1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F});
  writer.add("b", DType::kF16, {2}, std::array{0.5F, -2.0F});
  writer.add("c", DType::kBF16, {1, 1, 1}, std::array{3.0F});
  writer.add("scalar", DType::kF32, {}, std::array{7.0F});
  writer.add("empty", DType::kF32, {0, 4}, {});
  const std::string file = writer.bytes();
  const auto tensors = parse(file);
  ASSERT_TRUE(tensors) << to_string(tensors.error());
  ASSERT_EQ(5U, tensors->size());
  for (const StoredTensor& t : *tensors) {
    ASSERT_TRUE(t.dtype);
    std::vector<float> values(static_cast<size_t>(t.shape.count()));
    to_f32({t.bytes.data(), *t.dtype, t.shape}, values);
    if (t.name == "a") {
      EXPECT_EQ((std::vector{1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F}), values);
    }
    if (t.name == "b") {
      EXPECT_EQ((std::vector{0.5F, -2.0F}), values);
    }
    if (t.name == "c") {
      EXPECT_EQ(std::vector{3.0F}, values);
    }
    if (t.name == "scalar") {
      EXPECT_EQ(std::vector{7.0F}, values);
    }
    if (t.name == "empty") {
      EXPECT_EQ((Shape{0, 4}), t.shape);
    }
  }
}

TEST(Safetensors, SkipsMetadataAndKeepsForeignTypes) {
  const auto tensors = parse(
      safetensors_bytes(R"({"__metadata__":{"format":"pt"},"d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})",
                        std::string(8, '\0')));
  ASSERT_TRUE(tensors) << to_string(tensors.error());
  ASSERT_EQ(1U, tensors->size());
  EXPECT_FALSE(tensors->front().dtype);
  EXPECT_EQ("F64", tensors->front().type);
}

struct Damage {
  const char* name;
  std::string file;
  const char* message;  // part of it
};

std::ostream& operator<<(std::ostream& out, const Damage& damage) {
  return out << damage.name;
}

std::string tensor(const std::string& fields, size_t bytes = 4) {
  return safetensors_bytes(R"({"w":{)" + fields + "}}", std::string(bytes, '\0'));
}

std::string with_length(uint64_t length) {
  std::string file = safetensors_bytes("{}");
  std::memcpy(file.data(), &length, sizeof length);
  return file;
}

class Damaged : public testing::TestWithParam<Damage> {};

TEST_P(Damaged, IsABadModelThatSaysWhy) {
  const auto tensors = parse(GetParam().file);
  ASSERT_FALSE(tensors);
  const Error& error = tensors.error();
  EXPECT_EQ(ErrorCode::kBadModel, error.code);
  EXPECT_EQ("file", error.where);
  EXPECT_NE(std::string::npos, error.message.find(GetParam().message)) << error.message;
  EXPECT_FALSE(error.remedy.empty());
  EXPECT_EQ(std::string::npos, to_string(error).find('\n'));
}

INSTANTIATE_TEST_SUITE_P(
    Safetensors, Damaged,
    testing::Values(
        Damage{"empty", "", "too short"}, Damage{"seven_bytes", "1234567", "too short"},
        Damage{"text", "Dear reader, this is a text and no model.", "not a safetensors file"},
        Damage{"git_lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Git LFS pointer"},
        Damage{"header_beyond_limit", with_length(100'000'001), "claims a header"},
        Damage{"header_huge", with_length(UINT64_MAX), "claims a header"},
        Damage{"header_truncated", with_length(3), "ends inside its header"},
        Damage{"header_is_array", safetensors_bytes("[]"), "not a JSON object"},
        Damage{"header_empty", safetensors_bytes(""), "not a JSON object"},
        Damage{"header_broken", safetensors_bytes(R"({"w":)"), "not valid JSON"},
        Damage{"header_not_utf8", safetensors_bytes("{\"\xff\":1}"), "not valid JSON"},
        Damage{"header_too_deep", safetensors_bytes("{\"w\":" + std::string(1000, '[') + std::string(1000, ']') + "}"),
               "nested deeper"},
        Damage{"name_twice",
               safetensors_bytes(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                                 R"("w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                                 "0000"),
               "'w' twice"},
        Damage{"not_an_object", safetensors_bytes(R"({"w":3})"), "not described"},
        Damage{"no_type", tensor(R"("shape":[1],"data_offsets":[0,4])"), "no element type"},
        Damage{"type_is_number", tensor(R"("dtype":1,"shape":[1],"data_offsets":[0,4])"), "no element type"},
        Damage{"type_unknown", tensor(R"("dtype":"Q4","shape":[1],"data_offsets":[0,4])"), "'Q4'"},
        Damage{"no_shape", tensor(R"("dtype":"F32","data_offsets":[0,4])"), "no shape"},
        Damage{"rank_five", tensor(R"("dtype":"F32","shape":[1,1,1,1,1],"data_offsets":[0,4])"), "5 dimensions"},
        Damage{"negative_extent", tensor(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"), "whole number"},
        Damage{"fractional_extent", tensor(R"("dtype":"F32","shape":[1.5],"data_offsets":[0,4])"), "whole number"},
        Damage{"product_overflows", tensor(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])"),
               "impossibly large"},
        Damage{"zero_hides_overflow", tensor(R"("dtype":"F32","shape":[4294967295,2147483647,0],"data_offsets":[0,0])"),
               "impossibly large"},
        Damage{"extent_beyond_int64", tensor(R"("dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,0])"),
               "impossibly large"},
        Damage{"no_offsets", tensor(R"("dtype":"F32","shape":[1])"), "no pair"},
        Damage{"one_offset", tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0])"), "no pair"},
        Damage{"negative_offset", tensor(R"("dtype":"F32","shape":[1],"data_offsets":[-4,0])"), "no pair"},
        Damage{"offsets_swapped", tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"), "lies at bytes"},
        Damage{"data_truncated", tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])", 3),
               "lies at bytes 0 to 4 of 3"},
        Damage{"size_differs", tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), "needs 8"},
        Damage{"overlap",
               safetensors_bytes(R"({"v":{"dtype":"F32","shape":[1],"data_offsets":[2,6]},)"
                                 R"("w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                                 "000000"),
               "overlaps"}),
    [](const testing::TestParamInfo<Damage>& test) { return test.param.name; });

TEST(Safetensors, HostileNamesAreShownOnOneLine) {
  const auto tensors = parse(safetensors_bytes("{\"a\\nb" + std::string(5000, 'x') + "\":3}"));
  ASSERT_FALSE(tensors);
  EXPECT_LT(tensors.error().message.size(), 200U);
  EXPECT_NE(std::string::npos, tensors.error().message.find("'a?bxx"));
}

}  // namespace
}  // namespace skald::model
