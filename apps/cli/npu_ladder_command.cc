#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "console.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/ladder.h"
#include "npu_suite_command.h"

namespace skald::cli {
namespace {

using Json = nlohmann::ordered_json;
using npu::suite::kOldCallMs;
using npu::suite::Ladder;
using npu::suite::Rung;

constexpr double kLaunchMs = npu::kNpu1.host.ordinary_launch_us * 1e-3;

/// Where array time goes that is no product.
std::string shares_of(const Rung& rung) {
  std::string text;
  const auto add = [&](const char* name, double ms) {
    if (ms > 0) text += fmt::format("{} {} {:.0f} %", text.empty() ? "" : ",", name, 100 * ms / rung.array_ms);
  };
  add("softmax", rung.softmax_ms);
  add("GELU", rung.gelu_ms);
  add("LayerNorm", rung.norm_ms);
  return text;
}

std::string as_text(const std::vector<Ladder>& ladders) {
  std::string text;
  for (const Ladder& ladder : ladders) {
    text += fmt::format("{}\n{:<56} {:>8} {:>10} {:>8} {:>12} {:>12} {:>7}\n", ladder.what, "  each launch", "launches",
                        "array ms", "CPU ms", fmt::format("at {} ms", kOldCallMs), fmt::format("at {} ms", kLaunchMs),
                        "faster");
    const double slowest = ladder.rungs.front().call_ms(kOldCallMs);
    for (const Rung& rung : ladder.rungs) {
      const double now = rung.call_ms(kLaunchMs);
      text +=
          fmt::format("  {:<54} {:>8} {:>10.3f} {:>8.3f} {:>12.3f} {:>12.3f} {:>6.0f}x{}\n", rung.what, rung.launches,
                      rung.array_ms, rung.host_ms, rung.call_ms(kOldCallMs), now, slowest / now, shares_of(rung));
    }
    text += "\n";
  }
  return text + fmt::format(
                    "array: simulated; {} ms a launch: the old host path, {} ms: an ordinary launch today; "
                    "faster: than the first line on the old path\n",
                    kOldCallMs, kLaunchMs);
}

std::string as_json(const std::vector<Ladder>& ladders) {
  Json all = Json::array();
  for (const Ladder& ladder : ladders) {
    Json rungs = Json::array();
    for (const Rung& rung : ladder.rungs) {
      rungs.push_back({{"what", rung.what},
                       {"launches", rung.launches},
                       {"array_ms", rung.array_ms},
                       {"host_ms", rung.host_ms},
                       {"macs", rung.macs},
                       {"softmax_ms", rung.softmax_ms},
                       {"gelu_ms", rung.gelu_ms},
                       {"norm_ms", rung.norm_ms},
                       {"old_ms", rung.call_ms(kOldCallMs)},
                       {"ms", rung.call_ms(kLaunchMs)}});
    }
    all.push_back({{"what", ladder.what}, {"rungs", std::move(rungs)}});
  }
  return Json{{"device", "npu-sim"}, {"old_launch_ms", kOldCallMs}, {"launch_ms", kLaunchMs}, {"ladders", all}}.dump(
             2) +
         "\n";
}

}  // namespace

NpuLadderCommand::NpuLadderCommand(CLI::App& npu)
    : Command(npu, "ladder", "The same work in fewer and fewer launches, at an old and at today's launch cost") {
  table().add("--json", json_, "as JSON", "", "Output");
}

ExitCode NpuLadderCommand::run() {
  const auto ladders = npu::suite::ladders({});
  if (!ladders) {
    complain(ladders.error());
    return kResources;
  }
  return show(json_ ? as_json(*ladders) : as_text(*ladders));
}

}  // namespace skald::cli
