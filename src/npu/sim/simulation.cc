#include "npu/sim/simulation.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "npu/sim/controller.h"
#include "npu/sim/core.h"
#include "npu/sim/stream.h"

namespace skald::npu::sim {
namespace {

// After the sequence has ended, cores may finish what they hold; one that goes on longer than this never stops.
constexpr double kMostCyclesAfterTheEnd = 1e8;

/// Length of all stretches together, what several cover counted once.
double length_of_union(std::vector<std::pair<double, double>>& stretches) {
  std::ranges::sort(stretches);
  double length = 0;
  double end = 0;
  for (const auto& [from, to] : stretches) {
    length += std::max(0.0, to - std::max(from, end));
    end = std::max(end, to);
  }
  return length;
}

}  // namespace

Simulation::Simulation(const Program& program, const Kernels& kernels, const Options& options)
    : kernels_(kernels), array_(program, options) {}

Simulation::~Simulation() = default;

Result<std::unique_ptr<Simulation>> Simulation::load(const Program& program, const Kernels& kernels,
                                                     const Options& options) {
  std::unique_ptr<Simulation> made(new Simulation(program, kernels, options));
  SKALD_CHECK(made->build());
  return made;
}

Result<void> Simulation::build() {
  SKALD_TRY(auto ends, lay_out(array_));
  SKALD_CHECK(fill_tables());
  std::vector<Stream*> by_fifo;
  for (StreamEnds& end : ends) {
    if (end.direct) {
      by_fifo.push_back(nullptr);
      continue;
    }
    streams_.push_back(std::make_unique<Stream>(array_, std::move(end)));
    by_fifo.push_back(streams_.back().get());
  }
  std::vector<Actor*> actors;
  for (size_t i = 0; i < array_.program.cores.size(); ++i) {
    cores_.push_back(std::make_unique<CoreActor>(array_, static_cast<int>(i), kernels_));
    actors.push_back(cores_.back().get());
    array_.events.wake(0, *cores_.back());
  }
  controller_ = std::make_unique<Controller>(array_, std::move(by_fifo), std::move(actors));
  return {};
}

Result<void> Simulation::fill_tables() {
  for (size_t i = 0; i < array_.program.buffers.size(); ++i) {
    const Buffer& buffer = array_.program.buffers[i];
    if (buffer.table.empty()) continue;
    SKALD_TRY(const auto table, kernels_.table(buffer.table));
    if (static_cast<int64_t>(table.size()) != bytes_of(buffer.block)) {
      return fail(
          ErrorCode::kInvalidArgument, array_.program.name + ", buffer " + buffer.name,
          "has " + std::to_string(bytes_of(buffer.block)) + " bytes for a table of " + std::to_string(table.size()),
          "give it the table's size");
    }
    std::memcpy(array_.memories.at(buffer.tile).at(array_.buffer_address[i]), table.data(), table.size());
  }
  return {};
}

Result<void> Simulation::check(std::span<const std::span<std::byte>> arguments) const {
  if (!array_.options.values) return {};
  const auto& wanted = array_.program.arguments;
  if (arguments.size() != wanted.size()) {
    return fail(ErrorCode::kInvalidArgument, array_.program.name,
                "takes " + std::to_string(wanted.size()) + " buffers, not " + std::to_string(arguments.size()));
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (static_cast<int64_t>(arguments[i].size()) != bytes_of(wanted[i].block)) {
      return fail(
          ErrorCode::kInvalidArgument, array_.program.name + ", argument " + wanted[i].name,
          "has " + std::to_string(arguments[i].size()) + " bytes, not " + std::to_string(bytes_of(wanted[i].block)));
    }
  }
  return {};
}

void Simulation::drain() {
  while (!array_.events.empty() && !array_.error) {
    const Event event = array_.events.pop();
    now_ = event.time;
    if (controller_->done() && now_ > controller_->done_at() + kMostCyclesAfterTheEnd) {
      array_.error = Error{ErrorCode::kInvalidArgument, array_.program.name,
                           "a core computes for ever without waiting for the sequence", "give its loop an acquire"};
      return;
    }
    if (event.kind == Event::Kind::kWake) {
      event.actor->wake(now_);
      continue;
    }
    Ring& ring = array_.rings[static_cast<size_t>(event.ring)];
    const bool produced = event.kind == Event::Kind::kProduced;
    ++(produced ? ring.seen_produced : ring.seen_consumed);
    if (Actor* woken = produced ? ring.reader : ring.writer) woken->wake(now_);
  }
}

Error Simulation::deadlock() const {
  std::string who = controller_->blocked();
  for (const auto& core : cores_) {
    if (!core->blocked().empty()) who += "; core " + to_string(core->report().tile) + " " + core->blocked();
  }
  for (const auto& stream : streams_) {
    if (const std::string why = stream->blocked(); !why.empty()) who += "; " + why;
  }
  return {ErrorCode::kInvalidArgument, array_.program.name, "deadlock: " + who,
          "balance what is produced, consumed and waited for"};
}

Result<Report> Simulation::launch(std::span<const std::span<std::byte>> arguments) {
  SKALD_CHECK(check(arguments));
  array_.arguments.assign(arguments.begin(), arguments.end());
  array_.report = {};
  for (const auto& core : cores_) core->begin_launch();
  for (const auto& stream : streams_) stream->report() = {.name = stream->report().name};
  array_.calls.clear();
  const double begin = array_.began = now_;
  controller_->begin(now_);
  drain();
  if (array_.error) return std::unexpected(*array_.error);
  if (!controller_->done()) return std::unexpected(deadlock());
  for (const auto& core : cores_) {
    if (!core->finished() && !core->resting()) return std::unexpected(deadlock());
  }
  Report report = std::move(array_.report);
  report.cycles = controller_->done_at() - begin;
  report.any_core_busy = length_of_union(array_.calls);
  for (const auto& core : cores_) report.cores.push_back(core->report());
  for (const auto& stream : streams_) report.streams.push_back(stream->report());
  return report;
}

}  // namespace skald::npu::sim
