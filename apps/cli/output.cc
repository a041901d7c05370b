#include "output.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <sstream>
#include <system_error>

#include "console.h"
#include "near_match.h"
#include "skald/output.h"

namespace skald::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFormatOption = "--output-format";
constexpr const char* kDefaultFormats = "txt,srt,vtt,tsv,json";  // openai/whisper's "all"
constexpr const char* kDirectoryOption = "--output-dir";

std::vector<std::string> known_formats() {
  return {output_formats().begin(), output_formats().end()};
}

/// The names in "srt,json" or "all".
Result<std::vector<std::string>> split_formats(const std::string& text) {
  const std::vector<std::string> known = known_formats();
  std::string list;
  for (const std::string& name : known) list += name + " ";
  std::vector<std::string> names;
  std::istringstream stream(text);
  std::string name;
  while (std::getline(stream, name, ',')) {
    if (name == "all") {
      names = known;
      continue;
    }
    if (std::ranges::find(known, name) == known.end()) {
      const std::string near = near_match(name, known);
      return fail(ErrorCode::kInvalidArgument, kFormatOption, "unknown format '" + name + "'",
                  near.empty() ? "use one of " + list + "all" : "did you mean '" + near + "'?");
    }
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  if (names.empty()) {
    return fail(ErrorCode::kInvalidArgument, kFormatOption, "names no format", "use one of " + list + "all");
  }
  return names;
}

/// The reference's name for an input's files: its last component without the extension.
std::string stem_of(const std::string& input) {
  return input == "-" ? "stdin" : fs::path(input).stem().string();
}

Result<void> check_stems(const std::vector<std::string>& inputs) {
  std::map<std::string, std::string> seen;
  for (const std::string& input : inputs) {
    const auto [first, is_new] = seen.emplace(stem_of(input), input);
    if (is_new) continue;
    return fail(ErrorCode::kInvalidArgument, input, "would write the same files as " + first->second,
                "give each a run and an --output-dir of its own, or rename one");
  }
  return {};
}

Result<void> make_directory(const std::string& directory) {
  std::error_code code;
  fs::create_directories(directory, code);
  if (!code && !fs::is_directory(directory, code) && !code) code = std::make_error_code(std::errc::not_a_directory);
  if (!code && ::access(directory.c_str(), W_OK | X_OK) != 0) code = std::error_code(errno, std::generic_category());
  if (!code) return {};
  const bool denied = code == std::errc::permission_denied || code == std::errc::read_only_file_system;
  return fail(denied ? ErrorCode::kPermission : ErrorCode::kIo, std::string(kDirectoryOption) + " " + directory,
              "cannot be written: " + code.message(), "name a directory that you may write");
}

}  // namespace

Result<OutputPlan> OutputPlan::make(const OutputOptions& options, const std::vector<std::string>& inputs) {
  OutputPlan plan;
  plan.shows_segments_ = options.verbose;
  plan.subtitles_ = options.subtitles;
  if (options.format || options.directory) {
    auto formats = split_formats(options.format.value_or(kDefaultFormats));
    if (!formats) return std::unexpected(std::move(formats).error());
    plan.formats_ = std::move(*formats);
  }
  if (!options.directory) {
    if (plan.formats_.size() > 1) {
      return fail(ErrorCode::kInvalidArgument, kFormatOption, "several formats cannot share standard output",
                  "add --output-dir DIR, or choose one format");
    }
    if (!plan.formats_.empty()) plan.shows_segments_ = false;
    return plan;
  }
  plan.directory_ = *options.directory;
  if (plan.directory_.empty()) {
    return fail(ErrorCode::kInvalidArgument, kDirectoryOption, "is empty", "name a directory, '.' for this one");
  }
  if (auto checked = check_stems(inputs); !checked) return std::unexpected(std::move(checked).error());
  if (auto made = make_directory(plan.directory_); !made) return std::unexpected(std::move(made).error());
  return plan;
}

Result<void> OutputPlan::save(const Transcript& transcript, const std::string& input) const {
  if (directory_.empty()) return {};
  for (const std::string& format : formats_) {
    const fs::path path = fs::path(directory_) / (stem_of(input) + "." + std::string(output_extension(format)));
    if (auto saved = skald::save(transcript, format, path.string(), subtitles_); !saved) return saved;
  }
  return {};
}

Result<void> OutputPlan::print(const Transcript& transcript) const {
  if (!directory_.empty() || formats_.empty()) return {};
  auto content = render(transcript, formats_.front(), subtitles_);
  if (!content) return std::unexpected(std::move(content).error());
  return cli::print(*content);
}

}  // namespace skald::cli
