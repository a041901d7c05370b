#include "bench_command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "console.h"
#include "millions.h"

namespace skald::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string name_of(const engine::BenchResult& result) {
  std::string name = result.what;
  if (result.positions > 0) name += fmt::format(", {} positions", result.positions);
  if (result.batch > 1) name += fmt::format(", {} windows", result.batch);
  if (result.beam > 0) name += fmt::format(", {} beams", result.beam);
  if (result.tokens > 0) name += fmt::format(", {} tokens", result.tokens);
  return name;
}

std::string as_text(const engine::BenchReport& report) {
  std::string text =
      fmt::format("{}, {:.1f} M random parameters, {} ({}), {} threads; packed in {:.2f} s\n", report.shape,
                  millions(report.parameters), report.compute_type, report.isa, report.threads, report.load_seconds);
  text += fmt::format("{:<36} {:>10} {:>10} {:>10} {:>10}\n", "", "median ms", "best ms", "CPU ms", "realtime");
  for (const engine::BenchResult& result : report.results) {
    text +=
        fmt::format("{:<36} {:>10.2f} {:>10.2f} {:>10.2f} {:>10}{}\n", name_of(result), result.median_ms,
                    result.best_ms, result.cpu_ms, result.realtime > 0 ? fmt::format("{:.0f} x", result.realtime) : "",
                    result.joules > 0 ? fmt::format("   {:.0f} J an hour of audio", result.joules) : "");
  }
  return text + fmt::format("memory at most {:.0f} MB\n", millions(report.memory));
}

std::string as_json(const engine::BenchReport& report) {
  Json results = Json::array();
  for (const engine::BenchResult& result : report.results) {
    Json one{{"what", result.what}};
    for (const auto& [key, value] : {std::pair{"positions", result.positions},
                                     {"batch", result.batch},
                                     {"beam", result.beam},
                                     {"tokens", result.tokens}}) {
      if (value > 0) one[key] = value;
    }
    one["median_ms"] = result.median_ms;
    one["best_ms"] = result.best_ms;
    one["cpu_ms"] = result.cpu_ms;
    if (result.realtime > 0) one["realtime"] = result.realtime;
    if (result.joules > 0) one["joules_per_audio_hour"] = result.joules;
    results.push_back(std::move(one));
  }
  const Json json{
      {"shape", report.shape},         {"compute_type", report.compute_type}, {"isa", report.isa},
      {"threads", report.threads},     {"parameters", report.parameters},     {"load_seconds", report.load_seconds},
      {"results", std::move(results)}, {"memory_mb", millions(report.memory)}};
  return json.dump(2) + "\n";
}

}  // namespace

BenchCommand::BenchCommand(CLI::App& root)
    : Command(root, "bench", "Measure encoder, decoder and whole windows of a model's shape on this machine") {
  table().add("--shape", options_.shape, "tiny, base, small, medium, large-v3, turbo, ...; weights are random", "NAME",
              "Bench");
  table().add("--compute-type", options_.compute_type, "auto, float32, bfloat16, int8, int4", "TYPE", "Bench");
  table().add("--threads", options_.threads, "CPU threads (0: all cores)", "N", "Bench");
  table().add("--repeats", options_.repeats, "times that everything is measured", "N", "Bench");
  table().add("--decoder-only", decoder_only_, "log-mel and decoder alone, over states of no encoder", "", "Bench");
  table().add("--json", json_, "as JSON", "", "Bench");
}

ExitCode BenchCommand::run() {
  options_.encoder = !decoder_only_;
  const auto report = engine::bench(options_);
  if (!report) {
    complain(report.error());
    return report.error().code == ErrorCode::kOutOfMemory ? kResources : kUsage;
  }
  return show(json_ ? as_json(*report) : as_text(*report));
}

}  // namespace skald::cli
