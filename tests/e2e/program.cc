#include "program.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace skald::e2e {
namespace {

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
      read_end = ends[0];
      write_end = ends[1];
    }
  }
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_read() { close_end(read_end); }
  void close_write() { close_end(write_end); }

 private:
  static void close_end(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
};

[[noreturn]] void become(const Launch& launch, const Pipe& in, const Pipe& out, const Pipe& err) {
  ::dup2(in.read_end, STDIN_FILENO);
  int out_fd = out.write_end;
  if (!launch.output_path.empty()) out_fd = ::open(launch.output_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (out_fd < 0) ::_exit(kCannotSetUp);
  ::dup2(out_fd, STDOUT_FILENO);
  ::dup2(err.write_end, STDERR_FILENO);
  if (!launch.directory.empty() && ::chdir(launch.directory.c_str()) != 0) ::_exit(kCannotSetUp);
  for (const auto& [name, value] : launch.environment) ::setenv(name.c_str(), value.c_str(), 1);
  if (launch.obey_permissions && ::geteuid() == 0) {
    for (const int capability : {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH}) {
      if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) ::_exit(kCannotSetUp);
    }
  }
  if (launch.file_size_limit >= 0) {
    const rlimit limit{static_cast<rlim_t>(launch.file_size_limit), static_cast<rlim_t>(launch.file_size_limit)};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(kCannotSetUp);
    std::signal(SIGXFSZ, SIG_IGN);  // the write then fails instead
  }
  std::vector<char*> arguments;
  std::string name = "skald";
  arguments.push_back(name.data());
  for (const std::string& argument : launch.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execv(SKALD_PROGRAM, arguments.data());
  ::_exit(kCannotSetUp);
}

/// Reads what is there; false at the end.
bool take(int fd, std::string& into) {
  std::array<char, 65536> buffer{};
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got <= 0) return false;
  into.append(buffer.data(), static_cast<size_t>(got));
  return true;
}

void collect(const Launch& launch, pid_t child, Pipe& out, Pipe& err, Outcome& outcome) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(launch.timeout_s);
  while (out.read_end >= 0 || err.read_end >= 0) {
    std::array<pollfd, 2> fds = {pollfd{out.read_end, POLLIN, 0}, pollfd{err.read_end, POLLIN, 0}};
    ::poll(fds.data(), fds.size(), 100);
    if (fds[0].revents != 0) {
      if (!take(out.read_end, outcome.out)) out.close_read();
      if (launch.watch) launch.watch(child, outcome.out);
    }
    if (fds[1].revents != 0 && !take(err.read_end, outcome.err)) err.close_read();
    if (std::chrono::steady_clock::now() > end) {
      outcome.timed_out = true;
      ::kill(child, SIGKILL);
      return;
    }
  }
}

}  // namespace

Outcome run(const Launch& launch) {
  Pipe in;
  Pipe out;
  Pipe err;
  if (launch.close_output) out.close_read();
  const pid_t child = ::fork();
  if (child == 0) become(launch, in, out, err);
  in.close_read();
  out.close_write();
  err.close_write();
  std::signal(SIGPIPE, SIG_IGN);  // a child that does not read its input is not our end
  std::jthread feeder([&] {
    const std::string bytes = launch.input.value_or("");
    size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t put = ::write(in.write_end, bytes.data() + sent, bytes.size() - sent);
      if (put <= 0) break;
      sent += static_cast<size_t>(put);
    }
    in.close_write();
  });
  Outcome outcome;
  collect(launch, child, out, err, outcome);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  return outcome;
}

Outcome run(const std::vector<std::string>& arguments) {
  Launch launch;
  launch.arguments = arguments;
  return run(launch);
}

}  // namespace skald::e2e
