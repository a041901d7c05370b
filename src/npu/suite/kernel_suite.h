#pragma once
// One suite for every operator: plan it, judge the Program, run it on the simulated array with values, and compare what
// comes out with plain arithmetic. `skald npu test`, `ladder` and `bench` and the tests work on the same cases.
//
// An operator adds its cases in cases_OPERATOR.cc (cases_matmul.cc is the example) and its function to cases.h.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "npu/program/program.h"
#include "npu/sim/kernels.h"
#include "npu/sim/report.h"
#include "npu/sim/time_model.h"

namespace skald::npu::suite {

using Bytes = std::vector<std::byte>;

/// One launch: which of the case's buffers each argument of the Program is.
struct Launch {
  Program program;
  std::vector<size_t> buffers;
  int64_t times = 1;  ///< one after the other; only of cases that are timed, never of those with values
};

/// How the operator is done.
struct Planned {
  std::vector<Launch> launches;
  int64_t macs = 0;         ///< multiply-accumulates that the operator takes; 0: it is no product
  int64_t padded_macs = 0;  ///< of whole tiles: what the kernels have to count; 0: not compared
  int macs_a_cycle = 0;     ///< of a core with these types: DeviceSpec; 0: no share of the peak
  int64_t amount = 0;       ///< of `unit` that one pass makes
  const char* unit = "";    ///< "tokens", "frames", "elements"; nothing: products are counted in operations
};

/// Inputs and what has to come out of them.
struct Values {
  std::vector<Bytes> buffers;  ///< an empty one is made, of the argument's size and full of marks
  std::vector<double> ideal;   ///< in double, or float32 where a case says so
  std::vector<double> exact;   ///< of integer arithmetic: every output equals it; empty: not an integer path
  /// The outputs in the order of `ideal`, from the buffers after the last launch.
  std::function<std::vector<double>(const std::vector<Bytes>& buffers)> outputs;
};

struct Limits {
  double least_correlation = 0.999;                               ///< with the ideal
  double most_error = std::numeric_limits<double>::infinity();    ///< largest difference from the ideal
  double least_activity = 0.8;                                    ///< of outputs written and not 0
  double most_call_ms = std::numeric_limits<double>::infinity();  ///< array and host, a launch
};

struct Case {
  std::string op;    ///< "matmul": what --only takes
  std::string name;  ///< "i8 512x512x512 requantised"
  std::function<Result<Planned>()> plan;
  std::function<Result<Values>()> values;  ///< empty: timed only
  Limits limits{};
  unsigned seed = 1;  ///< of the inputs; time does not depend on it, so `bench` leaves others out
};

struct Outcome {
  std::string op;
  std::string name;
  std::optional<double> correlation;  ///< nothing: timed only
  std::optional<double> largest_error;
  std::optional<bool> exact;  ///< nothing: no integer path
  std::optional<double> activity;
  double core_cycles = 0;  ///< of the busiest core, in kernels, all launches
  double array_ms = 0;     ///< all launches
  double launch_ms = 0;    ///< of the host, all launches: DeviceSpec, ordinary launch
  int64_t launches = 0;
  int64_t macs = 0;
  int64_t counted_macs = 0;             ///< of the kernels
  double rate = 0;                      ///< a second of array time: operations, or `unit`
  std::string unit;                     ///< empty: operations
  std::optional<double> share_of_peak;  ///< of the whole array: MACs that the operator takes
  /// What it would take if nothing but peak arithmetic, or host memory at its assumed rate with what is needed moved
  /// once, bounded it, over the array's time.
  double share_of_roofline = 0;
  std::string bound;                ///< what the simulated launch is bound by: predict.h
  std::vector<std::string> faults;  ///< what did not hold; nothing: it passed

  double call_ms() const { return array_ms + launch_ms; }
  bool passed() const { return faults.empty(); }
};

struct RunOptions {
  const sim::Kernels* kernels = nullptr;  ///< null: the catalogue
  sim::TimeModel time{};
  /// Called on the inputs before the first launch: tests spoil them here.
  std::function<void(const Planned& planned, std::vector<Bytes>& buffers)> spoil{};
};

/// Plans, verifies, runs with values where the case has any, compares. What goes wrong is a fault of the outcome.
Outcome run_case(const Case& the, const RunOptions& options = {});

/// The same without values: time only.
Outcome time_case(const Case& the, const RunOptions& options = {});

/// run_case of each, several at a time. `done` is called with each as soon as it and those before it have ended.
std::vector<Outcome> run_cases(const std::vector<Case>& cases, const RunOptions& options,
                               const std::function<void(const Outcome&)>& done);

/// Pearson's coefficient; 1 for two equal constant sequences, else 0 where one of them is constant.
double correlation(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace skald::npu::suite
