#include "base/tensor.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "base/half.h"

namespace skald {
namespace {

TEST(Shape, CountsAndPrints) {
  EXPECT_EQ(1, Shape{}.count());
  EXPECT_EQ(24, (Shape{2, 3, 4}).count());
  EXPECT_EQ("(2, 3, 4)", to_string(Shape{2, 3, 4}));
  EXPECT_EQ((Shape{2, 3}), (Shape{2, 3}));
  EXPECT_FALSE((Shape{2, 3}) == (Shape{3, 2}));
}

TEST(TensorView, ConvertsFromUnalignedMemory) {
  const std::vector<float> want = {0.0F, 1.5F, -2.25F, 1024.0F};
  for (const DType type : {DType::kF32, DType::kF16, DType::kBF16}) {
    std::vector<unsigned char> bytes(1 + want.size() * storage_of(type).bytes);
    for (size_t i = 0; i < want.size(); ++i) {
      unsigned char* at = bytes.data() + 1 + i * storage_of(type).bytes;
      const uint16_t half = type == DType::kF16 ? f32_to_f16(want[i]) : f32_to_bf16(want[i]);
      if (type == DType::kF32) {
        std::memcpy(at, &want[i], 4);
      } else {
        std::memcpy(at, &half, 2);
      }
    }
    std::vector<float> got(want.size());
    to_f32({.data = bytes.data() + 1, .dtype = type, .shape = {4}}, got);
    EXPECT_EQ(want, got) << to_string(type);
  }
}

/// One block each, with the values that ggml-quants.c gives them: step 0.5, minimum -1, and nibbles 0 to 15 twice.
TEST(TensorView, WidensGgmlBlocks) {
  const uint16_t step = f32_to_f16(0.5F);
  const uint16_t minimum = f32_to_f16(-1);
  const uint32_t high = 0x80000001;  // fifth bits of elements 0 and 31
  const auto check = [&](DType type, bool has_minimum, bool fifth, float offset) {
    std::vector<std::byte> bytes;
    const auto add = [&](const auto& value) {
      const auto* from = reinterpret_cast<const std::byte*>(&value);
      bytes.insert(bytes.end(), from, from + sizeof value);
    };
    add(step);
    if (has_minimum) add(minimum);
    if (fifth) add(high);
    for (unsigned j = 0; j < 16; ++j) add(static_cast<uint8_t>(j | (15 - j) << 4U));
    ASSERT_EQ(storage_of(type).bytes, bytes.size());
    std::vector<float> got(32);
    to_f32({.data = bytes.data(), .dtype = type, .shape = {32}}, got);
    for (size_t i = 0; i < 32; ++i) {
      float q = i < 16 ? static_cast<float>(i) : static_cast<float>(31 - i);
      if (fifth && (i == 0 || i == 31)) q += 16;
      EXPECT_EQ((q - offset) * 0.5F + (has_minimum ? -1.0F : 0.0F), got[i]) << to_string(type) << ' ' << i;
    }
  };
  check(DType::kQ4v0, false, false, 8);
  check(DType::kQ4v1, true, false, 0);
  check(DType::kQ5v0, false, true, 16);
  check(DType::kQ5v1, true, true, 0);
}

TEST(TensorView, Int8RowsHaveTheirSteps) {
  const int8_t bytes[] = {1, -2, 3, 100, -128, 127};
  const float steps[] = {0.5F, 2.0F};
  const TensorView view{.data = bytes, .dtype = DType::kI8, .shape = {2, 3}, .row_steps = steps};
  std::vector<float> got(6);
  to_f32(view, got);
  EXPECT_EQ((std::vector<float>{0.5F, -1, 1.5F, 200, -256, 254}), got);
  std::vector<float> second(3);
  to_f32(view.row(1), second);
  EXPECT_EQ((std::vector<float>{200, -256, 254}), second);
  EXPECT_FALSE(holds_numbers({.data = bytes, .dtype = DType::kI8, .shape = {6}}));
}

}  // namespace
}  // namespace skald
