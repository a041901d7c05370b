#pragma once
// skald transcribe FILE...

#include <optional>
#include <string>
#include <vector>

#include "command.h"
#include "output.h"
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
  ExitCode usage(Error error);

  LoadOptions load_;
  TranscribeOptions options_;
  OutputOptions output_;
  std::optional<int> files_at_once_;
  bool quiet_ = false;
  bool fp16_ = false;
  std::vector<std::string> inputs_;
};

}  // namespace skald::cli
