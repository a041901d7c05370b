#pragma once
// Inside verify: the table's rows and what their checks are given.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "npu/program/blocks.h"
#include "npu/program/counts.h"
#include "npu/program/flow.h"
#include "npu/program/verify.h"

namespace skald::npu::verifying {

struct Context {
  const Program& program;
  const KernelLookup& kernels;
  const DeviceSpec* device = nullptr;                 ///< from the second group on
  Counts counts{};                                    ///< the same
  mutable std::shared_ptr<const FlowOutcome> flow{};  ///< once a rule has asked for it

  const Fifo& fifo(int index) const { return program.fifos[static_cast<size_t>(index)]; }
  TileKind kind(Tile tile) const { return device->geometry.kind(tile.row); }
};

/// Takes violations of the rule that is being checked.
class Report {
 public:
  explicit Report(std::vector<Violation>& violations) : violations_(violations) {}
  void begin(std::string_view rule) { rule_ = rule; }
  void operator()(std::string where, std::string message, std::string remedy) {
    violations_.push_back({rule_, std::move(where), std::move(message), std::move(remedy)});
  }

 private:
  std::vector<Violation>& violations_;
  std::string_view rule_{};
};

using Check = void (*)(const Context& context, Report& report);

/// Those of the rules before it must hold: 0 nothing, 1 sound parts, 2 legal parts, 3 legal cores.
struct Row {
  Rule rule;
  int group = 0;
  Check check = nullptr;
};

// One list per subject.
std::span<const Row> structure_rows();
std::span<const Row> link_rows();
std::span<const Row> memory_rows();
std::span<const Row> pattern_rows();
std::span<const Row> stream_rows();
std::span<const Row> sequence_rows();
std::span<const Row> core_rows();
std::span<const Row> flow_rows();

inline std::string named(const char* kind, const std::string& name) {
  return std::string(kind) + " " + name;
}
inline std::string text(int64_t number) {
  return std::to_string(number);
}

/// Calls `visit(step, depth)` for every step, outer ones first; `depth`: how many loops are around it.
template <class Visit>
void for_each_step(const std::vector<Step>& steps, const Visit& visit, int depth = 0) {
  for (const Step& step : steps) {
    visit(step, depth);
    if (const Loop* loop = std::get_if<Loop>(&step.action)) for_each_step(loop->body, visit, depth + 1);
    if (const Choose* choose = std::get_if<Choose>(&step.action)) {
      for (const std::vector<Step>& phase : choose->phases) for_each_step(phase, visit, depth);
    }
  }
}

}  // namespace skald::npu::verifying
