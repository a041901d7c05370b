#pragma once
// Published measurements of single cores, and what the cycle model says to each. One set of constants
// (aie_host/counting/operations.cc, cost.h) serves all.

#include <string_view>
#include <vector>

namespace skald::npu {

struct PublishedPoint {
  std::string_view id;      ///< short name
  std::string_view what;    ///< what was measured
  std::string_view source;  ///< where it is published
  std::string_view unit;    ///< of the numbers
  double expected = 0;
  double simulated = 0;
  double band = 0;          ///< largest relative deviation that passes
  bool calibrates = false;  ///< a constant was chosen by it; else it is predicted
  std::string_view remark;  ///< why it deviates, what differs

  double deviation() const { return simulated / expected - 1.0; }
  bool in_band() const { return deviation() <= band && deviation() >= -band; }
};

/// The points of one core, in a fixed order. Counts kernels on the first call.
std::vector<PublishedPoint> core_points();

}  // namespace skald::npu
