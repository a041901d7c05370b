#include "npu_design_command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "console.h"
#include "npu/program/text.h"
#include "npu/program/verify.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/suite/lookups.h"
#include "npu/suite/predict.h"
#include "option_value.h"

namespace skald::cli {
namespace {

using Json = nlohmann::ordered_json;
using npu::Element;
using npu::MatmulShape;
using npu::plan::Finish;
using npu::plan::MatmulTiling;

/// The tile that does best on the larger products of a Whisper encoder.
MatmulShape usual_tile(Element type) {
  if (type == Element::kI16) return {64, 64, 64};
  return type == Element::kI8 ? MatmulShape{64, 64, 128} : MatmulShape{64, 32, 128};
}

/// "64,32,96"
Result<MatmulShape> parse_tile(const std::string& text) {
  MatmulShape tile;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%d,%d,%d%c", &tile.m, &tile.k, &tile.n, &rest) != 3) {
    return fail(ErrorCode::kInvalidArgument, "--tile", "'" + text + "' is not three numbers", "write m,k,n: 64,64,64");
  }
  return tile;
}

Result<npu::Program> legal_program(const npu::plan::MatmulProblem& problem, const MatmulTiling& tiling) {
  SKALD_TRY(npu::Program program, npu::plan::plan_matmul(problem, tiling, "npu1"));
  SKALD_CHECK(npu::verified(program, npu::catalogue_lookup()));
  return program;
}

std::string bounds_text(const npu::Prediction& p) {
  const auto share = [&](double cycles) { return 100 * cycles / p.report.cycles; };
  return fmt::format(
      "bounds       compute {:.0f} cycles ({:.0f} %), stream {:.0f} ({:.0f} %), DDR {:.0f} ({:.0f} %), controller "
      "{:.0f} "
      "({:.0f} %): {}\n",
      p.bounds.compute, share(p.bounds.compute), p.bounds.stream, share(p.bounds.stream), p.bounds.ddr,
      share(p.bounds.ddr), p.bounds.controller, share(p.bounds.controller), p.bounds.largest());
}

std::string prediction_text(const npu::Prediction& p, const npu::sim::TimeModel& time) {
  std::string text = fmt::format("array        {:.3f} ms ({:.0f} cycles at {:.3f} GHz), simulated\n", p.array_ms,
                                 p.report.cycles, time.clock_ghz);
  text += fmt::format("launch       {:.3f} ms of the host (assumed)\n", p.launch_ms);
  text += fmt::format("call         {:.3f} ms\n", p.call_ms);
  text += fmt::format("rate         {:.1f} GOPS in the array, {:.1f} % of its peak\n", p.gops, 100 * p.share_of_peak);
  text += bounds_text(p);
  text += fmt::format("traffic      {:.2f} MB read, {:.2f} MB written at {:.1f} GB/s at most; {} transfers\n",
                      static_cast<double>(p.report.ddr_read_bytes) * 1e-6,
                      static_cast<double>(p.report.ddr_write_bytes) * 1e-6, time.ddr_gb_s, p.report.pushes);
  text += fmt::format("multiplies   {} in kernels\n", p.report.macs);
  for (const auto& [name, kernel] : p.report.kernels) {
    text += fmt::format("kernel       {}: {} calls of {:.0f} cycles\n", name, kernel.calls,
                        kernel.cycles / static_cast<double>(kernel.calls));
  }
  return text;
}

Json prediction_json(const npu::Prediction& p, const npu::sim::TimeModel& time) {
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
          {"gflops", p.gops},
          {"share_of_peak", p.share_of_peak},
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
  app().add_option("OPERATOR", words_, "matmul M K N: C (M, N) = A (M, K) B (K, N)");
  table().add("--type", type_, "of A and B: i8, i8xi4 (B in four bits), i16, bf16", "TYPE", "Operator");
  table().add("--finish", finish_,
              "what follows the sums: none, requantise (i8), bias (bf16); auto: as the type has it", "NAME",
              "Operator");
  table().add("--tile", tile_, "m,k,n of a core's tile (none: 64,64,128 for i8, 64,64,64 for i16, 64,32,128 for bf16)",
              "M,K,N", "Array");
  table().add("--columns", columns_, "columns of four cores: 1, 2, 4", "N", "Array");
}

Result<NpuDesignCommand::Design> NpuDesignCommand::read() const {
  if (words_.size() != 4 || words_[0] != "matmul") {
    return fail(ErrorCode::kInvalidArgument, name_, "takes an operator and its sizes",
                "skald " + name_ + " matmul 1500 512 2048");
  }
  Design design;
  int64_t* const sizes[] = {&design.problem.m, &design.problem.k, &design.problem.n};
  for (size_t i = 0; i < 3; ++i) {
    int size = 0;
    if (auto parsed = parse_value(words_[i + 1], size); !parsed) {
      Error error = std::move(parsed).error();
      error.where = words_[i + 1];
      return std::unexpected(std::move(error));
    }
    *sizes[i] = size;
  }
  const bool is_i8 = type_ == "i8" || type_ == "i8xi4";
  if (!is_i8 && type_ != "i16" && type_ != "bf16") {
    return fail(ErrorCode::kInvalidArgument, "--type", "'" + type_ + "' is no type of a product",
                "use i8, i8xi4, i16 or bf16");
  }
  design.problem.weights_i4 = type_ == "i8xi4";
  design.problem.type = is_i8 ? Element::kI8 : type_ == "i16" ? Element::kI16 : Element::kBf16;
  const std::string usual = is_i8 ? "requantise" : type_ == "i16" ? "none" : "bias";
  if (finish_ != "auto" && finish_ != "none" && finish_ != usual) {
    return fail(ErrorCode::kInvalidArgument, "--finish", "'" + finish_ + "' does not follow a product of " + type_,
                "use none or " + usual);
  }
  if (finish_ != "none" && usual != "none") design.problem.finish = is_i8 ? Finish::kRequantise : Finish::kBias;
  design.problem.down = 5;  // where 512 products of int8 fit into int16; time does not depend on them
  design.problem.shift = 14;
  design.tiling = {.tile = usual_tile(design.problem.type), .rows = 4, .columns = columns_};
  if (!tile_.empty()) {
    SKALD_TRY(design.tiling.tile, parse_tile(tile_));
  }
  return design;
}

ExitCode NpuDesignCommand::run() {
  const auto design = read();
  if (!design) {
    complain(design.error());
    return kUsage;
  }
  const auto text = answer(*design);
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

Result<std::string> NpuPlanCommand::answer(const Design& design) {
  SKALD_TRY(const npu::Program program, legal_program(design.problem, design.tiling));
  if (!explain_) return npu::print(program);
  const npu::sim::TimeModel time;
  SKALD_TRY(const npu::Prediction prediction, npu::predict_matmul(design.problem, design.tiling, time));
  SKALD_TRY(const auto layout, npu::plan::matmul_layout(design.problem, design.tiling));
  return fmt::format(
             "program      {}, {}\npadded       {} x {} x {}; {} blocks of rows, {} of columns, {} tiles deep\n",
             program.name, npu::hash_text(program), layout.m, layout.k, layout.n, layout.row_blocks,
             layout.column_blocks, layout.depth) +
         prediction_text(prediction, time);
}

NpuSimulateCommand::NpuSimulateCommand(CLI::App& npu)
    : NpuDesignCommand(npu, "simulate", "Predict an operator's time on the array") {
  table().add("--json", json_, "as JSON", "", "Output");
  table().add("--trace", trace_, "write the timeline for a trace viewer (Chrome trace JSON) there", "FILE", "Output");
  table().add("--clock", time_.clock_ghz, "of the array, GHz", "GHZ", "Assumptions");
  table().add("--ddr", time_.ddr_gb_s, "of host memory, reads and writes together, GB/s", "GB/S", "Assumptions");
}

Result<std::string> NpuSimulateCommand::answer(const Design& design) {
  if (!(time_.clock_ghz > 0) || !(time_.ddr_gb_s > 0)) {
    return fail(ErrorCode::kInvalidArgument, "--clock, --ddr", "must be above 0", "leave them out for the usual ones");
  }
  SKALD_TRY(const npu::Program program, legal_program(design.problem, design.tiling));
  SKALD_TRY(const npu::Prediction prediction, npu::predict_matmul(design.problem, design.tiling, time_));
  if (!trace_.empty()) {
    SKALD_TRY(const auto simulation, npu::sim::Simulation::load(program, npu::sim::catalogue_kernels(),
                                                                {.values = false, .timeline = true, .time = time_}));
    SKALD_TRY(const npu::sim::Report report, simulation->launch({}));
    SKALD_CHECK(write_file(trace_, npu::sim::to_chrome_trace(report)));
  }
  if (json_) return prediction_json(prediction, time_).dump(2) + "\n";
  return prediction_text(prediction, time_);
}

NpuEmitCommand::NpuEmitCommand(CLI::App& npu)
    : NpuDesignCommand(npu, "emit", "Print an operator's Program as MLIR-AIE text for the toolchain") {}

Result<std::string> NpuEmitCommand::answer(const Design& design) {
  SKALD_TRY(const npu::Program program, legal_program(design.problem, design.tiling));
  return npu::emit(program, npu::catalogue_code());
}

}  // namespace skald::cli
