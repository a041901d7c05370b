#include "npu/toolchain/sources.h"

#include <set>
#include <sstream>
#include <variant>

#include "base/file.h"

namespace skald::npu {
namespace {

namespace fs = std::filesystem;

void collect(const std::vector<Step>& body, std::set<std::string>& kernels) {
  for (const Step& step : body) {
    if (const auto* call = std::get_if<Call>(&step.action)) kernels.insert(call->kernel);
    if (const auto* loop = std::get_if<Loop>(&step.action)) collect(loop->body, kernels);
    if (const auto* choose = std::get_if<Choose>(&step.action)) {
      for (const auto& phase : choose->phases) collect(phase, kernels);
    }
  }
}

/// Headers of the same folder that a source includes: those without a directory.
std::vector<std::string> included(const std::string& source) {
  constexpr std::string_view kInclude = "#include \"";
  std::vector<std::string> names;
  std::istringstream lines(source);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kInclude)) continue;
    const std::string name = line.substr(kInclude.size(), line.rfind('"') - kInclude.size());
    if (name.find('/') == std::string::npos) names.push_back(name);
  }
  return names;
}

Result<fs::path> source_directory() {
  for (const char* directory : {SKALD_INSTALLED_KERNELS, SKALD_SOURCE_KERNELS}) {
    if (is_there(fs::path(directory) / "kernel.h")) return directory;
  }
  return fail(ErrorCode::kNotFound, SKALD_INSTALLED_KERNELS, "the kernels' sources are not there",
              "install Skald again, or keep the tree that it was built in");
}

}  // namespace

Result<std::vector<std::string>> kernel_sources(const Program& program, const EmitLookups& lookups) {
  std::set<std::string> kernels;
  for (const Core& core : program.cores) collect(core.body, kernels);
  std::set<std::string> sources;
  for (const std::string& kernel : kernels) {
    SKALD_TRY(const KernelCode code, lookups.kernel(kernel));
    sources.insert(code.source);
  }
  return std::vector(sources.begin(), sources.end());
}

Result<void> copy_sources(const std::vector<std::string>& sources, const fs::path& directory) {
  SKALD_TRY(const fs::path from, source_directory());
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return std::unexpected(errno_error(directory.string(), "cannot be made", error.value()));
  std::vector<std::string> waiting = sources;
  std::set<std::string> seen;
  while (!waiting.empty()) {
    const std::string name = waiting.back();
    waiting.pop_back();
    if (!seen.insert(name).second) continue;
    SKALD_TRY(const std::string content, read_file(from / name));
    SKALD_CHECK(write_file(directory / name, content));
    for (std::string& header : included(content)) waiting.push_back(std::move(header));
  }
  return {};
}

}  // namespace skald::npu
