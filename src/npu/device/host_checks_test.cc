#include "npu/device/host_checks.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace skald::npu {
namespace {

HostFacts good_host() {
  HostFacts facts;
  facts.kernel = "6.14.2";
  facts.npu = PciNpu{.address = "0000:c4:00.1",
                     .revision = "0x00",
                     .driver = "amdxdna",
                     .model = "RyzenAI-npu1",
                     .firmware = "1.5.5.391",
                     .power_control = "on",
                     .power_status = "active",
                     .suspend_after = 5000};
  facts.module_loaded = true;
  facts.firmware_file = true;
  facts.node =
      DeviceNode{.path = "/dev/accel/accel0", .mode = 0660, .group = "render", .usable = true, .in_group = true};
  facts.memlock_known = true;
  return facts;
}

const RuntimeFacts kRuntime = {.built = true, .version = "2.21.75", .reason = ""};

HostCheck check(const HostFacts& facts, const std::string& name, const RuntimeFacts& runtime = kRuntime) {
  const auto checks = check_host(facts, runtime);
  const auto found = std::ranges::find(checks, name, &HostCheck::name);
  return found == checks.end() ? HostCheck{} : *found;
}

TEST(HostChecks, AGoodMachineHasNothingToFix) {
  const auto checks = check_host(good_host(), kRuntime);
  EXPECT_EQ(9U, checks.size());
  for (const HostCheck& c : checks) {
    EXPECT_EQ(HostCheckState::kGood, c.state) << c.name;
    EXPECT_FALSE(c.found.empty()) << c.name;
    EXPECT_TRUE(c.fix.empty()) << c.name;
  }
  EXPECT_FALSE(why_unusable(checks));
}

TEST(HostChecks, AnEmptyMachineSaysTheFirstThingFirst) {
  const auto checks = check_host({}, {.built = false, .version = "", .reason = "no headers"});
  const auto why = why_unusable(checks);
  ASSERT_TRUE(why);
  EXPECT_EQ("device npu", why->where);
  EXPECT_EQ("device: no NPU 1022:1502", why->message);
  EXPECT_FALSE(why->remedy.empty());
  for (const HostCheck& c : checks) {
    EXPECT_NE(HostCheckState::kGood, c.state) << c.name;
    EXPECT_TRUE(c.state != HostCheckState::kBad || !c.fix.empty()) << c.name;
  }
}

TEST(HostChecks, LoadedKernel) {
  const auto state = [](const char* release, bool module) {
    HostFacts facts = good_host();
    facts.kernel = release;
    facts.module_loaded = module;
    return check(facts, "kernel").state;
  };
  EXPECT_EQ(HostCheckState::kGood, state("6.14.0-27-generic", false));
  EXPECT_EQ(HostCheckState::kGood, state("7.0.1", false));
  EXPECT_EQ(HostCheckState::kBad, state("6.13.9", false));
  EXPECT_EQ(HostCheckState::kBad, state("5.15.0", false));
  EXPECT_EQ(HostCheckState::kGood, state("6.11.0", true));  // a driver built outside the kernel
  for (const char* odd : {"", "6", "6.", "x.y"}) EXPECT_EQ(HostCheckState::kUnknown, state(odd, false)) << odd;
}

TEST(HostChecks, Driver) {
  HostFacts facts = good_host();
  facts.module_loaded = false;
  EXPECT_EQ("sudo modprobe amdxdna", check(facts, "driver").fix);
  facts = good_host();
  facts.npu->driver = "vfio-pci";
  EXPECT_EQ(HostCheckState::kBad, check(facts, "driver").state);
  facts = good_host();
  facts.module_version = "2.21.0";
  EXPECT_EQ("amdxdna 2.21.0", check(facts, "driver").found);
}

TEST(HostChecks, Permission) {
  HostFacts facts = good_host();
  facts.node->usable = false;
  facts.node->in_group = false;
  EXPECT_EQ("sudo usermod -aG render $USER, then log in again", check(facts, "permission").fix);
  const auto why = why_unusable(check_host(facts, kRuntime));
  ASSERT_TRUE(why);
  EXPECT_EQ(ErrorCode::kPermission, why->code);
  facts.node->in_group = true;
  EXPECT_EQ("sudo chmod g+rw /dev/accel/accel0", check(facts, "permission").fix);
  facts.node.reset();
  EXPECT_EQ(HostCheckState::kUnknown, check(facts, "permission").state);
  EXPECT_EQ(HostCheckState::kBad, check(facts, "node").state);
}

TEST(HostChecks, Memlock) {
  HostFacts facts = good_host();
  EXPECT_EQ("unlimited", check(facts, "memlock").found);
  facts.memlock = uint64_t{8} << 20U;
  EXPECT_EQ(HostCheckState::kBad, check(facts, "memlock").state);
  EXPECT_EQ("8 MiB of memory can be locked", check(facts, "memlock").found);
  EXPECT_NE(std::string::npos, check(facts, "memlock").fix.find("ulimit -l unlimited"));
  facts.memlock = uint64_t{8} << 30U;
  EXPECT_EQ(HostCheckState::kWarning, check(facts, "memlock").state);
  facts.memlock_known = false;
  EXPECT_EQ(HostCheckState::kUnknown, check(facts, "memlock").state);
}

TEST(HostChecks, SuspendCostsTimeButNothingElse) {
  HostFacts facts = good_host();
  facts.npu->power_control = "auto";
  const HostCheck suspend = check(facts, "suspend");
  EXPECT_EQ(HostCheckState::kWarning, suspend.state);
  EXPECT_EQ("echo on | sudo tee /sys/bus/pci/devices/0000:c4:00.1/power/control", suspend.fix);
  EXPECT_FALSE(why_unusable(check_host(facts, kRuntime)));
  facts.npu->suspend_after = -1;
  EXPECT_EQ("never", check(facts, "suspend").found);
}

TEST(HostChecks, FirmwareAndRuntime) {
  HostFacts facts = good_host();
  EXPECT_EQ("1.5.5.391", check(facts, "firmware").found);
  facts.npu->firmware.clear();
  EXPECT_EQ(HostCheckState::kGood, check(facts, "firmware").state);
  facts.firmware_file = false;
  EXPECT_EQ(HostCheckState::kBad, check(facts, "firmware").state);
  const HostCheck runtime = check(facts, "XRT", {.built = false, .version = "", .reason = "no headers"});
  EXPECT_EQ(HostCheckState::kBad, runtime.state);
  EXPECT_NE(std::string::npos, runtime.found.find("no headers"));
  HostFacts later;
  later.other_npu = "1022:17f0";
  EXPECT_NE(std::string::npos, check(later, "device").found.find("1022:17f0"));
}

}  // namespace
}  // namespace skald::npu
