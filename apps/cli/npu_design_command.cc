#include "npu_design_command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "console.h"
#include "millions.h"
#include "npu/program/text.h"
#include "npu/program/verify.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/encoder_search.h"
#include "npu/suite/lookups.h"
#include "npu/suite/predict.h"
#include "option_value.h"

namespace skald::cli {
namespace {

using Json = nlohmann::ordered_json;
using npu::plan::EncoderProblem;
using npu::plan::PlannedOperator;

/// "64,32,96"
Result<npu::MatmulShape> parse_tile(const std::string& text) {
  npu::MatmulShape tile;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%d,%d,%d%c", &tile.m, &tile.k, &tile.n, &rest) != 3) {
    return fail(ErrorCode::kInvalidArgument, "--tile", "'" + text + "' is not three numbers", "write m,k,n: 64,64,64");
  }
  return tile;
}

/// The table of operators, for help.
std::string operator_help() {
  std::string text = "an operator and its sizes";
  for (const npu::plan::Operator& one : npu::plan::operators()) {
    text += fmt::format("\n{} {}: {} [{}]", one.name, one.sizes, one.what, one.types);
  }
  return text;
}

std::string bounds_text(const npu::Prediction& p) {
  const auto share = [&](double cycles) { return 100 * cycles / p.report.cycles; };
  return fmt::format(
      "bounds       compute {:.0f} cycles ({:.0f} %), stream {:.0f} ({:.0f} %), DDR {:.0f} ({:.0f} %), "
      "controller {:.0f} ({:.0f} %): {}\n",
      p.bounds.compute, share(p.bounds.compute), p.bounds.stream, share(p.bounds.stream), p.bounds.ddr,
      share(p.bounds.ddr), p.bounds.controller, share(p.bounds.controller), p.bounds.largest());
}

std::string prediction_text(const PlannedOperator& planned, const npu::Prediction& p, const npu::sim::TimeModel& time) {
  std::string text = fmt::format("array        {:.3f} ms ({:.0f} cycles at {:.3f} GHz), simulated\n", p.array_ms,
                                 p.report.cycles, time.clock_ghz);
  text += fmt::format("launch       {:.3f} ms of the host (assumed)\n", p.launch_ms);
  text += fmt::format("call         {:.3f} ms\n", p.call_ms);
  text += fmt::format("rate         {:.4g} million {}/s in the array\n", p.rate * 1e-6, planned.unit);
  if (p.gops > 0) {
    text += fmt::format("arithmetic   {:.1f} GOPS, {:.1f} % of its peak\n", p.gops, 100 * p.share_of_peak);
  }
  text += bounds_text(p);
  text += fmt::format("traffic      {:.2f} MB read, {:.2f} MB written at {:.1f} GB/s at most; {} transfers\n",
                      millions(p.report.ddr_read_bytes), millions(p.report.ddr_write_bytes), time.ddr_gb_s,
                      p.report.pushes);
  text += fmt::format("multiplies   {} in kernels\n", p.report.macs);
  for (const auto& [name, kernel] : p.report.kernels) {
    text += fmt::format("kernel       {}: {} calls of {:.0f} cycles\n", name, kernel.calls,
                        kernel.cycles / static_cast<double>(kernel.calls));
  }
  return text;
}

/// What each phase costs by itself, and what bounds it; in ms of the array.
std::string phases_text(const std::vector<npu::PhasePrediction>& phases, const npu::sim::TimeModel& time) {
  std::string text = fmt::format("{:<16} {:>5} {:>8} {:>8} {:>8} {:>8} {:>10}  {}\n", "phase, ms", "times", "each",
                                 "compute", "stream", "DDR", "controller", "bound by");
  double all = 0;
  for (const npu::PhasePrediction& phase : phases) {
    const auto ms = [&](double cycles) { return cycles / time.clock_ghz * 1e-6; };
    const npu::Bounds& bounds = phase.bounds;
    text += fmt::format("{:<16} {:>5} {:>8.3f} {:>8.3f} {:>8.3f} {:>8.3f} {:>10.3f}  {}\n", phase.name, phase.times,
                        phase.ms, ms(bounds.compute), ms(bounds.stream), ms(bounds.ddr), ms(bounds.controller),
                        bounds.largest());
    all += phase.ms * static_cast<double>(phase.times);
  }
  return text + fmt::format("{:<16} {:>5} {:>8.3f}  one after the other\n", "all", "", all);
}

Json prediction_json(const PlannedOperator& planned, const npu::Prediction& p, const npu::sim::TimeModel& time) {
  Json kernels = Json::object();
  for (const auto& [name, kernel] : p.report.kernels) {
    kernels[name] = {{"calls", kernel.calls}, {"cycles", kernel.cycles}};
  }
  return {{"device", "npu-sim"},
          {"clock_ghz", time.clock_ghz},
          {"ddr_gb_s", time.ddr_gb_s},
          {"array_cycles", p.report.cycles},
          {"array_ms", p.array_ms},
          {"launch_ms", p.launch_ms},
          {"call_ms", p.call_ms},
          {"unit", planned.unit},
          {"rate", p.rate},
          {"gflops", p.gops > 0 ? Json(p.gops) : Json()},
          {"share_of_peak", p.gops > 0 ? Json(p.share_of_peak) : Json()},
          {"bound", p.bounds.largest()},
          {"bound_cycles",
           {{"compute", p.bounds.compute},
            {"stream", p.bounds.stream},
            {"ddr", p.bounds.ddr},
            {"controller", p.bounds.controller}}},
          {"ddr_read_bytes", p.report.ddr_read_bytes},
          {"ddr_write_bytes", p.report.ddr_write_bytes},
          {"transfers", p.report.pushes},
          {"macs", p.report.macs},
          {"kernels", std::move(kernels)}};
}

}  // namespace

NpuDesignCommand::NpuDesignCommand(CLI::App& npu, const std::string& name, const std::string& description)
    : Command(npu, name, description), name_("npu " + name) {
  app().add_option("OPERATOR", words_, operator_help());
  table().add("--type", request_.type, "of the numbers; auto: the first one of the operator's", "TYPE", "Operator");
  table().add("--finish", request_.finish,
              "matmul, conv: what follows the sums: none, requantise (i8), bias (bf16), gelu; auto: as the type has it",
              "NAME", "Operator");
  table().add("--causal", request_.causal, "attention: a query sees the keys up to its own", "", "Operator");
  table().add("--tile", tile_,
              "matmul, conv: m,k,n of a core's tile (none: 64,64,128 for i8, 64,64,64 for i16, 64,32,128 for bf16)",
              "M,K,N", "Array");
  table().add("--rows", request_.spread.rows, "rows of cores: 1 to 4", "N", "Array");
  table().add("--columns", request_.spread.columns, "columns of cores: 1, 2, 4", "N", "Array");
}

Result<npu::plan::PlannedOperator> NpuDesignCommand::plan() {
  if (words_.empty()) {
    return fail(ErrorCode::kInvalidArgument, name_, "takes an operator and its sizes",
                "skald " + name_ + " matmul 1500 512 2048");
  }
  npu::plan::OperatorRequest request = request_;
  request.name = words_.front();
  for (size_t i = 1; i < words_.size(); ++i) {
    int size = 0;
    if (auto parsed = parse_value(words_[i], size); !parsed) {
      Error error = std::move(parsed).error();
      error.where = words_[i];
      return std::unexpected(std::move(error));
    }
    request.sizes.push_back(size);
  }
  if (!tile_.empty()) {
    SKALD_TRY(request.tile, parse_tile(tile_));
  }
  const auto searched = [this](const EncoderProblem& problem) -> Result<EncoderProblem> {
    SKALD_TRY(search_, npu::search_encoder(problem, npu::planned_time()));
    return search_->problem;
  };
  SKALD_TRY(PlannedOperator planned, npu::plan::plan_operator(request, std::string(npu::kNpu1.name), searched));
  SKALD_CHECK(npu::verified(planned.program, npu::catalogue_lookup()));
  return planned;
}

ExitCode NpuDesignCommand::run() {
  const auto planned = plan();
  if (!planned) {
    complain(planned.error());
    return kUsage;
  }
  const auto text = answer(*planned);
  if (!text) {
    complain(text.error());
    return text.error().code == ErrorCode::kIo ? kOutputFailed : kUsage;
  }
  return show(*text);
}

NpuPlanCommand::NpuPlanCommand(CLI::App& npu)
    : NpuDesignCommand(npu, "plan", "Lay an operator on the array and print the Program") {
  table().add("--explain", explain_, "print what bounds its time instead", "", "Output");
}

Result<std::string> NpuPlanCommand::answer(const PlannedOperator& planned) {
  if (!explain_) return npu::print(planned.program);
  const npu::sim::TimeModel time = search() != nullptr ? npu::planned_time() : npu::sim::TimeModel{};
  SKALD_TRY(const npu::Prediction prediction, npu::predict(planned, time));
  std::string text = fmt::format("program      {}, {}\npadded       {}\n", planned.program.name,
                                 npu::hash_text(planned.program), planned.layout) +
                     prediction_text(planned, prediction, time);
  if (const npu::EncoderSearch* found = search()) {
    text += phases_text(found->phases, time) + npu::explain_search(*found, time);
  }
  return text;
}

NpuSimulateCommand::NpuSimulateCommand(CLI::App& npu)
    : NpuDesignCommand(npu, "simulate", "Predict an operator's time on the array") {
  table().add("--json", json_, "as JSON", "", "Output");
  table().add("--trace", trace_, "write the timeline for a trace viewer (Chrome trace JSON) there", "FILE", "Output");
  table().add("--clock", time_.clock_ghz, "of the array, GHz", "GHZ", "Assumptions");
  table().add("--ddr", time_.ddr_gb_s, "of host memory, reads and writes together, GB/s", "GB/S", "Assumptions");
}

Result<std::string> NpuSimulateCommand::answer(const PlannedOperator& planned) {
  if (!(time_.clock_ghz > 0) || !(time_.ddr_gb_s > 0)) {
    return fail(ErrorCode::kInvalidArgument, "--clock, --ddr", "must be above 0", "leave them out for the usual ones");
  }
  SKALD_TRY(const npu::Prediction prediction, npu::predict(planned, time_));
  if (!trace_.empty()) {
    SKALD_TRY(const auto simulation, npu::sim::Simulation::load(planned.program, npu::sim::catalogue_kernels(),
                                                                {.values = false, .timeline = true, .time = time_}));
    SKALD_TRY(const npu::sim::Report report, simulation->launch({}));
    SKALD_CHECK(write_file(trace_, npu::sim::to_chrome_trace(report)));
  }
  if (json_) return prediction_json(planned, prediction, time_).dump(2) + "\n";
  return prediction_text(planned, prediction, time_);
}

NpuEmitCommand::NpuEmitCommand(CLI::App& npu)
    : NpuDesignCommand(npu, "emit", "Print an operator's Program as MLIR-AIE text for the toolchain") {}

Result<std::string> NpuEmitCommand::answer(const PlannedOperator& planned) {
  return npu::emit(planned.program, npu::catalogue_code());
}

}  // namespace skald::cli
