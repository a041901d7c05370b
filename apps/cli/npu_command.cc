#include "npu_command.h"

#include "console.h"
#include "npu_report.h"

namespace skald::cli {

NpuInfoCommand::NpuInfoCommand(CLI::App& npu)
    : Command(npu, "info", "Show the NPU's description, what this machine has of one, and what to fix") {
  table().add("--json", json_, "as JSON", "", "Info");
}

ExitCode NpuInfoCommand::run() {
  const NpuHostReport report = inspect_npu();
  return show(json_ ? as_json(report) : as_text(report));
}

NpuCommands::NpuCommands(CLI::App& root)
    : app_(root.add_subcommand("npu", "Look at the NPU: what it is, what this machine has, what its programs take")),
      info_(*app_),
      plan_(*app_),
      simulate_(*app_),
      emit_(*app_),
      validate_(*app_),
      test_(*app_),
      bench_(*app_),
      ladder_(*app_),
      calibrate_(*app_),
      build_(*app_) {
  app_->require_subcommand(0, 1);
}

}  // namespace skald::cli
