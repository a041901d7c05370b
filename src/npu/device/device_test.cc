#include "npu/device/device.h"

#include <gtest/gtest.h>

#include "npu/device/null_device.h"
#include "npu/device/testing/scripted_device.h"

namespace skald::npu {
namespace {

using std::chrono::milliseconds;

Artifact artifact(const std::string& configuration = "one") {
  return {.name = "copy",
          .configuration = configuration,
          .arguments = {{"in", 256, Access::kRead}, {"out", 256, Access::kWrite}}};
}

/// A run that copies its first buffer to its second.
Result<bool> copy(const BoundRun& run) {
  std::ranges::copy(array_side(run.buffers()[0]), array_side(run.buffers()[1]).begin());
  return true;
}

class DeviceTest : public testing::Test {
 protected:
  DeviceTest() {
    device_.behaviour = copy;
    kernel_ = device_.load(artifact()).value();
  }
  DeviceBuffer buffer(size_t bytes = 256) { return device_.allocate(*kernel_, 0, bytes).value(); }
  std::shared_ptr<BoundRun> run() { return device_.bind(kernel_, {buffer(), buffer()}).value(); }

  ScriptedDevice device_;
  std::shared_ptr<LoadedKernel> kernel_;
};

TEST_F(DeviceTest, ALaunch) {
  const DeviceBuffer in = buffer();
  const DeviceBuffer out = buffer();
  for (size_t i = 0; i < in.size(); ++i) in.bytes()[i] = static_cast<std::byte>(i);
  ASSERT_TRUE(device_.sync(in, SyncDirection::kToDevice));
  const auto bound = device_.bind(kernel_, {in, out});
  ASSERT_TRUE(bound);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(device_.execute({*bound}, milliseconds(10)));
  ASSERT_TRUE(device_.sync(out, SyncDirection::kFromDevice));
  EXPECT_TRUE(std::ranges::equal(in.bytes(), out.bytes()));
  const DeviceCounters& counters = device_.counters();
  EXPECT_EQ(1, counters.contexts_opened);
  EXPECT_EQ(3, counters.runs);
  EXPECT_EQ(3, counters.single_runs);
  EXPECT_EQ(0, counters.list_runs);
  EXPECT_EQ(256, counters.bytes_to_device);
  EXPECT_EQ(256, counters.bytes_from_device);
  EXPECT_EQ(12, counters.lines_checked);
  EXPECT_EQ(12, counters.lines_written);
}

TEST_F(DeviceTest, AForgottenSyncLeavesWhatWasThere) {
  const DeviceBuffer in = buffer();
  const DeviceBuffer out = buffer();
  std::ranges::fill(in.bytes(), std::byte{9});
  ASSERT_TRUE(device_.execute({device_.bind(kernel_, {in, out}).value()}, milliseconds(10)));
  ASSERT_TRUE(device_.sync(out, SyncDirection::kFromDevice));
  EXPECT_EQ(std::byte{0}, out.bytes()[0]);
}

TEST_F(DeviceTest, ARunThatWroteNothingIsAnError) {
  device_.behaviour = [](const BoundRun&) -> Result<bool> { return true; };
  const auto result = device_.execute({run()}, milliseconds(10));
  ASSERT_FALSE(result);
  EXPECT_EQ(ErrorCode::kIo, result.error().code);
  EXPECT_EQ("copy.out", result.error().where);
  EXPECT_NE(std::string::npos, result.error().message.find("wrote nothing"));
  EXPECT_FALSE(result.error().remedy.empty());
  EXPECT_EQ(1, device_.counters().silent_runs);
  EXPECT_EQ(1, device_.counters().failures);
}

TEST_F(DeviceTest, UncheckedOutputsAreTakenAsTheyAre) {
  device_.behaviour = [](const BoundRun&) -> Result<bool> { return true; };
  device_.check_outputs(false);
  EXPECT_TRUE(device_.execute({run()}, milliseconds(10)));
  EXPECT_EQ(0, device_.counters().lines_checked);
}

TEST_F(DeviceTest, APartlyWrittenOutputIsCounted) {
  device_.behaviour = [](const BoundRun& run) -> Result<bool> {
    std::ranges::fill(array_side(run.buffers()[1]).first(64), std::byte{1});
    return true;
  };
  EXPECT_TRUE(device_.execute({run()}, milliseconds(10)));
  EXPECT_EQ(4, device_.counters().lines_checked);
  EXPECT_EQ(1, device_.counters().lines_written);
}

TEST_F(DeviceTest, AListMayPassBuffersOn) {
  const DeviceBuffer a = buffer();
  const DeviceBuffer b = buffer();
  std::ranges::fill(a.bytes(), std::byte{5});
  ASSERT_TRUE(device_.sync(a, SyncDirection::kToDevice));
  // a -> b -> a: the canary of the second run's output would be the first run's input.
  const Runs runs = {device_.bind(kernel_, {a, b}).value(), device_.bind(kernel_, {b, a}).value()};
  ASSERT_TRUE(device_.execute(runs, milliseconds(10)));
  ASSERT_TRUE(device_.sync(a, SyncDirection::kFromDevice));
  EXPECT_EQ(std::byte{5}, a.bytes()[0]);
  EXPECT_EQ(2, device_.counters().list_runs);
  EXPECT_EQ(1, device_.counters().outputs_trusted);
}

TEST_F(DeviceTest, AFailedCommandEndsItsContext) {
  device_.behaviour = [](const BoundRun& run) -> Result<bool> {
    return std::unexpected(error_of_state(CommandState::kTimeout, run.kernel().name, ""));
  };
  auto broken = run();
  const auto first = device_.execute({broken}, milliseconds(10));
  ASSERT_FALSE(first);
  EXPECT_NE(std::string::npos, first.error().message.find("hung"));
  device_.behaviour = copy;
  const auto again = device_.submit({broken});
  ASSERT_FALSE(again);
  EXPECT_EQ("load it again", again.error().remedy);
  EXPECT_NE(std::string::npos, again.error().message.find("earlier failure"));
  kernel_ = device_.load(artifact()).value();  // another context, although the broken one still lives
  EXPECT_EQ(2, device_.contexts);
  EXPECT_TRUE(device_.execute({run()}, milliseconds(10)));
  broken.reset();
  EXPECT_EQ(1, device_.contexts);
}

TEST_F(DeviceTest, BuffersOfAHangLiveAsLongAsItsContext) {
  device_.behaviour = [](const BoundRun&) -> Result<bool> { return false; };
  auto stuck = run();
  const std::weak_ptr<DeviceMemory> output = stuck->buffers()[1].memory();
  const auto result = device_.execute({stuck}, milliseconds(7));
  ASSERT_FALSE(result);
  EXPECT_NE(std::string::npos, result.error().message.find("still runs after 7 ms"));
  stuck.reset();
  EXPECT_FALSE(output.expired());
  kernel_.reset();
  EXPECT_EQ(0, device_.contexts);
  EXPECT_TRUE(output.expired());
}

TEST_F(DeviceTest, WaitingTwiceForSomethingLong) {
  int asked = 0;
  device_.behaviour = [&](const BoundRun& run) -> Result<bool> {
    if (++asked < 3) return false;
    return copy(run);
  };
  const auto ticket = device_.submit({run()});
  ASSERT_TRUE(ticket);
  EXPECT_FALSE(device_.wait(*ticket, milliseconds(1)).value());
  EXPECT_FALSE(device_.wait(*ticket, milliseconds(1)).value());
  EXPECT_TRUE(device_.wait(*ticket, milliseconds(1)).value());
  EXPECT_FALSE(device_.wait(*ticket, milliseconds(1)));
}

TEST_F(DeviceTest, SixConfigurations) {
  std::vector<std::shared_ptr<LoadedKernel>> kernels;
  for (int i = 0; i < 5; ++i) kernels.push_back(device_.load(artifact("c" + std::to_string(i))).value());
  EXPECT_EQ(6, device_.contexts);
  kernels.push_back(device_.load(artifact("c0")).value());  // shares
  EXPECT_EQ(6, device_.contexts);
  const auto seventh = device_.load(artifact("c6"));
  ASSERT_FALSE(seventh);
  EXPECT_EQ(ErrorCode::kUnsupported, seventh.error().code);
  EXPECT_NE(std::string::npos, seventh.error().remedy.find("unload"));
  kernels.erase(kernels.begin() + 1);
  EXPECT_TRUE(device_.load(artifact("c6")));
}

TEST_F(DeviceTest, TheDriverMayHaveFewer) {
  device_.most_contexts = 1;
  const auto second = device_.load(artifact("two"));
  ASSERT_FALSE(second);
  EXPECT_NE(std::string::npos, second.error().remedy.find("close other programs"));
}

TEST_F(DeviceTest, FourSubmissionsOf64Runs) {
  EXPECT_FALSE(device_.submit({}));
  EXPECT_FALSE(device_.submit({nullptr}));
  Runs list;
  for (int i = 0; i < kMaxListEntries; ++i) list.push_back(run());
  Runs longer = list;
  longer.push_back(run());
  EXPECT_FALSE(device_.submit(longer));
  EXPECT_FALSE(device_.submit({list[0], list[0]}));
  std::vector<Ticket> tickets = {device_.submit(list).value()};
  EXPECT_FALSE(device_.submit({list[5]}));
  for (int i = 1; i < kMaxInFlight; ++i) tickets.push_back(device_.submit({run()}).value());
  const auto fifth = device_.submit({run()});
  ASSERT_FALSE(fifth);
  EXPECT_NE(std::string::npos, fifth.error().remedy.find("wait"));
  for (const Ticket ticket : tickets) EXPECT_TRUE(device_.wait(ticket, milliseconds(1)).value());
  EXPECT_TRUE(device_.execute({list[5]}, milliseconds(1)));
  EXPECT_EQ(64, device_.counters().list_runs);
  EXPECT_EQ(4, device_.counters().single_runs);
}

TEST_F(DeviceTest, SwitchesAreCounted) {
  const auto other = device_.load(artifact("two")).value();
  const auto here = run();
  const auto there = device_.bind(other, {buffer(), buffer()}).value();  // buffers may be shared between contexts
  for (const auto& next : {here, here, there, there, here}) ASSERT_TRUE(device_.execute({next}, milliseconds(1)));
  EXPECT_EQ(2, device_.counters().context_switches);
  EXPECT_FALSE(device_.submit({here, there}));
}

TEST_F(DeviceTest, WrongArguments) {
  ScriptedDevice another;
  const auto foreign = another.load(artifact()).value();
  const DeviceBuffer strange = another.allocate(*foreign, 0, 256).value();
  EXPECT_FALSE(device_.allocate(*kernel_, 2, 256));
  EXPECT_FALSE(device_.allocate(*kernel_, 0, 0));
  EXPECT_FALSE(device_.allocate(*foreign, 0, 256));
  EXPECT_FALSE(device_.bind(kernel_, {buffer()}));
  EXPECT_FALSE(device_.bind(kernel_, {buffer(), buffer(255)}));
  EXPECT_FALSE(device_.bind(kernel_, {buffer(), DeviceBuffer()}));
  EXPECT_FALSE(device_.bind(kernel_, {buffer(), strange}));
  EXPECT_FALSE(device_.bind(foreign, {buffer(), buffer()}));
  EXPECT_FALSE(device_.bind(nullptr, {}));
  EXPECT_FALSE(device_.sync(strange, SyncDirection::kToDevice));
  EXPECT_FALSE(device_.sync(DeviceBuffer(), SyncDirection::kToDevice));
}

TEST(NullDevice, SaysWhy) {
  NullDevice none({ErrorCode::kUnsupported, "device npu", "there is no NPU", "skald npu info"});
  EXPECT_EQ("none", none.info().kind);
  const auto loaded = none.load(artifact());
  ASSERT_FALSE(loaded);
  EXPECT_EQ("there is no NPU", loaded.error().message);
  EXPECT_EQ("skald npu info", loaded.error().remedy);
}

}  // namespace
}  // namespace skald::npu
