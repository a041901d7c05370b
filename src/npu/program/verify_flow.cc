// Objects over a whole launch: does it end, and is nothing left?

#include "npu/program/flow.h"
#include "npu/program/verify_rules.h"

namespace skald::npu::verifying {
namespace {

const FlowOutcome& flow_of(const Context& c) {
  if (!c.flow) c.flow = std::make_shared<const FlowOutcome>(run_flow(c.program, c.counts, *c.device));
  return *c.flow;
}

void flow_hang(const Context& c, Report& report) {
  for (const FlowFinding& finding : flow_of(c).hang) {
    report(finding.where, finding.message, "make what is sent what is taken, in number and order");
  }
}

void flow_leftover(const Context& c, Report& report) {
  for (const FlowFinding& finding : flow_of(c).leftover) {
    report(finding.where, finding.message, "make what is sent what is taken: the next launch would find the rest");
  }
}

void flow_choice(const Context& c, Report& report) {
  for (const FlowFinding& finding : flow_of(c).choice) {
    report(finding.where, finding.message, "write the number of one of its phases");
  }
}

void flow_length(const Context& c, Report& report) {
  if (flow_of(c).too_long) {
    report("program", "more than " + text(kLongestFlow) + " objects and steps", "make several launches of it");
  }
}

}  // namespace

std::span<const Row> flow_rows() {
  static constexpr Row kRows[] = {
      {{"flow-choice", "phases that parameters choose exist", "program.h"}, 3, flow_choice},
      {{"flow-hang", "the sequence comes to its end", "npu.md 4.4: a hang is a time-out of 2 s"}, 3, flow_hang},
      {{"flow-leftover", "a launch leaves no objects, transfers or hand-overs behind", "npu.md pitfall 27: stale data"},
       3,
       flow_leftover},
      {{"flow-length", "a launch is short enough to be followed", "flow.h"}, 3, flow_length},
  };
  return kRows;
}

}  // namespace skald::npu::verifying
