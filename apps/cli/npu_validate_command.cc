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

// What the simulator has to show to be trusted.
constexpr int64_t kLeastInBand = 28;
constexpr int64_t kLeastPredicted = 12;

struct Score {
  int64_t in_band = 0;
  int64_t predicted = 0;  ///< of them, nothing was fitted to it
};

Score score_of(const std::vector<PublishedPoint>& points) {
  return {.in_band = std::ranges::count_if(points, &PublishedPoint::in_band),
          .predicted = std::ranges::count_if(points, [](const auto& p) { return p.in_band() && !p.calibrates; })};
}

Result<std::vector<PublishedPoint>> all_points() {
  std::vector<PublishedPoint> points = npu::core_points();
  SKALD_TRY(const std::vector<PublishedPoint> transfers, npu::transfer_points({}));
  SKALD_TRY(const std::vector<PublishedPoint> products, npu::product_points({}));
  points.insert(points.end(), transfers.begin(), transfers.end());
  points.insert(points.end(), products.begin(), products.end());
  return points;
}

std::string as_text(const std::vector<PublishedPoint>& points) {
  std::string text = fmt::format("{:<18} {:>10} {:>10} {:<7} {:>9} {:>6}  {}\n", "point", "published", "simulated",
                                 "unit", "deviation", "band", "");
  for (const PublishedPoint& point : points) {
    text +=
        fmt::format("{:<18} {:>10.5g} {:>10.5g} {:<7} {:>+8.1f}% {:>5.0f}%  {}{}: {}\n", point.id, point.expected,
                    point.simulated, point.unit, 100 * point.deviation(), 100 * point.band,
                    point.in_band() ? "" : "OUT OF BAND, ", point.calibrates ? "calibrates" : "predicted", point.what);
  }
  const Score score = score_of(points);
  text += fmt::format(
      "{} of {} in band, {} of them predicted (at least {} and {} are wanted)\n\nnot compared, or known to differ\n",
      score.in_band, points.size(), score.predicted, kLeastInBand, kLeastPredicted);
  for (const npu::OpenPoint& point : npu::open_points()) {
    text += fmt::format("  {} ({}): {}\n", point.what, point.published, point.reason);
  }
  return text;
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
  Json open = Json::array();
  for (const npu::OpenPoint& point : npu::open_points()) {
    open.push_back({{"what", point.what}, {"published", point.published}, {"reason", point.reason}});
  }
  return Json{{"points", std::move(rows)}, {"not_compared", std::move(open)}}.dump(2) + "\n";
}

}  // namespace

NpuValidateCommand::NpuValidateCommand(CLI::App& npu)
    : Command(npu, "validate", "Compare the simulator with published measurements") {
  table().add("--json", json_, "as JSON", "", "Output");
}

ExitCode NpuValidateCommand::run() {
  const auto points = all_points();
  if (!points) {
    complain(points.error());
    return kResources;
  }
  const Score score = score_of(*points);
  const bool enough = score.in_band >= kLeastInBand && score.predicted >= kLeastPredicted;
  return show(json_ ? as_json(*points) : as_text(*points), enough ? kOk : kInputFailed);
}

}  // namespace skald::cli
