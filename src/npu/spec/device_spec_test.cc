#include "npu/spec/device_spec.h"

#include <gtest/gtest.h>

#include <set>

namespace skald::npu {
namespace {

TEST(DeviceSpec, EveryDeviceIsFoundByItsName) {
  std::set<std::string_view> names;
  for (const DeviceSpec& device : device_specs()) {
    names.insert(device.name);
    const auto found = find_device(device.name);
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, &device);
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"npu1", "npu1_1col", "npu1_2col", "npu1_3col"}));
}

TEST(DeviceSpec, NamesThoseThereAre) {
  const auto found = find_device("npu1_4col");  // the name of older toolchains
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kNotFound);
  EXPECT_NE(found.error().remedy.find("npu1_2col"), std::string::npos);
}

TEST(DeviceSpec, RowsHaveKinds) {
  EXPECT_EQ(kNpu1.geometry.kind(0), TileKind::kInterface);
  EXPECT_EQ(kNpu1.geometry.kind(1), TileKind::kMemory);
  for (int row = 2; row < 6; ++row) EXPECT_EQ(&kNpu1.tile(row), &kNpu1.compute);
  EXPECT_FALSE(kNpu1.geometry.contains(4, 2));
  EXPECT_FALSE(kNpu1.geometry.contains(0, 6));
  EXPECT_FALSE(kNpu1.geometry.contains(-1, 0));
}

// Peaks that others have published: 20 tiles at 1.024 GHz are "10 TOPS" (10.5), so 16 of them 8.39.
TEST(DeviceSpec, PeaksAgreeWithPublishedOnes) {
  EXPECT_NEAR(kNpu1.peak_tops(1.024, kNpu1.core.macs_i8) * 20 / 16, 10.5, 0.02);
  EXPECT_NEAR(kNpu1.peak_tops(1.6, kNpu1.core.macs_i8) * 20 / 16, 16.4, 0.02);
  EXPECT_NEAR(kNpu1.peak_tops(1.0, kNpu1.core.macs_i16), 2.05, 0.005);
}

}  // namespace
}  // namespace skald::npu
