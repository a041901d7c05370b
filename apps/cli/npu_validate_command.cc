#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "console.h"
#include "npu/suite/array_points.h"
#include "npu_design_command.h"

namespace skald::cli {
namespace {

using Json = nlohmann::ordered_json;
using npu::PublishedPoint;

Result<std::vector<PublishedPoint>> all_points() {
  std::vector<PublishedPoint> points = npu::core_points();
  SKALD_TRY(std::vector<PublishedPoint> transfers, npu::transfer_points({}));
  points.insert(points.end(), transfers.begin(), transfers.end());
  return points;
}

std::string as_text(const std::vector<PublishedPoint>& points) {
  std::string text = fmt::format("{:<18} {:>10} {:>10} {:<7} {:>9} {:>6}  {}\n", "point", "published", "simulated",
                                 "unit", "deviation", "band", "");
  for (const PublishedPoint& point : points) {
    text +=
        fmt::format("{:<18} {:>10.1f} {:>10.1f} {:<7} {:>+8.1f}% {:>5.0f}%  {}{}: {}\n", point.id, point.expected,
                    point.simulated, point.unit, 100 * point.deviation(), 100 * point.band,
                    point.in_band() ? "" : "OUT OF BAND, ", point.calibrates ? "calibrates" : "predicted", point.what);
  }
  const auto in_band = std::ranges::count_if(points, &PublishedPoint::in_band);
  const auto predicted = std::ranges::count_if(points, [](const auto& p) { return p.in_band() && !p.calibrates; });
  return text + fmt::format("{} of {} in band, {} of them predicted\n", in_band, points.size(), predicted);
}

std::string as_json(const std::vector<PublishedPoint>& points) {
  Json rows = Json::array();
  for (const PublishedPoint& point : points) {
    rows.push_back({{"id", point.id},
                    {"what", point.what},
                    {"source", point.source},
                    {"unit", point.unit},
                    {"published", point.expected},
                    {"simulated", point.simulated},
                    {"deviation", point.deviation()},
                    {"band", point.band},
                    {"in_band", point.in_band()},
                    {"calibrates", point.calibrates},
                    {"remark", point.remark}});
  }
  return rows.dump(2) + "\n";
}

}  // namespace

NpuValidateCommand::NpuValidateCommand(CLI::App& npu)
    : Command(npu, "validate", "Compare the simulator with published measurements") {
  table().add("--json", json_, "as JSON", "", "Output");
}

std::string NpuValidateCommand::why_missing(const std::string&) const {
  return "";
}

ExitCode NpuValidateCommand::run() {
  const auto points = all_points();
  if (!points) {
    complain(points.error());
    return kResources;
  }
  const auto printed = print(json_ ? as_json(*points) : as_text(*points));
  if (!printed) {
    if (is_closed_pipe(printed.error())) return kPipeClosed;
    complain(printed.error());
    return kOutputFailed;
  }
  return std::ranges::all_of(*points, &PublishedPoint::in_band) ? kOk : kInputFailed;
}

}  // namespace skald::cli
