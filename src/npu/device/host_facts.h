#pragma once
// What this machine has of an NPU, read from sysfs, procfs and the device node. No judgement: see host_checks.h.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace skald::npu {

/// Where to look; a test gives a tree of its own.
struct HostPaths {
  std::filesystem::path sys = "/sys";
  std::filesystem::path dev = "/dev";
  std::filesystem::path proc = "/proc";
  std::filesystem::path firmware = "/lib/firmware";
};

/// The PCI function 1022:1502 (Phoenix, Hawk Point).
struct PciNpu {
  std::string address;                   ///< "0000:c4:00.1"
  std::string revision;                  ///< "0x00"
  std::string driver;                    ///< bound driver; empty: none
  std::string model;                     ///< the driver's name for it, "RyzenAI-npu1"; empty: it does not say
  std::string firmware;                  ///< version that runs, "1.5.5.391"; empty: the driver does not say
  std::string power_control;             ///< "auto" (may suspend) or "on"
  std::string power_status;              ///< "active", "suspended"
  std::optional<int64_t> suspend_after;  ///< milliseconds of idleness before it suspends
};

/// The node a program opens.
struct DeviceNode {
  std::string path;
  unsigned mode = 0;      ///< permission bits
  std::string group;      ///< its name, or number
  bool usable = false;    ///< this process may read and write it
  bool in_group = false;  ///< this process belongs to its group
};

struct HostFacts {
  std::string kernel;  ///< "6.14.0-27-generic"; empty: unknown
  std::optional<PciNpu> npu;
  std::string other_npu;  ///< id of an AMD NPU of another generation, "1022:17f0"; empty: none
  bool module_loaded = false;
  std::string module_version;   ///< in-tree drivers give none
  bool firmware_file = false;   ///< amdnpu/1502_00/npu.sbin, packed or not
  std::string firmware_folder;  ///< where it was looked for
  std::optional<DeviceNode> node;
  bool memlock_known = false;
  std::optional<uint64_t> memlock;  ///< soft limit of locked memory, bytes; none: unlimited
};

/// Never fails: what cannot be read is absent.
HostFacts look_at_host(const HostPaths& paths = {});

}  // namespace skald::npu
