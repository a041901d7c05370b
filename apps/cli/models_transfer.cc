#include "models_transfer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <optional>

#include "console.h"
#include "hub/pull.h"
#include "interrupt.h"
#include "terminal_line.h"

namespace skald::cli {
namespace {

constexpr double kMegabyte = 1e6;

/// "model.safetensors  42 % of 290.4 MB, 12.3 MB/s", rewritten in place on a terminal.
class Bar {
 public:
  void update(const std::string& file, uint64_t done, uint64_t total) {
    if (!line_.wanted() || total == 0) return;
    const Clock::time_point now = Clock::now();
    if (file != file_) {
      file_ = file;
      begin_ = now;
      first_ = done;
    } else if (done < total && now - drawn_ < std::chrono::milliseconds(100)) {
      return;
    }
    drawn_ = now;
    constexpr int kWidth = 30;
    const double part = static_cast<double>(done) / static_cast<double>(total);
    const auto full = static_cast<size_t>(part * kWidth);
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    const double speed = seconds > 0 ? static_cast<double>(done - std::min(first_, done)) / kMegabyte / seconds : 0;
    line_.show(fmt::format("{} {:3}%|{}{}| {:.1f}/{:.1f} MB [{:.1f} MB/s]", file, static_cast<int>(100 * part),
                           std::string(full, '#'), std::string(kWidth - full, ' '),
                           static_cast<double>(done) / kMegabyte, static_cast<double>(total) / kMegabyte, speed));
  }
  void clear() { line_.clear(); }

 private:
  using Clock = std::chrono::steady_clock;
  TerminalLine line_{true};
  std::string file_;
  uint64_t first_ = 0;
  Clock::time_point begin_;
  Clock::time_point drawn_;
};

ExitCode exit_code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kUnsupported: return kUsage;
    case ErrorCode::kCancelled: return kInterrupted;
    default: return exit_code_of_load(error.code);
  }
}

ExitCode no_name(const std::string& command) {
  complain(
      {ErrorCode::kInvalidArgument, "models " + command, "no model is named", "skald models " + command + " base"});
  return kUsage;
}

}  // namespace

ExitCode download(const std::string& name) {
  Bar bar;
  const auto pulled = hub::pull_model(name, [&](const std::string& file, uint64_t done, uint64_t total) {
    bar.update(file, done, total);
    return !stop_flag();
  });
  bar.clear();
  if (!pulled) {
    Error error = pulled.error();
    if (error.code == ErrorCode::kCancelled) {
      error = {error.code, name, "interrupted", "`skald models pull " + name + "` goes on where it ended"};
    }
    complain(error);
    return exit_code_of(error);
  }
  tell(fmt::format("{}: {} in {}", pulled->repository,
                   pulled->downloaded == 0
                       ? std::string("is there already,")
                       : fmt::format("{:.1f} MB downloaded,", static_cast<double>(pulled->downloaded) / kMegabyte),
                   pulled->snapshot.string()));
  return kOk;
}

bool offer_download(const std::string& name) {
  const auto repository = hub::repository_of(name);
  if (!repository || ::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1) return false;
  std::fputs(fmt::format("skald: {} is not on this machine. Download {}? [Y/n] ", name, *repository).c_str(), stderr);
  std::string answer;
  if (!std::getline(std::cin, answer)) return false;
  const bool yes = answer.empty() || answer[0] == 'y' || answer[0] == 'Y';
  return yes && download(name) == kOk;
}

ModelsPullCommand::ModelsPullCommand(CLI::App& models) : Command(models, "pull", "Download models from Hugging Face") {
  app().add_option("NAME", names_, "tiny, base.en, small, large-v3, turbo, distil-large-v3 ..., or ORG/NAME");
}

ExitCode ModelsPullCommand::run() {
  if (names_.empty()) return no_name("pull");
  for (const std::string& name : names_) {
    if (const ExitCode code = download(name); code != kOk) return code;
  }
  return kOk;
}

ModelsRemoveCommand::ModelsRemoveCommand(CLI::App& models)
    : Command(models, "remove", "Remove downloaded models from the Hugging Face cache") {
  app().add_option("NAME", names_, "names as for pull");
}

ExitCode ModelsRemoveCommand::run() {
  if (names_.empty()) return no_name("remove");
  for (const std::string& name : names_) {
    const auto freed = hub::remove_model(name);
    if (!freed) {
      complain(freed.error());
      return exit_code_of(freed.error());
    }
    tell(fmt::format("{}: removed, {:.1f} MB are free", name, static_cast<double>(*freed) / kMegabyte));
  }
  return kOk;
}

}  // namespace skald::cli
