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
    std::vector<unsigned char> bytes(1 + want.size() * size_of(type));
    for (size_t i = 0; i < want.size(); ++i) {
      unsigned char* at = bytes.data() + 1 + i * size_of(type);
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

}  // namespace
}  // namespace skald
