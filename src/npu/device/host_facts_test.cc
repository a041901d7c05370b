#include "npu/device/host_facts.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace skald::npu {
namespace {

namespace fs = std::filesystem;

/// A machine in a temporary folder.
class HostFactsTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("skald_host_" + std::to_string(getpid()) + "_" +
                                         testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  void put(const std::string& path, const std::string& content) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << content;
  }
  HostPaths paths() const {
    return {.sys = root_ / "sys", .dev = root_ / "dev", .proc = root_ / "proc", .firmware = root_ / "firmware"};
  }
  void add_pci(const std::string& address, const std::string& vendor, const std::string& device) const {
    put("sys/bus/pci/devices/" + address + "/vendor", vendor + "\n");
    put("sys/bus/pci/devices/" + address + "/device", device + "\n");
  }

  fs::path root_;
};

TEST_F(HostFactsTest, AnEmptyMachine) {
  const HostFacts facts = look_at_host(paths());
  EXPECT_FALSE(facts.npu);
  EXPECT_FALSE(facts.node);
  EXPECT_FALSE(facts.module_loaded);
  EXPECT_FALSE(facts.firmware_file);
  EXPECT_FALSE(facts.memlock_known);
  EXPECT_TRUE(facts.kernel.empty());
}

TEST_F(HostFactsTest, AWholeMachine) {
  const std::string npu = "sys/bus/pci/devices/0000:c4:00.1";
  add_pci("0000:00:00.0", "0x1022", "0x14e8");
  add_pci("0000:c4:00.1", "0x1022", "0x1502");
  put(npu + "/revision", "0x00\n");
  put(npu + "/vbnv", "RyzenAI-npu1\n");
  put(npu + "/fw_version", "1.5.5.391\n");
  put(npu + "/power/control", "auto\n");
  put(npu + "/power/runtime_status", "suspended\n");
  put(npu + "/power/autosuspend_delay_ms", "5000\n");
  put(npu + "/accel/accel1/dev", "261:1\n");
  put("sys/bus/pci/drivers/amdxdna/x", "");
  fs::create_directory_symlink("../../drivers/amdxdna", root_ / npu / "driver");
  put("sys/module/amdxdna/version", "2.21.0_20260101\n");
  put("dev/accel/accel1", "");
  ASSERT_EQ(0, ::chmod((root_ / "dev/accel/accel1").c_str(), 0660));
  put("firmware/amdnpu/1502_00/npu.sbin.1.5.5.391.zst", "");
  put("proc/sys/kernel/osrelease", "6.14.0-27-generic\n");
  put("proc/self/limits",
      "Limit                     Soft Limit           Hard Limit           Units     \n"
      "Max locked memory         8388608              unlimited            bytes     \n");
  const HostFacts facts = look_at_host(paths());
  ASSERT_TRUE(facts.npu);
  EXPECT_EQ("0000:c4:00.1", facts.npu->address);
  EXPECT_EQ("0x00", facts.npu->revision);
  EXPECT_EQ("amdxdna", facts.npu->driver);
  EXPECT_EQ("RyzenAI-npu1", facts.npu->model);
  EXPECT_EQ("1.5.5.391", facts.npu->firmware);
  EXPECT_EQ("auto", facts.npu->power_control);
  EXPECT_EQ("suspended", facts.npu->power_status);
  EXPECT_EQ(5000, facts.npu->suspend_after);
  EXPECT_TRUE(facts.module_loaded);
  EXPECT_EQ("2.21.0_20260101", facts.module_version);
  EXPECT_TRUE(facts.firmware_file);
  EXPECT_EQ("6.14.0-27-generic", facts.kernel);
  EXPECT_TRUE(facts.memlock_known);
  EXPECT_EQ(8388608U, facts.memlock);
  ASSERT_TRUE(facts.node);
  EXPECT_EQ((root_ / "dev/accel/accel1").string(), facts.node->path);
  EXPECT_EQ(0660U, facts.node->mode);
  EXPECT_FALSE(facts.node->group.empty());
  EXPECT_TRUE(facts.node->usable);  // this test made it
}

TEST_F(HostFactsTest, ALaterGeneration) {
  add_pci("0000:c5:00.1", "0x1022", "0x17f0");
  const HostFacts facts = look_at_host(paths());
  EXPECT_FALSE(facts.npu);
  EXPECT_EQ("1022:17f0", facts.other_npu);
}

TEST_F(HostFactsTest, ANodeThatMayNotBeOpened) {
  put("dev/accel/accel0", "");
  ASSERT_EQ(0, ::chmod((root_ / "dev/accel/accel0").c_str(), 0));
  const HostFacts facts = look_at_host(paths());
  ASSERT_TRUE(facts.node);
  EXPECT_EQ(geteuid() == 0, facts.node->usable);  // root may open anything
  EXPECT_EQ(0U, facts.node->mode);
}

TEST_F(HostFactsTest, LimitsOfLockedMemory) {
  put("proc/self/limits", "Max locked memory         unlimited            unlimited            bytes     \n");
  EXPECT_TRUE(look_at_host(paths()).memlock_known);
  EXPECT_FALSE(look_at_host(paths()).memlock);
  for (const char* broken : {"", "Max locked memory", "Max locked memory   soft  hard bytes\n"}) {
    put("proc/self/limits", broken);
    EXPECT_FALSE(look_at_host(paths()).memlock_known) << broken;
  }
}

TEST_F(HostFactsTest, ThisMachineCanBeLookedAt) {
  EXPECT_FALSE(look_at_host().kernel.empty());
}

}  // namespace
}  // namespace skald::npu
