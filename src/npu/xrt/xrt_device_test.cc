// XrtDevice over the fake of XRT's classes: the calls, in order, and what becomes of failures.

#include "npu/xrt/xrt_device.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <new>
#include <stdexcept>
#include <system_error>

#include "npu/device/testing/conformance.h"
#include "npu/xrt/testing/fake_xrt.h"

namespace skald::npu {
namespace {

using std::chrono::milliseconds;
using Calls = std::vector<std::string>;

/// Configurations are bytes that the fake never looks into.
Artifact copy_artifact(int configuration) {
  return {.name = "copy",
          .arguments = {{"in", 128, Access::kRead}, {"out", 128, Access::kWrite}},
          .xclbin = {'c', static_cast<char>('0' + configuration)},
          .instructions = {6U << 24U | 3U << 16U | 1U << 8U, 1U << 8U | 4U, 0, 16}};
}

struct XrtSubject {
  XrtSubject() { fake_xrt::reset(); }
  static std::unique_ptr<Device> open() { return open_xrt_device().value(); }
  Artifact copy(int configuration) const { return copy_artifact(configuration); }
};

}  // namespace

INSTANTIATE_TYPED_TEST_SUITE_P(XrtOverFake, DeviceConformance, XrtSubject);

namespace {

class XrtDeviceTest : public testing::Test {
 protected:
  void SetUp() override { fake_xrt::reset(); }

  Artifact artifact(int configuration = 0) const { return copy_artifact(configuration); }
  void open() {
    auto device = open_xrt_device();
    ASSERT_TRUE(device) << to_string(device.error());
    device_ = std::move(*device);
  }
  void load() {
    open();
    kernel_ = device_->load(artifact()).value();
  }
  DeviceBuffer buffer(size_t argument = 0) { return device_->allocate(*kernel_, argument, 128).value(); }
  std::shared_ptr<BoundRun> run() { return device_->bind(kernel_, {buffer(0), buffer(1)}).value(); }

  static void fail_at(const std::string& call, int number) {
    fake_xrt::state().before[call] = [number] { throw std::system_error(number, std::system_category(), "its words"); };
  }

  std::unique_ptr<Device> device_;
  std::shared_ptr<LoadedKernel> kernel_;
};

TEST_F(XrtDeviceTest, TheWholeSequenceOfCalls) {
  open();
  EXPECT_EQ((Calls{"device 0", "device.get_info"}), fake_xrt::take_calls());
  EXPECT_EQ("RyzenAI-npu1", device_->info().name);
  EXPECT_EQ("XRT 2.99.7", device_->info().runtime);

  kernel_ = device_->load(artifact()).value();
  EXPECT_EQ((Calls{"xclbin c0", "device.register_xclbin", "hw_context 42", "kernel MLIR_AIE",
                   "bo #1 16 cacheable group 65537", "bo.map #1", "bo.sync #1 to 16 @0"}),
            fake_xrt::take_calls());

  const DeviceBuffer in = buffer(0);
  const DeviceBuffer out = buffer(1);
  EXPECT_EQ((Calls{"bo #2 128 host_only group 65539", "bo.map #2", "bo #3 128 host_only group 65540", "bo.map #3"}),
            fake_xrt::take_calls());

  std::ranges::fill(in.bytes(), std::byte{77});
  ASSERT_TRUE(device_->sync(in, SyncDirection::kToDevice));
  const auto bound = device_->bind(kernel_, {in, out}).value();
  EXPECT_EQ((Calls{"bo.sync #2 to 128 @0", "run", "run.set_arg 0 = 3 (8 bytes)", "run.set_arg 1 = #1",
                   "run.set_arg 2 = 4 (4 bytes)", "run.set_arg 3 = #2", "run.set_arg 4 = #3"}),
            fake_xrt::take_calls());

  const Ticket ticket = device_->submit({bound}).value();
  EXPECT_EQ((Calls{"bo.sync #3 to 64 @0", "bo.sync #3 to 64 @64", "run.start"}), fake_xrt::take_calls());
  EXPECT_TRUE(device_->wait(ticket, milliseconds(50)).value());
  EXPECT_EQ((Calls{"run.wait2", "bo.sync #3 from 64 @0", "bo.sync #3 from 64 @64"}), fake_xrt::take_calls());

  ASSERT_TRUE(device_->sync(out, SyncDirection::kFromDevice));
  EXPECT_EQ((Calls{"bo.sync #3 from 128 @0"}), fake_xrt::take_calls());
  EXPECT_EQ(std::byte{77}, out.bytes()[127]);
}

TEST_F(XrtDeviceTest, EverythingIsFreed) {
  load();
  ASSERT_TRUE(device_->execute({run()}, milliseconds(10)));
  kernel_.reset();
  device_.reset();
  EXPECT_EQ(0, fake_xrt::state().contexts);
  EXPECT_EQ(0, fake_xrt::state().buffers);
}

TEST_F(XrtDeviceTest, PartsBecomeSubBuffers) {
  load();
  const DeviceBuffer arena = device_->allocate(*kernel_, 0, 1024).value();
  fake_xrt::take_calls();
  const auto bound = device_->bind(kernel_, {arena.part(0, 128).value(), arena.part(512, 256).value()}).value();
  EXPECT_EQ((Calls{"run", "run.set_arg 0 = 3 (8 bytes)", "run.set_arg 1 = #1", "run.set_arg 2 = 4 (4 bytes)",
                   "run.set_arg 3 = #2", "bo.part #3 of #2 128 @512", "run.set_arg 4 = #3"}),
            fake_xrt::take_calls());
  std::ranges::fill(arena.bytes().first(128), std::byte{3});
  ASSERT_TRUE(device_->sync(arena, SyncDirection::kToDevice));
  ASSERT_TRUE(device_->execute({bound}, milliseconds(10)));
  ASSERT_TRUE(device_->sync(arena, SyncDirection::kFromDevice));
  EXPECT_EQ(std::byte{3}, arena.bytes()[512 + 127]);
  EXPECT_EQ(std::byte{0}, arena.bytes()[512 + 128]);
}

TEST_F(XrtDeviceTest, AListOfRuns) {
  load();
  const Runs runs = {run(), run(), run()};
  fake_xrt::take_calls();
  device_->check_outputs(false);
  EXPECT_EQ("not tried yet", device_->info().run_lists);
  for (int i = 0; i < 2; ++i) {  // twice: a run may be in one list only
    ASSERT_TRUE(device_->execute(runs, milliseconds(10)));
    EXPECT_EQ((Calls{"runlist", "runlist.add", "runlist.add", "runlist.add", "runlist.execute", "runlist.wait",
                     "runlist.reset"}),
              fake_xrt::take_calls());
  }
  ASSERT_TRUE(device_->execute({runs[0]}, milliseconds(10)));
  EXPECT_EQ((Calls{"run.start", "run.wait2"}), fake_xrt::take_calls());
  EXPECT_EQ("yes", device_->info().run_lists);
  EXPECT_EQ(6, device_->counters().list_runs);
  EXPECT_EQ(1, device_->counters().single_runs);
}

TEST_F(XrtDeviceTest, WhereRunListsDoNotWorkRunsGoOneByOne) {
  load();
  device_->check_outputs(false);
  fail_at("runlist.execute", ENOTSUP);
  const Runs runs = {run(), run(), run()};
  fake_xrt::take_calls();
  ASSERT_TRUE(device_->execute(runs, milliseconds(10)));
  EXPECT_EQ((Calls{"runlist", "runlist.add", "runlist.add", "runlist.add", "runlist.execute", "run.start", "run.wait2",
                   "run.start", "run.wait2", "run.start", "run.wait2"}),
            fake_xrt::take_calls());
  ASSERT_TRUE(device_->execute(runs, milliseconds(10)));
  EXPECT_EQ("run.start", fake_xrt::take_calls().front());  // not tried again
  EXPECT_NE(std::string::npos, device_->info().run_lists.find("its words"));
  EXPECT_EQ(0, device_->counters().list_runs);
  EXPECT_EQ(6, device_->counters().single_runs);
}

TEST_F(XrtDeviceTest, ALongListThatFailedIsNotRunAgain) {
  load();
  fail_at("runlist.execute", ENOTSUP);
  Runs runs;
  for (int i = 0; i < 25; ++i) runs.push_back(run());  // a second chain: the first may have run
  EXPECT_FALSE(device_->execute(runs, milliseconds(10)));
  EXPECT_TRUE(device_->execute(runs, milliseconds(10)));
}

TEST_F(XrtDeviceTest, FailedStates) {
  const auto error_of = [&](ert_cmd_state state, size_t runs) {
    load();
    fake_xrt::state().outcomes = {state};
    Runs list;
    for (size_t i = 0; i < runs; ++i) list.push_back(run());
    const auto result = device_->execute(list, milliseconds(10));
    return result ? Error{} : result.error();
  };
  for (const size_t runs : {1U, 2U}) {
    EXPECT_NE(std::string::npos, error_of(ERT_CMD_STATE_TIMEOUT, runs).message.find("hung"));
    EXPECT_NE(std::string::npos, error_of(ERT_CMD_STATE_ERROR, runs).remedy.find("number of arguments"));
    EXPECT_NE(std::string::npos, error_of(ERT_CMD_STATE_ABORT, runs).message.find("words"));
    EXPECT_NE(std::string::npos, error_of(ERT_CMD_STATE_RUNNING, runs).message.find("still runs after 10 ms"));
  }
}

TEST_F(XrtDeviceTest, CompletedButNothingWritten) {
  load();
  fake_xrt::state().array = [](const auto&) {};
  const auto result = device_->execute({run()}, milliseconds(10));
  ASSERT_FALSE(result);
  EXPECT_EQ("copy.out", result.error().where);
  EXPECT_NE(std::string::npos, result.error().message.find("wrote nothing"));
}

TEST_F(XrtDeviceTest, ZeroTimeIsNotForEver) {
  load();
  fake_xrt::state().outcomes = {ERT_CMD_STATE_RUNNING, ERT_CMD_STATE_RUNNING};
  EXPECT_FALSE(device_->wait(device_->submit({run()}).value(), milliseconds(0)).value());
  EXPECT_FALSE(device_->wait(device_->submit({run(), run()}).value(), milliseconds(0)).value());
  for (const std::string& call : fake_xrt::take_calls()) EXPECT_EQ(std::string::npos, call.find("for ever"));
}

TEST_F(XrtDeviceTest, SixContexts) {
  load();
  std::vector<std::shared_ptr<LoadedKernel>> kernels;
  for (int i = 1; i < 6; ++i) kernels.push_back(device_->load(artifact(i)).value());
  EXPECT_EQ(6, fake_xrt::state().contexts);
  fake_xrt::take_calls();
  EXPECT_NE(std::string::npos, device_->load(artifact(6)).error().message.find("configuration 7"));
  EXPECT_TRUE(fake_xrt::take_calls().empty());
  kernels.pop_back();
  fail_at("hw_context", EINVAL);  // another program has the sixth
  const auto taken = device_->load(artifact(6));
  ASSERT_FALSE(taken);
  EXPECT_EQ(ErrorCode::kUnsupported, taken.error().code);
  EXPECT_NE(std::string::npos, taken.error().remedy.find("close other programs"));
}

TEST_F(XrtDeviceTest, OpeningFails) {
  const auto error_of = [](std::function<void()> thrower) {
    fake_xrt::state().before["device"] = std::move(thrower);
    const auto device = open_xrt_device();
    return device ? Error{} : device.error();
  };
  EXPECT_EQ(ErrorCode::kPermission, error_of([] { throw std::system_error(EACCES, std::system_category()); }).code);
  const Error memlock = error_of([] { throw std::system_error(-EAGAIN, std::system_category()); });
  EXPECT_EQ(ErrorCode::kOutOfMemory, memlock.code);
  EXPECT_NE(std::string::npos, memlock.remedy.find("ulimit -l unlimited"));
  const Error none = error_of([] { throw std::runtime_error("No such device with index '0'"); });
  EXPECT_EQ(ErrorCode::kNotFound, none.code);
  EXPECT_NE(std::string::npos, none.message.find("No such device"));
  EXPECT_NE(std::string::npos, none.remedy.find("skald npu info"));
  EXPECT_EQ(ErrorCode::kNotFound, error_of([] { throw 7; }).code);  // NOLINT: whatever may come
  EXPECT_FALSE(error_of([] { throw std::bad_alloc(); }).message.empty());
}

TEST_F(XrtDeviceTest, LoadingFails) {
  open();
  const auto code_of = [&](const Artifact& what) { return device_->load(what).error().code; };
  EXPECT_EQ(ErrorCode::kNotFound, code_of({.name = "nothing"}));
  Artifact other = artifact();
  other.kernel = "OTHER";
  EXPECT_EQ(ErrorCode::kNotFound, code_of(other));
  Artifact later = artifact();
  later.instructions[0] = 6U << 24U | 4U << 16U;
  EXPECT_EQ(ErrorCode::kUnsupported, code_of(later));
  for (const char* call : {"xclbin", "device.register_xclbin", "kernel"}) {
    fake_xrt::state().before.clear();
    fail_at(call, EINVAL);
    EXPECT_EQ(ErrorCode::kUnsupported, code_of(artifact())) << call;
  }
  fake_xrt::state().before.clear();
  fail_at("bo.map", EAGAIN);
  EXPECT_EQ(ErrorCode::kOutOfMemory, code_of(artifact()));
  EXPECT_EQ(0, fake_xrt::state().contexts);
  fake_xrt::state().before.clear();
  fake_xrt::state().kernels = {"other", "MLIR_AIE:0"};  // a longer name with the same beginning
  EXPECT_TRUE(device_->load(artifact()));
}

TEST_F(XrtDeviceTest, LaterCallsFail) {
  load();
  const DeviceBuffer good = buffer();
  const auto bound = run();
  fail_at("bo", ENOMEM);
  EXPECT_EQ(ErrorCode::kOutOfMemory, device_->allocate(*kernel_, 0, 128).error().code);
  fail_at("bo.sync", EIO);
  EXPECT_EQ(ErrorCode::kIo, device_->sync(good, SyncDirection::kToDevice).error().code);
  EXPECT_EQ(ErrorCode::kIo, device_->submit({bound}).error().code);  // the canary
  fake_xrt::state().before.clear();
  fail_at("run.set_arg", EINVAL);
  EXPECT_EQ(ErrorCode::kIo, device_->bind(kernel_, {good, good}).error().code);
  fail_at("run.start", EIO);
  EXPECT_EQ(ErrorCode::kIo, device_->submit({bound}).error().code);
  fail_at("run.wait2", EIO);
  fake_xrt::state().before.erase("run.start");
  EXPECT_EQ(ErrorCode::kIo, device_->execute({bound}, milliseconds(10)).error().code);
}

TEST(XrtFacts, AreThoseOfTheLibrary) {
  EXPECT_TRUE(xrt_facts().built);
  EXPECT_EQ("2.99.7", xrt_facts().version);
}

}  // namespace
}  // namespace skald::npu
