#include "npu/device/host_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace skald::npu {
namespace {

// The driver is part of Linux from 6.14; before that it is built from github.com/amd/xdna-driver (npu.md 4.5).
constexpr int kKernelMajor = 6;
constexpr int kKernelMinor = 14;
// All buffers of a small model with its instructions; the driver's own advice is unlimited.
constexpr uint64_t kEnoughMemlock = uint64_t{1} << 30U;
// Idle longer than this, the next launch takes 120 ms more (driver's default 5 s; npu.md 3.3).
constexpr int64_t kLongIdle = 60'000;
constexpr double kMebibyte = 1024.0 * 1024.0;

HostCheck good(const char* name, std::string found) {
  return {name, HostCheckState::kGood, std::move(found), ""};
}
HostCheck bad(const char* name, std::string found, std::string fix) {
  return {name, HostCheckState::kBad, std::move(found), std::move(fix)};
}
HostCheck warning(const char* name, std::string found, std::string fix) {
  return {name, HostCheckState::kWarning, std::move(found), std::move(fix)};
}
HostCheck unknown(const char* name, std::string found, std::string fix) {
  return {name, HostCheckState::kUnknown, std::move(found), std::move(fix)};
}

HostCheck check_device(const HostFacts& facts) {
  if (facts.npu) {
    const std::string model = facts.npu->model.empty() ? "" : ", " + facts.npu->model;
    return good("device",
                fmt::format("1022:1502 at {}, revision {}{}", facts.npu->address, facts.npu->revision, model));
  }
  if (!facts.other_npu.empty()) {
    return bad("device", fmt::format("an NPU of another generation ({})", facts.other_npu),
               "use a machine with a Phoenix or Hawk Point processor (Ryzen 7040, 8040), or --device cpu");
  }
  return bad("device", "no NPU 1022:1502",
             "on a Ryzen 7040 or 8040: enable the NPU (IPU) in the firmware setup; elsewhere use --device cpu");
}

HostCheck check_kernel(const HostFacts& facts) {
  int major = 0;
  int minor = 0;
  const char* end = facts.kernel.data() + facts.kernel.size();
  const auto first = std::from_chars(facts.kernel.data(), end, major);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.' ||
      std::from_chars(first.ptr + 1, end, minor).ec != std::errc()) {
    return unknown("kernel", "unknown version", "Linux 6.14 or later has the driver");
  }
  if (major > kKernelMajor || (major == kKernelMajor && minor >= kKernelMinor)) {
    return good("kernel", "Linux " + facts.kernel);
  }
  const std::string found = fmt::format("Linux {}, the driver is part of 6.14 and later", facts.kernel);
  const std::string fix = "update to Linux 6.14 or later, or build github.com/amd/xdna-driver (6.10 or later)";
  return facts.module_loaded ? good("kernel", fmt::format("Linux {}, with a driver of its own", facts.kernel))
                             : bad("kernel", found, fix);
}

HostCheck check_driver(const HostFacts& facts) {
  const std::string version = facts.module_version.empty() ? "" : " " + facts.module_version;
  if (!facts.module_loaded) return bad("driver", "amdxdna is not loaded", "sudo modprobe amdxdna");
  if (facts.npu && facts.npu->driver != "amdxdna") {
    return bad("driver", fmt::format("amdxdna{} is loaded, but does not drive the device", version),
               "sudo dmesg | grep amdxdna says why; often the firmware is missing");
  }
  return good("driver", fmt::format("amdxdna{}", version.empty() ? " (of the kernel)" : version));
}

HostCheck check_firmware(const HostFacts& facts) {
  if (facts.npu && !facts.npu->firmware.empty()) return good("firmware", facts.npu->firmware);
  if (facts.firmware_file) return good("firmware", "installed in " + facts.firmware_folder);
  return bad("firmware", "no npu.sbin in " + facts.firmware_folder,
             "install amdnpu/1502_00 of linux-firmware (a package of AMD firmware, as recent as the kernel)");
}

HostCheck check_node(const HostFacts& facts) {
  if (!facts.node)
    return bad("node", "there is no device node below /dev/accel", "load the driver: sudo modprobe amdxdna");
  return good("node", fmt::format("{}, mode {:04o}, group {}", facts.node->path, facts.node->mode, facts.node->group));
}

HostCheck check_permission(const HostFacts& facts) {
  if (!facts.node) return unknown("permission", "there is no device node", "load the driver: sudo modprobe amdxdna");
  const DeviceNode& node = *facts.node;
  if (node.usable) return good("permission", "this user may open " + node.path);
  if (node.in_group) {
    return bad("permission", fmt::format("group {} may not open {}", node.group, node.path),
               "sudo chmod g+rw " + node.path);
  }
  return bad("permission", fmt::format("this user is not in the group {}", node.group),
             fmt::format("sudo usermod -aG {} $USER, then log in again", node.group));
}

HostCheck check_memlock(const HostFacts& facts) {
  const std::string fix =
      "ulimit -l unlimited, or '* - memlock unlimited' in a file of /etc/security/limits.d/ and log in again";
  if (!facts.memlock_known) return unknown("memlock", "the limit of locked memory cannot be read", fix);
  if (!facts.memlock) return good("memlock", "unlimited");
  const std::string found =
      fmt::format("{:.0f} MiB of memory can be locked", static_cast<double>(*facts.memlock) / kMebibyte);
  return *facts.memlock >= kEnoughMemlock ? warning("memlock", found, fix) : bad("memlock", found, fix);
}

HostCheck check_suspend(const HostFacts& facts) {
  if (!facts.npu || facts.npu->power_control.empty()) return unknown("suspend", "no device that could say", "");
  const PciNpu& npu = *facts.npu;
  if (npu.power_control == "on") return good("suspend", "never");
  if (npu.suspend_after && (*npu.suspend_after < 0 || *npu.suspend_after >= kLongIdle)) {
    return good("suspend", *npu.suspend_after < 0 ? "never" : fmt::format("after {} ms", *npu.suspend_after));
  }
  const std::string after = npu.suspend_after ? fmt::format("after {} ms", *npu.suspend_after) : "when idle";
  return warning("suspend", fmt::format("{}; the launch after that takes 120 ms more", after),
                 fmt::format("echo on | sudo tee /sys/bus/pci/devices/{}/power/control", npu.address));
}

HostCheck check_runtime(const RuntimeFacts& runtime) {
  if (runtime.built) return good("XRT", runtime.version.empty() ? "built in" : runtime.version);
  return bad("XRT", "this program was built without it: " + runtime.reason,
             "install XRT 2.20 or later with its headers (Debian 12 has 2.13), then build Skald again");
}

}  // namespace

const char* to_string(HostCheckState state) {
  switch (state) {
    case HostCheckState::kGood: return "good";
    case HostCheckState::kWarning: return "warning";
    case HostCheckState::kBad: return "bad";
    case HostCheckState::kUnknown: return "unknown";
  }
  return "unknown";
}

std::vector<HostCheck> check_host(const HostFacts& facts, const RuntimeFacts& runtime) {
  return {check_device(facts),     check_kernel(facts),  check_driver(facts),  check_firmware(facts), check_node(facts),
          check_permission(facts), check_memlock(facts), check_suspend(facts), check_runtime(runtime)};
}

std::optional<Error> why_unusable(const std::vector<HostCheck>& checks) {
  const auto first = std::ranges::find(checks, HostCheckState::kBad, &HostCheck::state);
  if (first == checks.end()) return std::nullopt;
  const ErrorCode code = first->name == "permission" ? ErrorCode::kPermission : ErrorCode::kUnsupported;
  return Error{code, "device npu", fmt::format("{}: {}", first->name, first->found), first->fix};
}

}  // namespace skald::npu
