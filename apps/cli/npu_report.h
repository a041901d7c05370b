#pragma once
// What `skald npu info` shows: the device's description, and what this machine has of one.

#include <string>
#include <vector>

#include "npu/device/host_checks.h"
#include "npu/device/host_facts.h"

namespace skald::cli {

struct NpuHostReport {
  npu::HostFacts facts;
  std::vector<npu::HostCheck> checks;
};

/// Looks at the machine below `paths`, and at XRT as built in.
NpuHostReport inspect_npu(const npu::HostPaths& paths = {});

std::string as_text(const NpuHostReport& report);
std::string as_json(const NpuHostReport& report);

}  // namespace skald::cli
