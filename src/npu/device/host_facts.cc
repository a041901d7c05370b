#include "npu/device/host_facts.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/file.h"

namespace skald::npu {
namespace {

namespace fs = std::filesystem;

// PCI ids: xdna-driver, amdxdna_pci_drv.c. 1502 is npu1; the others are later generations.
constexpr std::string_view kAmdId = "0x1022";
constexpr std::string_view kNpu1Id = "0x1502";
constexpr auto kLaterNpuIds = std::to_array<std::string_view>({"0x17f0", "0x17f1", "0x17f2"});
constexpr const char* kModule = "amdxdna";
constexpr const char* kFirmwareFolder = "amdnpu/1502_00";

/// First line of a small file, without the end of line; empty when it cannot be read.
std::string line_of(const fs::path& path) {
  const auto content = read_file(path, size_t{1} << 20U);
  if (!content) return {};
  return content->substr(0, content->find('\n'));
}

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

/// Names in a folder, sorted; empty when it cannot be read.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

PciNpu look_at_npu(const fs::path& folder) {
  std::error_code error;
  const fs::path driver = fs::read_symlink(folder / "driver", error);
  return {.address = folder.filename().string(),
          .revision = line_of(folder / "revision"),
          .driver = error ? "" : driver.filename().string(),
          .model = line_of(folder / "vbnv"),
          .firmware = line_of(folder / "fw_version"),
          .power_control = line_of(folder / "power/control"),
          .power_status = line_of(folder / "power/runtime_status"),
          .suspend_after = number(line_of(folder / "power/autosuspend_delay_ms"))};
}

/// The name of the node that the driver made for `npu` ("accel0").
std::string node_name(const fs::path& folder) {
  for (const std::string& name : names_in(folder / "accel")) {
    if (name.starts_with("accel")) return name;
  }
  return "accel0";
}

std::string group_name(gid_t id) {
  std::array<char, 4096> buffer{};
  group entry{};
  group* found = nullptr;
  if (getgrgid_r(id, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return found->gr_name;
  return std::to_string(id);
}

bool is_member(gid_t id) {
  if (getegid() == id) return true;
  const int count = getgroups(0, nullptr);
  if (count <= 0) return false;
  std::vector<gid_t> groups(static_cast<size_t>(count));
  if (getgroups(count, groups.data()) != count) return false;
  return std::ranges::find(groups, id) != groups.end();
}

std::optional<DeviceNode> look_at_node(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return DeviceNode{.path = path.string(),
                    .mode = status.st_mode & 07777U,
                    .group = group_name(status.st_gid),
                    .usable = ::access(path.c_str(), R_OK | W_OK) == 0,
                    .in_group = is_member(status.st_gid)};
}

bool has_firmware(const fs::path& folder) {
  return std::ranges::any_of(names_in(folder), [](const std::string& name) {
    return name.starts_with("npu") && name.find(".sbin") != std::string::npos;  // npu.sbin.zst, npu.dev.sbin ...
  });
}

/// "Max locked memory         8388608              8388608              bytes": the soft limit.
void read_memlock(const fs::path& limits, HostFacts& facts) {
  const auto content = read_file(limits, size_t{1} << 20U);
  if (!content) return;
  constexpr std::string_view kName = "Max locked memory";
  const size_t at = content->find(kName);
  if (at == std::string::npos) return;
  const size_t value = content->find_first_not_of(' ', at + kName.size());
  if (value == std::string::npos) return;
  const std::string_view text = std::string_view(*content).substr(value);
  const auto bytes = number(text);
  facts.memlock_known = text.starts_with("unlimited") || (bytes && *bytes >= 0);
  if (bytes && *bytes >= 0) facts.memlock = static_cast<uint64_t>(*bytes);
}

}  // namespace

HostFacts look_at_host(const HostPaths& paths) {
  HostFacts facts;
  facts.kernel = line_of(paths.proc / "sys/kernel/osrelease");
  std::string node = "accel0";
  const fs::path devices = paths.sys / "bus/pci/devices";
  for (const std::string& name : names_in(devices)) {
    if (line_of(devices / name / "vendor") != kAmdId) continue;
    const std::string id = line_of(devices / name / "device");
    if (id == kNpu1Id && !facts.npu) {
      facts.npu = look_at_npu(devices / name);
      node = node_name(devices / name);
    } else if (std::ranges::find(kLaterNpuIds, id) != kLaterNpuIds.end()) {
      facts.other_npu = std::string(kAmdId.substr(2)) + ":" + id.substr(2);
    }
  }
  std::error_code ignored;
  facts.module_loaded = fs::is_directory(paths.sys / "module" / kModule, ignored);
  facts.module_version = line_of(paths.sys / "module" / kModule / "version");
  facts.firmware_folder = (paths.firmware / kFirmwareFolder).string();
  facts.firmware_file = has_firmware(paths.firmware / kFirmwareFolder);
  facts.node = look_at_node(paths.dev / "accel" / node);
  read_memlock(paths.proc / "self/limits", facts);
  return facts;
}

}  // namespace skald::npu
