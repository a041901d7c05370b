#include "engine/clips.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "text/unicode.h"

namespace skald::engine {
namespace {

constexpr double kLongest = 1e9;  // seconds: 31 years, far from an overflow

Result<int64_t> parse_time(std::string_view text) {
  text = text::strip(text);
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= kLongest)) {
    return fail(ErrorCode::kInvalidArgument, "clip-timestamps", "'" + std::string(text) + "' is no time in seconds",
                "give start,end,start,end,... as in 0,12.5,30,45");
  }
  return frames(value);
}

}  // namespace

Result<std::vector<Stretch>> parse_clips(std::string_view times, int64_t content_frames) {
  std::vector<int64_t> points;
  for (bool more = !times.empty(); more;) {
    const size_t comma = times.find(',');
    SKALD_TRY(const int64_t point, parse_time(times.substr(0, comma)));
    points.push_back(point);
    more = comma != std::string_view::npos;
    if (more) times.remove_prefix(comma + 1);
  }
  if (points.empty()) points.push_back(0);
  if (points.size() % 2 == 1) points.push_back(std::max(content_frames, points.back()));
  std::vector<Stretch> clips;
  for (size_t i = 0; i < points.size(); i += 2) {
    if (points[i + 1] < points[i]) {
      return fail(ErrorCode::kInvalidArgument, "clip-timestamps",
                  "clip " + std::to_string(i / 2 + 1) + " ends before it begins", "give each start before its end");
    }
    clips.push_back({points[i], std::min(points[i + 1], content_frames)});
  }
  return clips;
}

}  // namespace skald::engine
