#include "npu/toolchain/tool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/file.h"

namespace skald::npu {
namespace {

constexpr size_t kShown = 2000;  // bytes of what a tool said that an error repeats

/// What happens in the child before the tool runs.
class SpawnActions {
 public:
  SpawnActions(const std::filesystem::path& directory, const std::filesystem::path& log) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str());
  }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// How it ended; empty: with status 0.
std::string failure(const std::vector<std::string>& command, const SpawnActions& actions) {
  std::vector<std::string> words = command;
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_t child = 0;
  if (const int error = posix_spawn(&child, pointers.front(), actions.get(), nullptr, pointers.data(), environ);
      error != 0) {
    return std::string("cannot be started: ") + std::strerror(error);  // NOLINT(concurrency-mt-unsafe): glibc's is safe
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return "was lost";
  }
  if (WIFSIGNALED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? std::string() : fmt::format("failed with status {}", WEXITSTATUS(status));
}

}  // namespace

std::string shell_text(const std::vector<std::string>& command) {
  constexpr std::string_view kPlain = "-+=./_:,";
  std::string text;
  for (const std::string& word : command) {
    const bool plain = !word.empty() && std::ranges::all_of(word, [&](unsigned char c) {
      return std::isalnum(c) != 0 || kPlain.find(static_cast<char>(c)) != std::string_view::npos;
    });
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += (text.empty() ? "" : " ") + (plain ? word : quoted + "'");
  }
  return text;
}

Result<void> run_tool(const ToolCall& call) {
  const std::filesystem::path log = call.directory / (call.step + ".log");
  const std::string how = failure(call.command, SpawnActions(call.directory, log));
  if (how.empty()) return {};
  std::string said = read_file(log).value_or("");
  while (!said.empty() && said.back() == '\n') said.pop_back();
  if (said.size() > kShown) said = "... " + said.substr(said.size() - kShown);
  return fail(ErrorCode::kUnsupported, call.step,
              fmt::format("{} {}: {}", std::filesystem::path(call.command.front()).filename().string(), how,
                          said.empty() ? "it said nothing" : said),
              fmt::format("all that it said is in {}; the command, in {}: {}", log.string(), call.directory.string(),
                          shell_text(call.command)));
}

}  // namespace skald::npu
