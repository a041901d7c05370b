#pragma once
// What every device has to do, whatever is behind it: tests to be instantiated with a subject that opens a device and
// names artifacts "copy" (128 bytes in, 128 bytes out) of any number of configurations.
//
//   struct Subject { std::unique_ptr<Device> open(); Artifact copy(int configuration); };
//   INSTANTIATE_TYPED_TEST_SUITE_P(Sim, DeviceConformance, Subject);

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "npu/device/device.h"

namespace skald::npu {

template <class Subject>
class DeviceConformance : public testing::Test {
 protected:
  static constexpr std::chrono::milliseconds kLong{1000};

  void SetUp() override {
    device_ = subject_.open();
    ASSERT_NE(nullptr, device_);
    kernel_ = device_->load(subject_.copy(0)).value();
  }
  void TearDown() override {
    kernel_.reset();
    device_.reset();
  }
  DeviceBuffer buffer(size_t argument) { return device_->allocate(*kernel_, argument, 128).value(); }
  DeviceBuffer filled(std::byte value) {
    DeviceBuffer in = buffer(0);
    std::ranges::fill(in.bytes(), value);
    EXPECT_TRUE(device_->sync(in, SyncDirection::kToDevice));
    return in;
  }
  std::shared_ptr<BoundRun> run() { return device_->bind(kernel_, {buffer(0), buffer(1)}).value(); }

  Subject subject_;
  std::unique_ptr<Device> device_;
  std::shared_ptr<LoadedKernel> kernel_;
};

TYPED_TEST_SUITE_P(DeviceConformance);

TYPED_TEST_P(DeviceConformance, ALaunchCopies) {
  const DeviceBuffer in = this->filled(std::byte{77});
  const DeviceBuffer out = this->buffer(1);
  ASSERT_TRUE(this->device_->execute({this->device_->bind(this->kernel_, {in, out}).value()}, this->kLong));
  ASSERT_TRUE(this->device_->sync(out, SyncDirection::kFromDevice));
  EXPECT_TRUE(std::ranges::equal(in.bytes(), out.bytes()));
  const DeviceCounters& counters = this->device_->counters();
  EXPECT_EQ(1, counters.contexts_opened);
  EXPECT_EQ(1, counters.runs);
  EXPECT_EQ(1, counters.single_runs);
  EXPECT_EQ(0, counters.context_switches);
  EXPECT_EQ(128, counters.bytes_from_device);
  EXPECT_EQ(counters.lines_checked, counters.lines_written);
}

TYPED_TEST_P(DeviceConformance, AForgottenSyncOfAnInputLeavesTheOldOne) {
  const DeviceBuffer in = this->filled(std::byte{5});
  const DeviceBuffer out = this->buffer(1);
  const auto run = this->device_->bind(this->kernel_, {in, out}).value();
  std::ranges::fill(in.bytes(), std::byte{9});
  ASSERT_TRUE(this->device_->execute({run}, this->kLong));
  ASSERT_TRUE(this->device_->sync(out, SyncDirection::kFromDevice));
  EXPECT_EQ(std::byte{5}, out.bytes()[0]);
  EXPECT_EQ(std::byte{5}, out.bytes()[127]);
}

TYPED_TEST_P(DeviceConformance, AForgottenSyncOfAnOutputLeavesTheOldOne) {
  this->device_->check_outputs(false);  // the check syncs a part
  const DeviceBuffer out = this->buffer(1);
  std::ranges::fill(out.bytes(), std::byte{1});
  const DeviceBuffer in = this->filled(std::byte{5});
  ASSERT_TRUE(this->device_->execute({this->device_->bind(this->kernel_, {in, out}).value()}, this->kLong));
  EXPECT_EQ(std::byte{1}, out.bytes()[0]);
  ASSERT_TRUE(this->device_->sync(out, SyncDirection::kFromDevice));
  EXPECT_EQ(std::byte{5}, out.bytes()[0]);
}

TYPED_TEST_P(DeviceConformance, PartsOfABuffer) {
  const DeviceBuffer arena = this->device_->allocate(*this->kernel_, 0, 1024).value();
  const auto bound =
      this->device_->bind(this->kernel_, {arena.part(0, 128).value(), arena.part(512, 256).value()}).value();
  std::ranges::fill(arena.bytes().first(128), std::byte{3});
  ASSERT_TRUE(this->device_->sync(arena, SyncDirection::kToDevice));
  ASSERT_TRUE(this->device_->execute({bound}, this->kLong));
  ASSERT_TRUE(this->device_->sync(arena, SyncDirection::kFromDevice));
  EXPECT_EQ(std::byte{3}, arena.bytes()[512]);
  EXPECT_EQ(std::byte{3}, arena.bytes()[512 + 127]);
  EXPECT_EQ(std::byte{0}, arena.bytes()[512 + 128]);
}

TYPED_TEST_P(DeviceConformance, AListPassesBuffersOn) {
  const DeviceBuffer a = this->filled(std::byte{6});
  const DeviceBuffer b = this->buffer(0);
  const DeviceBuffer c = this->buffer(1);
  const Runs runs = {this->device_->bind(this->kernel_, {a, b}).value(),
                     this->device_->bind(this->kernel_, {b, c}).value()};
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(this->device_->execute(runs, this->kLong));
  ASSERT_TRUE(this->device_->sync(c, SyncDirection::kFromDevice));
  EXPECT_EQ(std::byte{6}, c.bytes()[0]);
  EXPECT_EQ(4, this->device_->counters().runs);
  EXPECT_EQ(2, this->device_->counters().submissions);
  EXPECT_EQ(4, this->device_->counters().list_runs);
}

TYPED_TEST_P(DeviceConformance, SubmissionsAreWaitedForInAnyOrder) {
  const DeviceBuffer a = this->filled(std::byte{6});
  const DeviceBuffer b = this->buffer(0);
  const DeviceBuffer c = this->buffer(1);
  const Ticket first = this->device_->submit({this->device_->bind(this->kernel_, {a, b}).value()}).value();
  const Ticket second = this->device_->submit({this->device_->bind(this->kernel_, {b, c}).value()}).value();
  EXPECT_TRUE(this->device_->wait(second, this->kLong).value());
  EXPECT_TRUE(this->device_->wait(first, this->kLong).value());
  EXPECT_FALSE(this->device_->wait(first, this->kLong));
}

TYPED_TEST_P(DeviceConformance, FourSubmissionsOf64Runs) {
  Runs list;
  for (int i = 0; i < kMaxListEntries; ++i) list.push_back(this->run());
  Runs longer = list;
  longer.push_back(this->run());
  EXPECT_FALSE(this->device_->submit(longer));
  std::vector<Ticket> tickets = {this->device_->submit(list).value()};
  EXPECT_FALSE(this->device_->submit({list[5]}));
  for (int i = 1; i < kMaxInFlight; ++i) tickets.push_back(this->device_->submit({this->run()}).value());
  EXPECT_FALSE(this->device_->submit({this->run()}));
  for (const Ticket ticket : tickets) EXPECT_TRUE(this->device_->wait(ticket, this->kLong).value());
  EXPECT_EQ(0, this->device_->counters().failures);
}

TYPED_TEST_P(DeviceConformance, SixContexts) {
  std::vector<std::shared_ptr<LoadedKernel>> kernels;
  for (int i = 1; i < kMaxContexts; ++i) kernels.push_back(this->device_->load(this->subject_.copy(i)).value());
  EXPECT_TRUE(this->device_->load(this->subject_.copy(0)));  // shares
  const auto seventh = this->device_->load(this->subject_.copy(kMaxContexts));
  ASSERT_FALSE(seventh);
  EXPECT_EQ(ErrorCode::kUnsupported, seventh.error().code);
  kernels.pop_back();
  EXPECT_TRUE(this->device_->load(this->subject_.copy(kMaxContexts)));
}

TYPED_TEST_P(DeviceConformance, SwitchesAreCounted) {
  const auto other = this->device_->load(this->subject_.copy(1)).value();
  const auto here = this->run();
  const auto there = this->device_->bind(other, {this->buffer(0), this->buffer(1)}).value();
  for (const auto& next : {here, here, there, there, here}) ASSERT_TRUE(this->device_->execute({next}, this->kLong));
  EXPECT_EQ(2, this->device_->counters().context_switches);
  EXPECT_FALSE(this->device_->submit({here, there}));
}

TYPED_TEST_P(DeviceConformance, WhatIsNotItsOwnIsRefused) {
  TypeParam another;
  const auto device = another.open();
  const auto foreign = device->load(another.copy(0)).value();
  const DeviceBuffer strange = device->allocate(*foreign, 0, 128).value();
  EXPECT_FALSE(this->device_->bind(foreign, {this->buffer(0), this->buffer(1)}));
  EXPECT_FALSE(this->device_->bind(this->kernel_, {strange, this->buffer(1)}));
  EXPECT_FALSE(this->device_->bind(this->kernel_, {this->buffer(0)}));
  EXPECT_FALSE(this->device_->sync(strange, SyncDirection::kToDevice));
  EXPECT_FALSE(this->device_->allocate(*this->kernel_, 2, 128));
}

REGISTER_TYPED_TEST_SUITE_P(DeviceConformance, ALaunchCopies, AForgottenSyncOfAnInputLeavesTheOldOne,
                            AForgottenSyncOfAnOutputLeavesTheOldOne, PartsOfABuffer, AListPassesBuffersOn,
                            SubmissionsAreWaitedForInAnyOrder, FourSubmissionsOf64Runs, SixContexts, SwitchesAreCounted,
                            WhatIsNotItsOwnIsRefused);

}  // namespace skald::npu
