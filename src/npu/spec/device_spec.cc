#include "npu/spec/device_spec.h"

#include <string>

namespace skald::npu {

std::span<const DeviceSpec> device_specs() {
  static constexpr DeviceSpec kDevices[] = {kNpu1, kNpu1OneColumn, kNpu1TwoColumns, kNpu1ThreeColumns};
  return kDevices;
}

Result<const DeviceSpec*> find_device(std::string_view name) {
  std::string names;
  for (const DeviceSpec& device : device_specs()) {
    if (device.name == name) return &device;
    names += (names.empty() ? "" : ", ") + std::string(device.name);
  }
  return fail(ErrorCode::kNotFound, "device", "no NPU is called '" + std::string(name) + "'", "use one of " + names);
}

}  // namespace skald::npu
