#include "npu/suite/kernel_suite.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

#include "npu/program/blocks.h"
#include "npu/program/verify.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/sim/simulation.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/lookups.h"
#include "npu/suite/predict.h"

namespace skald::npu::suite {
namespace {

constexpr std::byte kMark{0xA5};  ///< of outputs that nobody has written

/// What a launch has to move of its arguments: each once, or less where it wants only parts of one.
int64_t needed_bytes(const Program& program) {
  int64_t bytes = 0;
  for (size_t i = 0; i < program.arguments.size(); ++i) {
    const Block& block = program.arguments[i].block;
    int64_t moved = 0;
    for (const auto& action : program.sequence) {
      const auto* transfer = std::get_if<Transfer>(&action);
      if (transfer == nullptr || transfer->argument != static_cast<int>(i)) continue;
      moved += pattern_elements(transfer->pattern, elements_of(block) - transfer->offset);
    }
    bytes += std::min(moved, elements_of(block)) * bytes_of(block.type);
  }
  return bytes;
}

/// Cycles of the operator by the roofline: all cores at their peak, what is needed through host memory once.
double roofline_cycles(const Planned& planned, const sim::TimeModel& time) {
  double bytes = 0;
  for (const Launch& launch : planned.launches) {
    bytes += static_cast<double>(launch.times * needed_bytes(launch.program));
  }
  const double memory = bytes / time.ddr_gb_s * time.clock_ghz;
  if (planned.macs_a_cycle == 0) return memory;
  return std::max(memory, static_cast<double>(planned.macs) / planned.macs_a_cycle / kNpu1.geometry.compute_tiles());
}

/// Buffers that the values do not bring, of the size that their arguments have.
void make_outputs(const Planned& planned, std::vector<Bytes>& buffers) {
  for (const Launch& launch : planned.launches) {
    for (size_t i = 0; i < launch.buffers.size(); ++i) {
      if (launch.buffers[i] >= buffers.size()) buffers.resize(launch.buffers[i] + 1);
      Bytes& buffer = buffers[launch.buffers[i]];
      if (buffer.empty()) buffer.assign(static_cast<size_t>(bytes_of(launch.program.arguments[i].block)), kMark);
    }
  }
}

/// Adds what a launch took. Kernels of one case may run on any core: the busiest of each launch counts.
void add_report(const Launch& launch, const sim::Report& report, const RunOptions& options, Outcome& outcome,
                Bounds& bounds) {
  const auto times = static_cast<double>(launch.times);
  double busiest = 0;
  for (const sim::CoreReport& core : report.cores) busiest = std::max(busiest, core.busy);
  const Bounds one = bounds_of(report);
  bounds.compute += times * one.compute;
  bounds.stream += times * one.stream;
  bounds.ddr += times * one.ddr;
  bounds.controller += times * one.controller;
  outcome.core_cycles += times * busiest;
  outcome.array_ms += times * report.cycles / options.time.clock_ghz * 1e-6;
  outcome.launch_ms += times * kNpu1.host.ordinary_launch_us * 1e-3;
  outcome.launches += launch.times;
  outcome.counted_macs += launch.times * report.macs;
}

/// Runs all launches; `buffers` is null for time only.
Result<void> run_launches(const Planned& planned, const RunOptions& options, std::vector<Bytes>* buffers,
                          Outcome& outcome, Bounds& bounds) {
  const sim::Kernels& kernels = options.kernels != nullptr ? *options.kernels : sim::catalogue_kernels();
  for (const Launch& launch : planned.launches) {
    SKALD_CHECK(verified(launch.program, catalogue_lookup()));
    SKALD_TRY(const auto simulation,
              sim::Simulation::load(launch.program, kernels, {.values = buffers != nullptr, .time = options.time}));
    std::vector<std::span<std::byte>> arguments;
    if (buffers != nullptr) {
      for (const size_t buffer : launch.buffers) arguments.emplace_back((*buffers)[buffer]);
    }
    SKALD_TRY(const sim::Report report, simulation->launch(arguments));
    add_report(launch, report, options, outcome, bounds);
  }
  return {};
}

/// What follows from the counters.
void conclude(const Planned& planned, const RunOptions& options, const Bounds& bounds, Outcome& outcome) {
  const double cycles = outcome.array_ms * options.time.clock_ghz * 1e6;
  outcome.macs = planned.macs;
  outcome.unit = planned.unit;
  const double amount =
      outcome.unit.empty() ? 2.0 * static_cast<double>(planned.macs) : static_cast<double>(planned.amount);
  outcome.rate = amount / outcome.array_ms * 1e3;
  if (planned.macs_a_cycle > 0) {
    outcome.share_of_peak =
        static_cast<double>(planned.macs) / (cycles * planned.macs_a_cycle * kNpu1.geometry.compute_tiles());
  }
  outcome.share_of_roofline = roofline_cycles(planned, options.time) / cycles;
  outcome.bound = bounds.largest();
}

void judge_cost(const Case& the, const Planned& planned, Outcome& outcome) {
  if (planned.padded_macs > 0 && planned.padded_macs != outcome.counted_macs) {
    outcome.faults.push_back(
        fmt::format("kernels multiply {} times, the operator {}", outcome.counted_macs, planned.padded_macs));
  }
  const double call = outcome.call_ms() / static_cast<double>(outcome.launches);
  if (call > the.limits.most_call_ms) {
    outcome.faults.push_back(fmt::format("{:.3f} ms a call, at most {:.3f}", call, the.limits.most_call_ms));
  }
}

/// Compares outputs: `before` is what the marks read as.
void compare(const Limits& limits, const Values& values, const std::vector<double>& before,
             const std::vector<double>& got, Outcome& outcome) {
  if (got.size() != values.ideal.size() || (!values.exact.empty() && got.size() != values.exact.size())) {
    outcome.faults.push_back(fmt::format("{} outputs, not {}", got.size(), values.ideal.size()));
    return;
  }
  double error = 0;
  int64_t active = 0;
  int64_t different = 0;
  int64_t not_finite = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    if (!std::isfinite(got[i])) ++not_finite;
    error = std::max(error, std::abs(got[i] - values.ideal[i]));
    if (got[i] != before[i] && got[i] != 0) ++active;
    if (!values.exact.empty() && got[i] != values.exact[i]) ++different;
  }
  outcome.correlation = correlation(got, values.ideal);
  outcome.largest_error = error;
  outcome.activity = static_cast<double>(active) / static_cast<double>(got.size());
  if (not_finite > 0) outcome.faults.push_back(fmt::format("{} outputs are not finite", not_finite));
  if (!values.exact.empty()) {
    outcome.exact = different == 0;
    if (different > 0) outcome.faults.push_back(fmt::format("{} of {} outputs are not exact", different, got.size()));
  }
  if (!(*outcome.correlation >= limits.least_correlation)) {
    outcome.faults.push_back(
        fmt::format("correlation {:.6f}, at least {}", *outcome.correlation, limits.least_correlation));
  }
  if (!(error <= limits.most_error)) {
    outcome.faults.push_back(fmt::format("largest error {:.4g}, at most {}", error, limits.most_error));
  }
  if (*outcome.activity < limits.least_activity) {
    outcome.faults.push_back(fmt::format("{:.1f} % of the outputs written and not 0, at least {:.0f} %",
                                         100 * *outcome.activity, 100 * limits.least_activity));
  }
}

Result<void> try_case(const Case& the, const RunOptions& options, bool with_values, Outcome& outcome) {
  SKALD_TRY(const Planned planned, the.plan());
  Bounds bounds;
  if (!with_values) {
    SKALD_CHECK(run_launches(planned, options, nullptr, outcome, bounds));
  } else {
    SKALD_TRY(Values values, the.values());
    make_outputs(planned, values.buffers);
    const std::vector<double> before = values.outputs(values.buffers);
    if (options.spoil) options.spoil(planned, values.buffers);
    SKALD_CHECK(run_launches(planned, options, &values.buffers, outcome, bounds));
    compare(the.limits, values, before, values.outputs(values.buffers), outcome);
  }
  conclude(planned, options, bounds, outcome);
  judge_cost(the, planned, outcome);
  return {};
}

Outcome outcome_of(const Case& the, const RunOptions& options, bool with_values) {
  Outcome outcome;
  outcome.op = the.op;
  outcome.name = the.name;
  if (const auto done = try_case(the, options, with_values, outcome); !done) {
    outcome.faults.push_back(to_string(done.error()));
  }
  return outcome;
}

}  // namespace

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto mean = [](const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
  };
  const double mean_a = mean(a);
  const double mean_b = mean(b);
  double aa = 0;
  double bb = 0;
  double ab = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
    ab += (a[i] - mean_a) * (b[i] - mean_b);
  }
  if (aa == 0 || bb == 0) return a == b ? 1 : 0;
  return ab / std::sqrt(aa * bb);
}

Outcome run_case(const Case& the, const RunOptions& options) {
  return outcome_of(the, options, static_cast<bool>(the.values));
}

Outcome time_case(const Case& the, const RunOptions& options) {
  return outcome_of(the, options, false);
}

std::vector<Outcome> run_cases(const std::vector<Case>& cases, const RunOptions& options,
                               const std::function<void(const Outcome&)>& done) {
  std::vector<Outcome> outcomes(cases.size());
  std::vector<bool> ended(cases.size());
  std::mutex mutex;
  size_t next = 0;
  size_t told = 0;
  const auto work = [&] {
    std::unique_lock lock(mutex);
    while (next < cases.size()) {
      const size_t index = next++;
      lock.unlock();
      Outcome outcome = run_case(cases[index], options);
      lock.lock();
      outcomes[index] = std::move(outcome);
      ended[index] = true;
      for (; told < cases.size() && ended[told]; ++told) {
        if (done) done(outcomes[told]);
      }
    }
  };
  std::vector<std::jthread> threads;
  const size_t workers = std::min<size_t>(cases.size(), std::max(1U, std::thread::hardware_concurrency()));
  for (size_t i = 1; i < workers; ++i) threads.emplace_back(work);
  work();
  threads.clear();  // joins
  return outcomes;
}

}  // namespace skald::npu::suite
