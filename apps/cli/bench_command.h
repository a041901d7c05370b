#pragma once
// skald bench: what a model's shape takes on this machine.

#include "command.h"
#include "engine/bench.h"

namespace skald::cli {

class BenchCommand final : public Command {
 public:
  explicit BenchCommand(CLI::App& root);
  ExitCode run() override;

 private:
  engine::BenchOptions options_;
  bool decoder_only_ = false;
  bool json_ = false;
};

}  // namespace skald::cli
