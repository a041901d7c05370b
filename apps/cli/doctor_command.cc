#include "doctor_command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "console.h"
#include "engine/system_report.h"
#include "millions.h"
#include "skald/version.h"

namespace skald::cli {
namespace {

using engine::SystemReport;
using Json = nlohmann::ordered_json;

constexpr double kGibibyte = 1024.0 * 1024.0 * 1024.0;

std::string feature_names(const CpuFeatures& f) {
  std::string names;
  const auto add = [&](bool there, const char* name) {
    if (there) names += (names.empty() ? "" : " ") + std::string(name);
  };
  add(f.avx2, "avx2");
  add(f.avx_vnni, "avx-vnni");
  add(f.avx512, "avx512");
  add(f.avx512_vnni, "avx512-vnni");
  add(f.avx512_bf16, "avx512-bf16");
  add(f.amx_int8, "amx-int8");
  return names.empty() ? "none beyond x86-64" : names;
}

std::string isa_names(const std::vector<Isa>& isas) {
  std::string names;
  for (const Isa isa : isas) names += (names.empty() ? "" : " ") + std::string(to_string(isa));
  return names;
}

std::string kernel_text(const SystemReport& r) {
  std::string text = "kernels      operation        runs     written for\n";
  for (const engine::KernelUse& use : r.kernels) {
    text +=
        fmt::format("             {:<16} {:<8} {}\n", use.operation, to_string(use.chosen), isa_names(use.available));
  }
  return text;
}

std::string model_text(const SystemReport& r) {
  std::string text;
  for (const engine::ModelReport& model : r.models) {
    const std::string state =
        model.problem.empty() ? fmt::format("{:.1f} M parameters", millions(model.parameters)) : "cannot be opened";
    text += fmt::format("{:<12} {:<24} {}  {}\n", text.empty() ? "models" : "", model.name, state, model.path);
  }
  if (text.empty()) text = "models       none\n";
  for (size_t i = 0; i < r.model_directories.size(); ++i) {
    text += fmt::format("{:<12} {}\n", i == 0 ? "looked in" : "", r.model_directories[i]);
  }
  return text;
}

std::string format_text(const SystemReport& r) {
  std::string readable;
  for (const engine::FormatReport& format : r.formats) {
    if (format.readable) readable += (readable.empty() ? "" : "; ") + format.name;
  }
  return fmt::format("FFmpeg       {}\nreads        {}\n", fmt::join(r.ffmpeg, ", "), readable);
}

std::string problem_text(const SystemReport& r) {
  if (r.problems.empty()) return "problems     none\n";
  std::string text;
  for (const engine::Problem& problem : r.problems) {
    text += fmt::format("{:<12} {}\n             fix: {}\n", text.empty() ? "problems" : "", problem.what, problem.fix);
  }
  return text;
}

std::string as_text(const SystemReport& r, bool with_kernels) {
  std::string text = fmt::format("skald        {}\n", version());
  text += fmt::format("processor    {}\n", r.cpu);
  text += fmt::format("features     {}\n", feature_names(r.features));
  text += fmt::format(
      "runs on      {}{}\n", to_string(r.chosen),
      r.forced.empty() ? "" : fmt::format(" (SKALD_CPU={}; the best here is {})", r.forced, to_string(r.best)));
  text += fmt::format("threads      {}\n", r.threads);
  text += fmt::format("memory       {:.1f} GiB, {:.1f} GiB free\n", static_cast<double>(r.memory_total) / kGibibyte,
                      static_cast<double>(r.memory_available) / kGibibyte);
  text += fmt::format("NPU          {}\n", r.npu);
  if (with_kernels) text += kernel_text(r);
  return text + model_text(r) + format_text(r) + problem_text(r);
}

Json kernels_json(const SystemReport& r) {
  Json kernels = Json::array();
  for (const engine::KernelUse& use : r.kernels) {
    Json available = Json::array();
    for (const Isa isa : use.available) available.push_back(to_string(isa));
    kernels.push_back({{"operation", use.operation}, {"runs", to_string(use.chosen)}, {"written_for", available}});
  }
  return kernels;
}

std::string as_json(const SystemReport& r) {
  Json json = {{"version", version()},
               {"processor", r.cpu},
               {"features",
                {{"avx2", r.features.avx2},
                 {"avx_vnni", r.features.avx_vnni},
                 {"avx512", r.features.avx512},
                 {"avx512_vnni", r.features.avx512_vnni},
                 {"avx512_bf16", r.features.avx512_bf16},
                 {"amx_int8", r.features.amx_int8}}},
               {"isa", to_string(r.chosen)},
               {"best_isa", to_string(r.best)},
               {"threads", r.threads},
               {"memory_total", r.memory_total},
               {"memory_available", r.memory_available},
               {"npu", r.npu},
               {"kernels", kernels_json(r)},
               {"models", Json::array()},
               {"model_directories", r.model_directories},
               {"ffmpeg", r.ffmpeg},
               {"formats", Json::object()},
               {"problems", Json::array()}};
  if (!r.forced.empty()) json["skald_cpu"] = r.forced;
  for (const engine::ModelReport& model : r.models) {
    json["models"].push_back(
        {{"name", model.name}, {"path", model.path}, {"parameters", model.parameters}, {"problem", model.problem}});
  }
  for (const engine::FormatReport& format : r.formats) json["formats"][format.name] = format.readable;
  for (const engine::Problem& problem : r.problems) {
    json["problems"].push_back({{"what", problem.what}, {"fix", problem.fix}});
  }
  // Paths need not be UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

DoctorCommand::DoctorCommand(CLI::App& root)
    : Command(root, "doctor", "Show what this machine has, which kernels run, and what is missing") {
  table().add("--kernels", kernels_, "the kernel table too", "", "Doctor");
  table().add("--json", json_, "as JSON", "", "Doctor");
}

ExitCode DoctorCommand::run() {
  const SystemReport report = engine::inspect_system();
  if (auto printed = print(json_ ? as_json(report) : as_text(report, kernels_)); !printed) {
    if (is_closed_pipe(printed.error())) return kPipeClosed;
    complain(printed.error());
    return kOutputFailed;
  }
  return report.problems.empty() ? kOk : kInputFailed;
}

}  // namespace skald::cli
