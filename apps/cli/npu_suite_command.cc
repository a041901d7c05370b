#include "npu_suite_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "console.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/cases.h"
#include "npu_report.h"

namespace skald::cli {
namespace {

using Json = nlohmann::ordered_json;
using npu::suite::Cases;
using npu::suite::Outcome;

constexpr int kNameWidth = 46;

/// "3.42 T", "12.3 k": three digits.
std::string short_number(double value) {
  constexpr std::pair<double, const char*> kUnits[] = {{1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e3, " k"}};
  for (const auto& [unit, name] : kUnits) {
    if (value >= unit) return fmt::format("{:.3g}{}", value / unit, name);
  }
  return fmt::format("{:.3g} ", value);
}

std::string rate_text(const Outcome& o) {
  return short_number(o.rate) + (o.unit.empty() ? "op" : o.unit) + "/s";
}

std::string percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.1f}%", 100 * *share) : "-";
}

std::string heading() {
  return fmt::format("{:<{}} {:>9} {:>9} {:>6} {:>11} {:>9} {:>9} {:>8} {:>6}  {}\n", "case", kNameWidth, "correl.",
                     "error", "active", "core cycles", "array ms", "launch ms", "launches", "peak", "rate");
}

std::string faults_of(const Outcome& o) {
  std::string text;
  for (const std::string& fault : o.faults) text += "    " + fault + "\n";
  return text;
}

std::string line_of(const Outcome& o) {
  std::string error = "-";
  if (o.largest_error) error = o.exact.value_or(false) ? "exact" : fmt::format("{:.2g}", *o.largest_error);
  return fmt::format("{:<{}} {:>9} {:>9} {:>6} {:>11.0f} {:>9.3f} {:>9.3f} {:>8} {:>6}  {}{}\n", o.op + " " + o.name,
                     kNameWidth, o.correlation ? fmt::format("{:.6f}", *o.correlation) : "-", error,
                     percent(o.activity), o.core_cycles, o.array_ms, o.launch_ms, o.launches, percent(o.share_of_peak),
                     rate_text(o), o.passed() ? "" : "  FAILED") +
         faults_of(o);
}

std::string bench_heading() {
  return fmt::format("{:<{}} {:>9} {:>9} {:>18} {:>6} {:>8}  {}\n", "case", kNameWidth, "array ms", "call ms", "rate",
                     "peak", "roofline", "bound by");
}

std::string bench_line(const Outcome& o) {
  return fmt::format("{:<{}} {:>9.3f} {:>9.3f} {:>18} {:>6} {:>8}  {}{}\n", o.op + " " + o.name, kNameWidth, o.array_ms,
                     o.call_ms(), rate_text(o), percent(o.share_of_peak), percent(o.share_of_roofline), o.bound,
                     o.passed() ? "" : "  FAILED") +
         faults_of(o);
}

Json optional(const auto& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json json_of(const Outcome& o) {
  return {{"op", o.op},
          {"name", o.name},
          {"passed", o.passed()},
          {"faults", o.faults},
          {"correlation", optional(o.correlation)},
          {"largest_error", optional(o.largest_error)},
          {"exact", optional(o.exact)},
          {"output_activity", optional(o.activity)},
          {"core_cycles", o.core_cycles},
          {"array_ms", o.array_ms},
          {"launch_ms", o.launch_ms},
          {"launches", o.launches},
          {"macs", o.macs},
          {"counted_macs", o.counted_macs},
          {"rate", o.rate},
          {"rate_unit", o.unit.empty() ? "operations/s" : o.unit + "/s"},
          {"share_of_peak", optional(o.share_of_peak)},
          {"share_of_roofline", o.share_of_roofline},
          {"bound", o.bound}};
}

constexpr const char* kEncoder = "encoder";  // cases of a model, made when they are asked for

/// The cases of `op`, or all of them when it is empty; `encoder`: of what, null: none.
Result<Cases> chosen_cases(const std::string& op, const EncoderSource* encoder) {
  Cases cases;
  if (encoder != nullptr && (op.empty() || op == kEncoder)) {
    SKALD_CHECK(add_encoder_cases(cases, *encoder));
    if (!op.empty()) return cases;
  }
  std::ranges::move(npu::suite::all_cases(), std::back_inserter(cases));
  if (op.empty()) return cases;
  std::vector<std::string> known;
  if (encoder != nullptr) known.emplace_back(kEncoder);
  for (const auto& the : cases) {
    if (std::ranges::find(known, the.op) == known.end()) known.push_back(the.op);
  }
  std::erase_if(cases, [&](const auto& the) { return the.op != op; });
  if (cases.empty()) {
    return fail(ErrorCode::kInvalidArgument, "--only", "'" + op + "' is no operator of the suite",
                fmt::format("use one of {}", fmt::join(known, ", ")));
  }
  return cases;
}

/// Whether the suite can run there. Errors: kInvalidArgument, or why the NPU cannot be used.
Result<void> check_device(const std::string& device) {
  if (device == "npu-sim") return {};
  if (device != "npu") {
    return fail(ErrorCode::kInvalidArgument, "--device", "'" + device + "' is no NPU", "use npu-sim or npu");
  }
  if (auto why = npu::why_unusable(inspect_npu().checks)) {
    why->where = "--device npu";
    return std::unexpected(*std::move(why));
  }
  return fail(ErrorCode::kUnsupported, "--device npu", "the suite's programs are not built for this NPU",
              "skald npu build builds encoders alone: use --device npu-sim");
}

ExitCode code_of(const Result<void>& printed, ExitCode otherwise) {
  return printed ? otherwise : output_failed(printed.error());
}

Json results_json(const std::vector<Outcome>& outcomes) {
  Json rows = Json::array();
  for (const Outcome& outcome : outcomes) rows.push_back(json_of(outcome));
  return rows;
}

}  // namespace

NpuTestCommand::NpuTestCommand(CLI::App& npu)
    : Command(npu, "test", "Run every kernel with values and compare with plain arithmetic") {
  table().add("--json", json_, "as JSON", "", "Output");
  table().add("--only", only_, "cases of one operator: matmul, ...", "OP", "Suite");
  table().add("--device", device_, "npu-sim: the simulated array; npu: this machine's", "DEVICE", "Suite");
  table().add("--model", encoder_.model, "whose encoder's products and attentions are cases too", "NAME", "Suite");
  table().add("--audio", encoder_.audio, "recording that it listens to, 30 s of it (none: the sample minute.ogg)",
              "FILE", "Suite");
}

ExitCode NpuTestCommand::run() {
  if (const auto usable = check_device(device_); !usable) {
    complain(usable.error());
    return kUsage;
  }
  auto cases = chosen_cases(only_, &encoder_);
  if (!cases) {
    complain(cases.error());
    return kUsage;
  }
  std::erase_if(*cases, [](const auto& the) { return !the.values; });  // timed only
  Result<void> printed = json_ ? Result<void>{} : print(heading());
  const auto outcomes = npu::suite::run_cases(*cases, {}, [&](const Outcome& outcome) {
    if (!json_ && printed) printed = print(line_of(outcome));
  });
  const int64_t passed = std::ranges::count_if(outcomes, &Outcome::passed);
  if (json_) {
    printed = print(Json{{"device", device_},
                         {"clock_ghz", npu::sim::TimeModel{}.clock_ghz},
                         {"cases", outcomes.size()},
                         {"passed", passed},
                         {"results", results_json(outcomes)}}
                        .dump(2) +
                    "\n");
  } else if (printed) {
    printed = print(fmt::format("{} of {} cases passed; simulated, {:.3f} GHz; launch: the host's, assumed\n", passed,
                                outcomes.size(), npu::sim::TimeModel{}.clock_ghz));
  }
  return code_of(printed, passed == std::ssize(outcomes) ? kOk : kInputFailed);
}

NpuBenchCommand::NpuBenchCommand(CLI::App& npu)
    : Command(npu, "bench", "Predict the speed of every operator: rate, share of the peak and of the roofline") {
  app().add_option("MODEL", model_.model,
                   "the whole encoder of base, small, mini.en, ... instead, with the CPU's share of a window");
  table().add("--type", model_.type, "MODEL: of the encoder's products, i8 or bf16", "TYPE", "Model");
  table().add("--cpu-scale", model_.cpu_scale,
              "MODEL: what two Zen 4 cores take, as a multiple of two threads of this machine", "X", "Assumptions");
  table().add("--npu-watts", model_.watts, "MODEL: of the NPU at work, for its energy", "W", "Assumptions");
  table().add("--json", json_, "as JSON", "", "Output");
  table().add("--only", only_, "cases of one operator: matmul, ...", "OP", "Suite");
  table().add("--clock", time_.clock_ghz, "of the array, GHz", "GHZ", "Assumptions");
  table().add("--ddr", time_.ddr_gb_s, "of host memory, reads and writes together, GB/s", "GB/S", "Assumptions");
}

ExitCode NpuBenchCommand::run_model() {
  if (!(model_.cpu_scale > 0)) {
    complain({ErrorCode::kInvalidArgument, "--cpu-scale", "must be above 0", "leave it out for 1"});
    return kUsage;
  }
  model_.json = json_;
  const auto text = bench_model(model_);
  if (text) return show(*text);
  complain(text.error());
  return text.error().code == ErrorCode::kOutOfMemory ? kResources : kUsage;
}

ExitCode NpuBenchCommand::run() {
  if (!model_.model.empty()) return run_model();
  if (!(time_.clock_ghz > 0) || !(time_.ddr_gb_s > 0)) {
    complain({ErrorCode::kInvalidArgument, "--clock, --ddr", "must be above 0", "leave them out for the usual ones"});
    return kUsage;
  }
  auto cases = chosen_cases(only_, nullptr);
  if (!cases) {
    complain(cases.error());
    return kUsage;
  }
  std::erase_if(*cases, [](const auto& the) { return the.seed != 1; });
  Result<void> printed = json_ ? Result<void>{} : print(bench_heading());
  std::vector<Outcome> outcomes;
  for (const auto& the : *cases) {
    outcomes.push_back(npu::suite::time_case(the, {.time = time_}));
    if (!json_ && printed) printed = print(bench_line(outcomes.back()));
  }
  if (json_) {
    printed = print(Json{{"device", "npu-sim"},
                         {"clock_ghz", time_.clock_ghz},
                         {"ddr_gb_s", time_.ddr_gb_s},
                         {"results", results_json(outcomes)}}
                        .dump(2) +
                    "\n");
  } else if (printed) {
    printed =
        print(fmt::format("simulated: {:.3f} GHz, host memory {:.1f} GB/s; a call is the array and a launch of "
                          "{:.0f} us\n",
                          time_.clock_ghz, time_.ddr_gb_s, npu::kNpu1.host.ordinary_launch_us));
  }
  return code_of(printed, std::ranges::all_of(outcomes, &Outcome::passed) ? kOk : kInputFailed);
}

}  // namespace skald::cli
