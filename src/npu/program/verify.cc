#include "npu/program/verify.h"

#include <array>

#include "npu/program/verify_rules.h"

namespace skald::npu {
namespace {

using verifying::Row;

/// By group, and within a group by subject.
const std::vector<Row>& rows() {
  static const std::vector<Row> kRows = [] {
    std::vector<Row> all;
    const std::array lists = {verifying::structure_rows(), verifying::link_rows(),   verifying::memory_rows(),
                              verifying::pattern_rows(),   verifying::stream_rows(), verifying::sequence_rows(),
                              verifying::core_rows(),      verifying::flow_rows()};
    for (int group = 0; group < 4; ++group) {
      for (const auto& list : lists) {
        for (const Row& row : list) {
          if (row.group == group) all.push_back(row);
        }
      }
    }
    return all;
  }();
  return kRows;
}

}  // namespace

std::span<const Rule> rules() {
  static const std::vector<Rule> kRules = [] {
    std::vector<Rule> all;
    for (const Row& row : rows()) all.push_back(row.rule);
    return all;
  }();
  return kRules;
}

std::vector<Violation> verify(const Program& program, const KernelLookup& kernels) {
  std::vector<Violation> violations;
  verifying::Report report(violations);
  verifying::Context context{.program = program, .kernels = kernels};
  if (const auto device = find_device(program.device)) context.device = *device;
  int group = 0;
  for (const Row& row : rows()) {
    if (row.group != group) {
      if (!violations.empty()) break;
      if (group == 0) context.counts = count(program, *context.device);
      group = row.group;
    }
    report.begin(row.rule.name);
    row.check(context, report);
  }
  return violations;
}

std::string to_string(const Violation& violation) {
  return std::string(violation.rule) + ": " + violation.where + ": " + violation.message + " (" + violation.remedy +
         ")";
}

Result<void> verified(const Program& program, const KernelLookup& kernels) {
  const std::vector<Violation> violations = verify(program, kernels);
  if (violations.empty()) return {};
  const Violation& first = violations.front();
  std::string more = violations.size() > 1 ? ", and " + std::to_string(violations.size() - 1) + " more" : "";
  return fail(ErrorCode::kUnsupported, "program " + program.name + ", " + first.where,
              "rule " + std::string(first.rule) + ": " + first.message + more, first.remedy);
}

}  // namespace skald::npu
