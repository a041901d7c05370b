#include "npu/emit/sequence_text.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "npu/emit/emit.h"
#include "npu/program/blocks.h"

namespace skald::npu {
namespace {

constexpr size_t kLevels = 4;  // of a task: repetition and a descriptor's three (mlir-aie.md, repeat_count)

/// All four levels of a pattern that has some.
Pattern all_levels(Pattern pattern) {
  const bool repeats = pattern.front().stride == 0 && pattern.front().size > 1;
  const auto at = pattern.begin() + (repeats ? 1 : 0);
  if (pattern.size() < kLevels) pattern.insert(at, kLevels - pattern.size(), Dim{.size = 1, .stride = 0});
  return pattern;
}

class SequencePrinter {
 public:
  SequencePrinter(const Program& program, text::Lines& lines) : program_(program), lines_(lines) {}

  Result<void> run() {
    std::string arguments;
    for (const HostArgument& argument : program_.arguments) {
      arguments += (arguments.empty() ? "%host_" : ", %host_") + argument.name + ": " + text::memref(argument.block);
    }
    lines_.add("aie.runtime_sequence @" + std::string(kSequenceName) + "(" + arguments + ") {");
    lines_.indent();
    for (const SequenceStep& step : program_.sequence) {
      SKALD_CHECK(std::visit([this](const auto& action) { return print(action); }, step));
    }
    lines_.outdent();
    lines_.add("}");
    return {};
  }

 private:
  struct Task {
    std::string value;
    bool token = false;
  };

  const std::string& parameters(int index) const { return program_.parameters[static_cast<size_t>(index)].name; }
  const std::string& fifo(int index) const { return program_.fifos[static_cast<size_t>(index)].name; }

  Result<void> print(const WriteParameter& write) {
    lines_.add("aiex.npu.rtp_write(@" + parameters(write.parameters) + ", " + std::to_string(write.index) + ", " +
               std::to_string(write.value) + ")");
    return {};
  }

  Result<void> print(const HandOver& over) {
    lines_.add("aiex.set_lock(%handover_" + parameters(over.parameters) + ", 1)");
    return {};
  }

  Result<void> print(const Transfer& transfer) {
    const HostArgument& argument = program_.arguments[static_cast<size_t>(transfer.argument)];
    const std::string value = "%task" + std::to_string(tasks_++);
    std::string pattern;
    int64_t length = elements_of(argument.block) - transfer.offset;
    int64_t repetitions = 1;
    if (!transfer.pattern.empty()) {
      const Pattern levels = all_levels(transfer.pattern);
      pattern = ", " + text::dims(levels);
      repetitions = levels.front().size;
      length = 1;
      for (size_t i = 1; i < levels.size(); ++i) length *= levels[i].size;
    }
    lines_.add(value + " = aiex.dma_configure_task_for @" + fifo(transfer.fifo) + " {");
    lines_.indent();
    lines_.add("aie.dma_bd(%host_" + argument.name + " : " + text::memref(argument.block) + ", " +
               std::to_string(transfer.offset) + ", " + std::to_string(length) + pattern + ")");
    lines_.add("aie.end");
    lines_.outdent();
    lines_.add(std::string("} {") + (transfer.token ? "issue_token = true, " : "") +
               "repeat_count = " + std::to_string(repetitions - 1) + " : i32}");
    lines_.add("aiex.dma_start_task(" + value + ")");
    started_[transfer.fifo].push_back({.value = value, .token = transfer.token});
    return {};
  }

  Result<void> print(const Wait& wait) {
    std::vector<Task>& started = started_[wait.fifo];
    const auto awaited = std::ranges::find_if(started, &Task::token);
    if (awaited == started.end()) {
      return fail(ErrorCode::kInvalidArgument, program_.name + ", sequence",
                  "waits for " + fifo(wait.fifo) + ", which has no transfer with a token that was not waited for",
                  "give the transfer a token");
    }
    lines_.add("aiex.dma_await_task(" + awaited->value + ")");
    for (auto done = started.begin(); done != awaited; ++done) lines_.add("aiex.dma_free_task(" + done->value + ")");
    started.erase(started.begin(), awaited + 1);
    return {};
  }

  const Program& program_;
  text::Lines& lines_;
  int tasks_ = 0;
  std::map<int, std::vector<Task>> started_;  ///< per stream, oldest first, whose descriptors are not free
};

}  // namespace

Result<void> print_sequence(const Program& program, text::Lines& lines) {
  return SequencePrinter(program, lines).run();
}

}  // namespace skald::npu
