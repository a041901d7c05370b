#include "forecast_text.h"

#include <fmt/format.h>

#include "millions.h"

namespace skald::cli {
namespace {

std::string phases_text(const NpuReport& report) {
  std::string text = fmt::format("  {:<16} {:>5}", "phase, ms a window", "times");
  for (const NpuForecast& forecast : report.forecasts) {
    text += fmt::format("  {:>5.3f} GHz {:>4.0f} GB/s", forecast.clock_ghz, forecast.ddr_gb_s);
  }
  for (size_t i = 0; i < report.forecasts.front().phases.size(); ++i) {
    const NpuPhase& phase = report.forecasts.front().phases[i];
    text += fmt::format("\n  {:<18} {:>5}", phase.name, phase.times);
    for (const NpuForecast& forecast : report.forecasts) text += fmt::format("  {:>19.3f}", forecast.phases[i].ms);
  }
  return text;
}

}  // namespace

std::string steps_text(const NpuReport& report) {
  return fmt::format(
      "NPU's decoder, simulated: {} context, {} launches of {:.3f} ms on the array and {:.3f} ms of the host "
      "(assumed), "
      "{:.1f} MB to it and {:.1f} MB back",
      report.contexts, report.launches, report.step_ms, report.launch_ms, millions(report.bytes_to_device),
      millions(report.bytes_from_device));
}

std::string forecast_text(const NpuReport& report) {
  std::string text = fmt::format(
      "NPU, simulated: {} context, {} launches, {:.1f} MB to it and {:.1f} MB back; a window: {:.1f} MB read and "
      "{:.1f} MB written by the array, {:.1f} million multiply-accumulates ({:.1f} with padding)\n",
      report.contexts, report.launches, millions(report.bytes_to_device), millions(report.bytes_from_device),
      millions(report.ddr_read_bytes), millions(report.ddr_write_bytes), millions(report.macs),
      millions(report.kernel_macs));
  if (report.forecasts.empty()) return text;
  text += phases_text(report);
  const auto row = [&](const char* name, const auto& value) {
    text += fmt::format("\n  {:<24}", name);
    for (const NpuForecast& forecast : report.forecasts) text += fmt::format("  {:>19}", value(forecast));
  };
  row("window, ms", [](const NpuForecast& f) { return fmt::format("{:.3f}", f.window_ms); });
  row("of the array's peak", [](const NpuForecast& f) { return fmt::format("{:.1f} %", 100 * f.utilisation); });
  row("any core at work", [](const NpuForecast& f) { return fmt::format("{:.1f} %", 100 * f.busy); });
  row("NPU in all, s", [](const NpuForecast& f) { return fmt::format("{:.3f}", f.npu_seconds); });
  row("realtime, in turn", [](const NpuForecast& f) { return fmt::format("{:.1f}", f.realtime); });
  row("realtime, both at once", [](const NpuForecast& f) { return fmt::format("{:.1f}", f.realtime_pipelined); });
  if (report.watts) row("joules", [](const NpuForecast& f) { return fmt::format("{:.3f}", f.joules); });
  return text + fmt::format(
                    "\n  {:.3f} ms of the host for a launch (assumed), {:.3f} s of this machine's CPU besides the "
                    "encoder (measured); at once: each slowed by the other's use of the memory",
                    report.launch_ms, report.cpu_seconds);
}

}  // namespace skald::cli
