#include <map>
#include <nlohmann/json.hpp>

#include "npu/sim/report.h"

namespace skald::npu::sim {

std::string to_chrome_trace(const Report& report) {
  using nlohmann::json;
  std::map<std::string, int> tracks;
  json events = json::array();
  for (const Bar& bar : report.timeline) {
    const auto [track, added] = tracks.try_emplace(bar.track, static_cast<int>(tracks.size()));
    if (added) {
      events.push_back(
          {{"ph", "M"}, {"name", "thread_name"}, {"pid", 0}, {"tid", track->second}, {"args", {{"name", bar.track}}}});
    }
    events.push_back({{"ph", "X"},
                      {"name", bar.name},
                      {"pid", 0},
                      {"tid", track->second},
                      {"ts", bar.begin},
                      {"dur", bar.end - bar.begin}});
  }
  return json{{"traceEvents", std::move(events)}}.dump();
}

}  // namespace skald::npu::sim
