#include "transcribe_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "console.h"
#include "forecast_text.h"
#include "interrupt.h"
#include "models_transfer.h"

namespace skald::cli {
namespace {

std::string describe(const ModelInfo& info) {
  return fmt::format("model {} on {} ({}), {}, {} {}, loaded in {:.2f} s", info.name, info.device, info.isa,
                     info.compute_type, info.threads, info.threads == 1 ? "thread" : "threads", info.load_seconds);
}

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

void TranscribeCommand::say(const std::string& line) const {
  if (!quiet_) tell(line);
}

Result<void> TranscribeCommand::check_usage() const {
  if (inputs_.empty()) {
    return fail(ErrorCode::kInvalidArgument, "transcribe", "no recording is named",
                "skald transcribe FILE, or - for standard input");
  }
  if (std::ranges::count(inputs_, "-") > 1) {
    return fail(ErrorCode::kInvalidArgument, "-", "standard input can be read only once", "name it once");
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
  Progress progress(!quiet_);
  return run_files(*engine, *plan, progress);
}

ExitCode TranscribeCommand::run_files(Engine& engine, const OutputPlan& plan, Progress& progress) {
  ExitCode worst = kOk;
  for (const std::string& input : inputs_) {
    const ExitCode code = run_file(engine, plan, progress, input);
    if (code == kOutputFailed || code == kInterrupted || code == kPipeClosed) return code;
    worst = std::max(worst, code);
  }
  return worst;
}

void TranscribeCommand::tell_model(const ModelInfo& info) const {
  say(describe(info));
  if (fp16_) say("float16 is not there: computing in float32");
  const std::string language = options_.language.value_or("en");
  if (!info.multilingual && language != "en" && language != "English" && language != "english") {
    say(fmt::format("{} is an English-only model: hearing English, not {}", info.name, language));
  }
}

Callbacks TranscribeCommand::callbacks(const Engine& engine, const OutputPlan& plan, Progress& progress) {
  Callbacks callbacks;
  callbacks.on_language = [this, &engine](const std::string& code, double probability) {
    if (!std::exchange(model_told_, true)) tell_model(engine.info());
    if (!options_.language && engine.info().multilingual) {
      say(fmt::format("language {} ({:.0f} %)", code, 100 * probability));
    }
  };
  callbacks.on_segment = [this, &plan, &progress](const Segment& segment) {
    // What is empty is in no output file either.
    if (!plan.shows_segments() || segment.text.empty() || print_error_) return;
    progress.clear();
    if (auto printed = print(segment_line(segment) + "\n"); !printed) {
      print_error_ = std::move(printed).error();
      stop_flag().store(true);
    }
  };
  callbacks.on_progress = [&progress](double done, double total) { progress.update(done, total); };
  callbacks.cancel = &stop_flag();
  return callbacks;
}

ExitCode TranscribeCommand::run_file(Engine& engine, const OutputPlan& plan, Progress& progress,
                                     const std::string& input) {
  if (inputs_.size() > 1 && plan.shows_segments()) say(input + ":");
  progress.start();
  const auto transcript = engine.transcribe(input, options_, callbacks(engine, plan, progress));
  progress.clear();
  if (!transcript) {
    complain(transcript.error());
    const ErrorCode code = transcript.error().code;
    return code == ErrorCode::kOutOfMemory || code == ErrorCode::kInternal ? kResources : kInputFailed;
  }
  return finish(*transcript, plan, input);
}

/// What is unusual about where it ran.
void TranscribeCommand::tell_devices(const Transcript& transcript) const {
  for (const DeviceReport& device : transcript.devices) {
    if (!device.note.empty()) say(fmt::format("{}: {}, {}", device.stage, device.device, device.note));
    if (device.npu && output_.verbose) say(forecast_text(*device.npu));
  }
}

ExitCode TranscribeCommand::finish(const Transcript& transcript, const OutputPlan& plan,
                                   const std::string& input) const {
  std::optional<Error> failed = print_error_;
  if (auto delivered = plan.deliver(transcript, input); !delivered && !failed) failed = std::move(delivered).error();
  if (failed) return output_failed(*failed);
  if (transcript.complete) {
    say(fmt::format("{}: {:.1f} s of audio in {:.1f} s", input, transcript.duration, transcript.timings.total));
    if (transcript.coverage) {
      const Coverage& coverage = *transcript.coverage;
      say(fmt::format("{}: {}; {:.1f} s of speech with text, {:.1f} s without, {:.1f} s of silence", input,
                      transcript.long_form, coverage.speech_with_text, coverage.speech_without_text, coverage.silence));
    }
    tell_devices(transcript);
    return kOk;
  }
  const double heard = transcript.segments.empty() ? 0 : transcript.segments.back().end;
  if (interrupted()) {
    complain({ErrorCode::kCancelled, input, fmt::format("interrupted; the text up to {:.1f} s is kept", heard), {}});
    return kInterrupted;
  }
  Error error = transcript.error.value_or(Error{});
  if (error.where.empty()) error.where = input;
  error.message += fmt::format("; the text up to {:.1f} s is kept", heard);
  complain(error);
  return kInputFailed;
}

}  // namespace skald::cli
