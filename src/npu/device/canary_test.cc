#include "npu/device/canary.h"

#include <gtest/gtest.h>

#include "npu/device/testing/scripted_device.h"

namespace skald::npu {
namespace {

DeviceBuffer buffer_of(size_t bytes) {
  return DeviceBuffer(std::make_shared<ScriptedMemory>(bytes));
}

TEST(Canary, SeesNothingWhereNothingWasWritten) {
  for (const size_t bytes : {1U, 63U, 64U, 65U, 200U, 4096U, 100000U}) {
    const DeviceBuffer output = buffer_of(bytes);
    const auto canary = Canary::plant(output, 7);
    ASSERT_TRUE(canary);
    EXPECT_GT(canary->lines(), 0U) << bytes;
    EXPECT_LE(canary->lines(), Canary::kLines);
    EXPECT_EQ(0U, canary->count_changed().value()) << bytes;
  }
}

TEST(Canary, SeesEveryLineOfAnOutputThatWasWritten) {
  for (const size_t bytes : {1U, 63U, 64U, 65U, 200U, 4096U, 100000U}) {
    const DeviceBuffer output = buffer_of(bytes);
    const auto canary = Canary::plant(output, 7);
    ASSERT_TRUE(canary);
    std::ranges::fill(array_side(output), std::byte{0});
    EXPECT_EQ(canary->lines(), canary->count_changed().value()) << bytes;
  }
}

TEST(Canary, FirstAndLastLineAreAmongThem) {
  const DeviceBuffer output = buffer_of(size_t{64} * 1000);
  for (const size_t at : {size_t{0}, output.size() - 1}) {
    const auto canary = Canary::plant(output, 7);
    ASSERT_TRUE(canary);
    array_side(output)[at] ^= std::byte{1};
    EXPECT_EQ(1U, canary->count_changed().value()) << at;
  }
}

TEST(Canary, LeavesTheNeighboursOfAPartAlone) {
  const DeviceBuffer whole = buffer_of(1000);
  const auto part = whole.part(100, 300);
  ASSERT_TRUE(part);
  const auto canary = Canary::plant(*part, 7);
  ASSERT_TRUE(canary);
  EXPECT_EQ(4U, canary->lines());  // 128, 192, 256, 320; 384 would end behind 400
  for (size_t i = 0; i < whole.size(); ++i) {
    const bool inside = i >= 128 && i < 384;
    if (inside) continue;
    EXPECT_EQ(std::byte{0}, whole.bytes()[i]) << i;
  }
  const auto& synced = dynamic_cast<ScriptedMemory&>(*whole.memory()).synced;
  ASSERT_EQ(4U, synced.size());
  for (const auto& sync : synced) {
    EXPECT_EQ(0U, sync.offset % Canary::kLineBytes);
    EXPECT_GE(sync.offset, 100U);
    EXPECT_LE(sync.offset + sync.count, 400U);
  }
}

TEST(DeviceBuffer, PartsKeepTheAllocation) {
  DeviceBuffer part;
  std::weak_ptr<DeviceMemory> watched;
  {
    const DeviceBuffer whole = buffer_of(256);
    watched = whole.memory();
    part = whole.part(64, 128).value();
    EXPECT_TRUE(part.overlaps(whole));
    EXPECT_FALSE(part.overlaps(whole.part(0, 64).value()));
    EXPECT_FALSE(part.overlaps(buffer_of(256)));
    EXPECT_FALSE(whole.part(200, 57));
    EXPECT_FALSE(whole.part(257, 0));
    EXPECT_FALSE(part.part(0, 129));
  }
  EXPECT_FALSE(watched.expired());
  EXPECT_EQ(128U, part.bytes().size());
  EXPECT_EQ(100U, part.part(36, 10).value().offset());
  part = {};
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace skald::npu
