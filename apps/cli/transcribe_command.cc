#include "transcribe_command.h"

#include <algorithm>
#include <utility>

#include "console.h"
#include "file_runs.h"
#include "models_transfer.h"

namespace skald::cli {
namespace {

// A step of the decoder costs little more for a few windows than for one (docs/PERFORMANCE.md); each recording holds
// memory of its own.
constexpr int kAtOnce = 4;

}  // namespace

TranscribeCommand::TranscribeCommand(CLI::App& root)
    : Command(root, "transcribe", "Turn recordings into text, subtitles or JSON") {
  app().add_option("FILE", inputs_, "recordings: anything FFmpeg reads; - for standard input");
  table().add_fields(load_, "Model");
  table().add_fields(options_, "Decoding");
  table().add("-o,--output-dir", output_.directory, "write files there (without: nothing is written to files)", "DIR",
              "Output");
  table().add("-f,--output-format", output_.format,
              "txt, srt, vtt, tsv, json, lrc, csv, json-full, several with commas, or all; with --output-dir the "
              "default is the first "
              "five, as in openai-whisper, without it the one format goes to standard output",
              "FORMAT", "Output");
  table().add("--max-line-width", output_.subtitles.max_line_width,
              "with word timestamps: characters of a subtitle's line", "N", "Output");
  table().add("--max-line-count", output_.subtitles.max_line_count, "with --max-line-width: lines of a subtitle", "N",
              "Output");
  table().add("--max-words-per-line", output_.subtitles.max_words_per_line, "with word timestamps: words of a subtitle",
              "N", "Output");
  table().add("--highlight-words", output_.subtitles.highlight_words,
              "with word timestamps: underline each word of a subtitle as it is said", "", "Output");
  table().add("--verbose", output_.verbose, "show segments as they are found", "", "Output");
  table().add("--files-at-once", files_at_once_,
              "recordings transcribed at the same time, told in their order; their windows are decoded together "
              "(4; with an NPU 1)",
              "N", "Output");
  table().add("-q,--quiet", quiet_, "nothing on standard error but errors", "", "Output");
  table().add("--fp16", fp16_, "accepted for the sake of scripts: see --compute-type", "", "Output");
}

ExitCode TranscribeCommand::usage(Error error) {
  // The library names fields; here they are options.
  const std::string option = "--" + hyphenated(error.where);
  if (std::ranges::find(table().names(), option) != table().names().end()) error.where = option;
  complain(error);
  return kUsage;
}

Result<void> TranscribeCommand::check_usage() const {
  if (inputs_.empty()) {
    return fail(ErrorCode::kInvalidArgument, "transcribe", "no recording is named",
                "skald transcribe FILE, or - for standard input");
  }
  if (std::ranges::count(inputs_, "-") > 1) {
    return fail(ErrorCode::kInvalidArgument, "-", "standard input can be read only once", "name it once");
  }
  if (files_at_once_ && *files_at_once_ < 1) {
    return fail(ErrorCode::kInvalidArgument, "files-at-once", std::to_string(*files_at_once_) + " is too small",
                "give at least 1");
  }
  if (auto checked = validate(load_); !checked) return checked;
  if (auto checked = validate(options_); !checked) return checked;
  return check_subtitles();
}

Result<void> TranscribeCommand::check_subtitles() const {
  const SubtitleOptions& subtitles = output_.subtitles;
  const auto limit = [](const char* option, const std::optional<int>& value) -> Result<void> {
    if (!value || *value >= 1) return {};
    return fail(ErrorCode::kInvalidArgument, option, std::to_string(*value) + " is too small", "give at least 1");
  };
  if (auto checked = limit("max-line-width", subtitles.max_line_width); !checked) return checked;
  if (auto checked = limit("max-line-count", subtitles.max_line_count); !checked) return checked;
  if (auto checked = limit("max-words-per-line", subtitles.max_words_per_line); !checked) return checked;
  if (options_.word_timestamps) return {};
  const char* asked = subtitles.max_line_width       ? "max-line-width"
                      : subtitles.max_line_count     ? "max-line-count"
                      : subtitles.max_words_per_line ? "max-words-per-line"
                      : subtitles.highlight_words    ? "highlight-words"
                                                     : nullptr;
  if (asked == nullptr) return {};
  return fail(ErrorCode::kInvalidArgument, asked, "is about words, and none are looked for", "add --word-timestamps");
}

ExitCode TranscribeCommand::run() {
  if (auto checked = check_usage(); !checked) return usage(std::move(checked).error());
  const auto plan = OutputPlan::make(output_, inputs_);
  if (!plan) {
    if (plan.error().code == ErrorCode::kInvalidArgument) return usage(plan.error());
    complain(plan.error());
    return kOutputFailed;
  }
  auto engine = Engine::load(load_);
  if (!engine && engine.error().code == ErrorCode::kNotFound && offer_download(load_.model)) {
    engine = Engine::load(load_);
  }
  if (!engine) {
    if (engine.error().where == "SKALD_CPU") return usage(std::move(engine).error());
    complain(engine.error());
    return exit_code_of_load(engine.error().code);
  }
  if (auto checked = engine->check(options_); !checked) return usage(std::move(checked).error());
  // A report of a simulated device is about one recording.
  const int at_once = files_at_once_.value_or(engine->info().device == "cpu" ? kAtOnce : 1);
  const RunSettings settings{.at_once = at_once, .quiet = quiet_, .verbose = output_.verbose, .asked_fp16 = fp16_};
  return FileRuns(*engine, *plan, options_, settings, inputs_).run();
}

}  // namespace skald::cli
