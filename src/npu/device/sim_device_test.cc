// The simulated device: what every device does, and its clock.

#include "npu/device/sim_device.h"

#include <gtest/gtest.h>

#include <cstring>

#include "npu/device/testing/conformance.h"
#include "npu/plan/streamed.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/suite/lookups.h"

namespace skald::npu {
namespace {

using std::chrono::milliseconds;

std::unique_ptr<SimDevice> open_device() {
  return std::make_unique<SimDevice>(
      SimDevice::Options{.kernels = sim::catalogue_kernels(), .lookup = catalogue_lookup()});
}

/// `words` through a memory tile and back.
Program copying(int64_t words) {
  const Block block{Element::kI32, {words}};
  Program p;
  p.name = "copy";
  p.device = "npu1";
  p.arguments = {{"in", block, Access::kRead}, {"out", block, Access::kWrite}};
  p.fifos = {{.name = "down", .producer = {0, 0}, .consumers = {{.tile = {0, 1}}}, .block = block},
             {.name = "up", .producer = {0, 1}, .consumers = {{.tile = {0, 0}}}, .block = block}};
  p.links = {{.inputs = {0}, .outputs = {1}, .offsets = {0}}};
  p.sequence = {Transfer{.fifo = 0, .argument = 0}, Transfer{.fifo = 1, .argument = 1, .token = true}, Wait{.fifo = 1}};
  return p;
}

Artifact artifact_of(Program program, const std::string& configuration) {
  Artifact artifact;
  artifact.name = program.name;
  artifact.configuration = configuration;
  artifact.arguments = arguments_of(program);
  artifact.program = std::make_shared<const Program>(std::move(program));
  return artifact;
}

struct SimSubject {
  static std::unique_ptr<Device> open() { return open_device(); }
  static Artifact copy(int configuration) { return artifact_of(copying(32), "c" + std::to_string(configuration)); }
};

}  // namespace

INSTANTIATE_TYPED_TEST_SUITE_P(Sim, DeviceConformance, SimSubject);

namespace {

std::shared_ptr<BoundRun> bound(Device& device, const std::shared_ptr<LoadedKernel>& kernel) {
  std::vector<DeviceBuffer> buffers;
  for (size_t i = 0; i < kernel->arguments.size(); ++i) {
    buffers.push_back(device.allocate(*kernel, i, kernel->arguments[i].bytes).value());
  }
  return device.bind(kernel, std::move(buffers)).value();
}

TEST(SimDevice, CostsAreThoseOfTheDescription) {
  const auto device = open_device();
  const auto here = device->load(SimSubject::copy(0)).value();
  const auto there = device->load(SimSubject::copy(1)).value();
  EXPECT_DOUBLE_EQ(2 * kNpu1.host.context_create_us * 1e-3, device->time().contexts);
  const auto a = bound(*device, here);
  const auto b = bound(*device, there);
  for (const auto& run : {a, a, b}) ASSERT_TRUE(device->execute({run}, milliseconds(100)));
  EXPECT_DOUBLE_EQ(3 * kNpu1.host.ordinary_launch_us * 1e-3, device->time().launches);
  EXPECT_DOUBLE_EQ(kNpu1.host.context_switch_us * 1e-3, device->time().switches);
  EXPECT_NEAR(3 * device->last_report().cycles / sim::TimeModel{}.clock_ghz * 1e-6, device->time().array, 1e-9);
}

TEST(SimDevice, AListCostsLessThanItsRuns) {
  const auto device = open_device();
  const auto kernel = device->load(SimSubject::copy(0)).value();
  ASSERT_TRUE(device->execute({bound(*device, kernel), bound(*device, kernel)}, milliseconds(100)));
  EXPECT_DOUBLE_EQ(2 * kNpu1.host.listed_share * kNpu1.host.ordinary_launch_us * 1e-3, device->time().launches);
}

TEST(SimDevice, WaitingTakesSimulatedTime) {
  const auto device = open_device();
  const auto kernel = device->load(artifact_of(copying(8192), "large")).value();
  Runs runs;
  for (int i = 0; i < 20; ++i) runs.push_back(bound(*device, kernel));
  const Ticket ticket = device->submit(runs).value();
  EXPECT_FALSE(device->wait(ticket, milliseconds(0)).value());
  int waits = 1;
  while (!device->wait(ticket, milliseconds(1)).value()) ++waits;
  EXPECT_EQ(waits, static_cast<int>(device->time().launches + device->time().array) + 1);
}

TEST(SimDevice, ResultsAreNotThereBeforeTheyAreWaitedFor) {
  const auto device = open_device();
  device->check_outputs(false);
  const auto kernel = device->load(SimSubject::copy(0)).value();
  const auto run = bound(*device, kernel);
  std::ranges::fill(run->buffers()[0].bytes(), std::byte{4});
  ASSERT_TRUE(device->sync(run->buffers()[0], SyncDirection::kToDevice));
  const Ticket ticket = device->submit({run}).value();
  ASSERT_TRUE(device->sync(run->buffers()[1], SyncDirection::kFromDevice));
  EXPECT_EQ(std::byte{0}, run->buffers()[1].bytes()[0]);
  EXPECT_TRUE(device->wait(ticket, milliseconds(10)).value());
  ASSERT_TRUE(device->sync(run->buffers()[1], SyncDirection::kFromDevice));
  EXPECT_EQ(std::byte{4}, run->buffers()[1].bytes()[0]);
}

TEST(SimDevice, KernelsCompute) {
  using enum plan::StreamedOperand::Kind;
  plan::Streamed scale;
  scale.name = "scale";
  scale.input = {Element::kI32, {1024}};
  scale.output = {Element::kI32, {1024}};
  scale.calls = {{"scale_i32", {{kInput}, {kOutput}, {kNumber, 7}, {kNumber, 1024}}}};
  scale.objects = 16;
  const auto device = open_device();
  const auto kernel = device->load(artifact_of(plan::plan_streamed(scale, {}, "npu1").value(), "")).value();
  const auto run = bound(*device, kernel);
  const std::span<std::byte> in = run->buffers()[0].bytes();
  for (int32_t i = 0; i < static_cast<int32_t>(in.size() / 4); ++i) std::memcpy(&in[static_cast<size_t>(4 * i)], &i, 4);
  ASSERT_TRUE(device->sync(run->buffers()[0], SyncDirection::kToDevice));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(device->execute({run}, milliseconds(10)));
  ASSERT_TRUE(device->sync(run->buffers()[1], SyncDirection::kFromDevice));
  int32_t last = 0;
  std::memcpy(&last, run->buffers()[1].bytes().last(4).data(), 4);
  EXPECT_EQ(7 * (16 * 1024 - 1), last);
}

TEST(SimDevice, Refusals) {
  const auto device = open_device();
  EXPECT_EQ(ErrorCode::kInvalidArgument, device->load({.name = "nothing"}).error().code);
  Program broken = copying(32);
  broken.fifos[0].depth = 0;
  EXPECT_EQ(ErrorCode::kUnsupported, device->load(artifact_of(broken, "broken")).error().code);
  const auto kernel = device->load(artifact_of(copying(32), "one")).value();
  const auto other = device->load(artifact_of(copying(64), "one"));
  ASSERT_FALSE(other);
  EXPECT_NE(std::string::npos, other.error().message.find("same array"));
  Artifact misnamed = artifact_of(copying(32), "one");
  misnamed.arguments[0].bytes = 64;
  EXPECT_FALSE(device->load(misnamed));
}

TEST(SimDevice, ASilentRunIsAnError) {
  Program p = copying(32);
  p.arguments.push_back({"unused", {Element::kI32, {32}}, Access::kWrite});
  const auto device = open_device();
  const auto kernel = device->load(artifact_of(p, "silent")).value();
  const auto result = device->execute({bound(*device, kernel)}, milliseconds(10));
  ASSERT_FALSE(result);
  EXPECT_EQ("copy.unused", result.error().where);
  EXPECT_EQ(1, device->counters().silent_runs);
}

}  // namespace
}  // namespace skald::npu
