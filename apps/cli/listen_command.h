#pragma once
// skald listen

#include <optional>
#include <string>

#include "audio_feed.h"
#include "command.h"
#include "skald/live.h"
#include "terminal_line.h"

namespace skald::cli {

class ListenCommand final : public Command {
 public:
  explicit ListenCommand(CLI::App& root);
  ExitCode run() override;

 private:
  Result<void> check() const;
  ExitCode listen(Engine& engine, AudioFeed& feed);
  void show(const LiveText& text, TerminalLine& line);
  std::string as_json(const LiveText& text);

  LoadOptions load_;
  TranscribeOptions options_;
  LiveOptions live_;
  bool json_ = false;
  bool quiet_ = false;
  bool microphone_ = false;
  bool has_provisional_ = false;  // of what was printed last
  std::optional<Error> print_error_;
};

}  // namespace skald::cli
