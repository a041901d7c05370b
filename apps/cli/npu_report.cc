#include "npu_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "npu/spec/device_spec.h"
#include "npu/xrt/xrt_device.h"

namespace skald::cli {
namespace {

using Json = nlohmann::ordered_json;

const npu::DeviceSpec& spec() {
  return npu::kNpu1;
}

std::string spec_text(const npu::DeviceSpec& d) {
  const double ghz = d.clock.array_ghz;
  const double fastest = d.clock.points.back().array_mhz / 1000.0;
  std::string text = fmt::format("device       {}: {}\n", d.name, d.hardware);
  text += fmt::format("tiles        {} columns of {} compute tiles, a memory tile and an interface tile\n",
                      d.geometry.columns, d.geometry.compute_rows());
  text += fmt::format("memory       {} x {} KiB compute, {} x {} KiB memory tiles; {} KiB of program a core\n",
                      d.geometry.compute_tiles(), d.compute.memory.bytes / npu::kKiB, d.geometry.columns,
                      d.memory.memory.bytes / npu::kKiB, d.core.text_bytes / npu::kKiB);
  text += fmt::format("DMA          channels in + out of a tile: compute {}+{}, memory {}+{}, interface {}+{}\n",
                      d.compute.dma.channels_in, d.compute.dma.channels_out, d.memory.dma.channels_in,
                      d.memory.dma.channels_out, d.interface.dma.channels_in, d.interface.dma.channels_out);
  text += fmt::format("peak         int8 {:.2f} TOPS, bf16 {:.2f} TFLOPS at {:.3f} GHz ({:.1f} GHz at most)\n",
                      d.peak_tops(ghz, d.core.macs_i8), d.peak_tops(ghz, d.core.macs_bf16), ghz, fastest);
  text +=
      fmt::format("launch       {:.0f} us empty, {:.0f} us ordinary; {:.1f} ms for another configuration, {} at once\n",
                  d.host.empty_launch_us, d.host.ordinary_launch_us, d.host.context_switch_us / 1000, d.host.contexts);
  return text;
}

Json spec_json(const npu::DeviceSpec& d) {
  const double ghz = d.clock.array_ghz;
  return {{"name", d.name},
          {"hardware", d.hardware},
          {"columns", d.geometry.columns},
          {"rows", d.geometry.rows},
          {"compute_tiles", d.geometry.compute_tiles()},
          {"compute_tile_bytes", d.compute.memory.bytes},
          {"memory_tile_bytes", d.memory.memory.bytes},
          {"program_bytes", d.core.text_bytes},
          {"clock_ghz", ghz},
          {"peak_int8_tops", d.peak_tops(ghz, d.core.macs_i8)},
          {"peak_bf16_tflops", d.peak_tops(ghz, d.core.macs_bf16)},
          {"empty_launch_us", d.host.empty_launch_us},
          {"ordinary_launch_us", d.host.ordinary_launch_us},
          {"context_switch_us", d.host.context_switch_us},
          {"contexts", d.host.contexts},
          {"run_list_entries", d.host.list_entries},
          {"submissions_in_flight", d.host.in_flight}};
}

Json optional_text(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

}  // namespace

NpuHostReport inspect_npu(const npu::HostPaths& paths) {
  NpuHostReport report{.facts = npu::look_at_host(paths), .checks = {}};
  report.checks = npu::check_host(report.facts, npu::xrt_facts());
  return report;
}

std::string as_text(const NpuHostReport& report) {
  std::string text = spec_text(spec()) + "\nthis machine\n";
  for (const npu::HostCheck& check : report.checks) {
    text += fmt::format("{:<12} {:<8} {}\n", check.name, to_string(check.state), check.found);
    if (!check.fix.empty()) text += fmt::format("{:<21} fix: {}\n", "", check.fix);
  }
  const auto why = npu::why_unusable(report.checks);
  return text + (why ? "\nThe NPU cannot be used yet: " + why->message + ".\n" : "\nThe NPU can be used.\n");
}

std::string as_json(const NpuHostReport& report) {
  const auto why = npu::why_unusable(report.checks);
  Json checks = Json::array();
  for (const npu::HostCheck& check : report.checks) {
    checks.push_back({{"name", check.name},
                      {"state", to_string(check.state)},
                      {"found", check.found},
                      {"fix", optional_text(check.fix)}});
  }
  Json json = {{"device", spec_json(spec())},
               {"usable", !why},
               {"reason", optional_text(why ? why->message : "")},
               {"checks", checks},
               {"kernel", optional_text(report.facts.kernel)}};
  if (report.facts.npu) {
    json["pci"] = {{"address", report.facts.npu->address},
                   {"revision", report.facts.npu->revision},
                   {"firmware", optional_text(report.facts.npu->firmware)},
                   {"power", optional_text(report.facts.npu->power_status)}};
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace skald::cli
