#pragma once
// Recordings through one engine, several at the same time; what is said of them comes in their order.

#include <atomic>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "exit_code.h"
#include "in_order.h"
#include "output.h"
#include "progress.h"
#include "skald/engine.h"
#include "skald/options.h"

namespace skald::cli {

/// What the command line says beside the options of the library.
struct RunSettings {
  int at_once = 1;          ///< recordings at the same time
  bool quiet = false;       ///< nothing on standard error but errors
  bool verbose = true;      ///< the forecast of a simulated device too
  bool asked_fp16 = false;  ///< --fp16 was given
};

class FileRuns {
 public:
  /// All arguments must outlive it.
  FileRuns(Engine& engine, const OutputPlan& plan, const TranscribeOptions& options, const RunSettings& settings,
           const std::vector<std::string>& inputs);

  /// What the program ends with. After a failure of the output, or a signal, no other recording is begun, those under
  /// way are stopped, and what they have is written.
  ExitCode run();

 private:
  struct Recording {
    std::string input;
    Progress progress;
    double seconds = 0;  // of audio, once it is complete
  };

  void work();
  void transcribe(size_t index);
  Callbacks callbacks(size_t index);
  void show_segment(Recording& recording, const std::string& line);
  void stop();
  void say(const std::string& line) const;
  void tell_begin(const Recording& recording) const;
  void tell_model();
  void tell_devices(const Transcript& transcript) const;
  void tell_end(Recording& recording, const Transcript& transcript, std::optional<Error> failed);
  void tell_kept(const std::string& input, const Transcript& transcript);
  void tell_all(double elapsed) const;

  Engine& engine_;
  const OutputPlan& plan_;
  const TranscribeOptions& options_;
  const RunSettings& settings_;
  std::deque<Recording> recordings_;
  InOrder order_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> stopped_{false};
  // Below: only in what order_ runs.
  std::optional<Error> print_error_;  // standard output failed while segments were shown
  bool model_told_ = false;
  bool output_failed_ = false;
  ExitCode code_ = kOk;  // the worst so far
};

}  // namespace skald::cli
