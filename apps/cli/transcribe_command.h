#pragma once
// skald transcribe FILE...

#include <optional>
#include <string>
#include <vector>

#include "command.h"
#include "output.h"
#include "progress.h"
#include "skald/engine.h"
#include "skald/options.h"

namespace skald::cli {

class TranscribeCommand final : public Command {
 public:
  explicit TranscribeCommand(CLI::App& root);
  ExitCode run() override;

 private:
  Result<void> check_usage() const;
  Result<void> check_subtitles() const;
  ExitCode run_files(Engine& engine, const OutputPlan& plan, Progress& progress);
  ExitCode run_file(Engine& engine, const OutputPlan& plan, Progress& progress, const std::string& input);
  Callbacks callbacks(const Engine& engine, const OutputPlan& plan, Progress& progress);
  void tell_devices(const Transcript& transcript) const;
  ExitCode finish(const Transcript& transcript, const OutputPlan& plan, const std::string& input) const;
  void tell_model(const ModelInfo& info) const;
  void say(const std::string& line) const;
  ExitCode usage(Error error);

  LoadOptions load_;
  TranscribeOptions options_;
  OutputOptions output_;
  bool quiet_ = false;
  bool fp16_ = false;
  std::vector<std::string> inputs_;
  std::optional<Error> print_error_;  // standard output failed while segments were shown
  bool model_told_ = false;
};

}  // namespace skald::cli
