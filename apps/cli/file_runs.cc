#include "file_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "console.h"
#include "forecast_text.h"
#include "interrupt.h"

namespace skald::cli {
namespace {

std::string describe(const ModelInfo& info) {
  return fmt::format("model {} on {} ({}), {}, {} {}, loaded in {:.2f} s", info.name, info.device, info.isa,
                     info.compute_type, info.threads, info.threads == 1 ? "thread" : "threads", info.load_seconds);
}

}  // namespace

FileRuns::FileRuns(Engine& engine, const OutputPlan& plan, const TranscribeOptions& options,
                   const RunSettings& settings, const std::vector<std::string>& inputs)
    : engine_(engine), plan_(plan), options_(options), settings_(settings), order_(inputs.size()) {
  for (const std::string& input : inputs)
    recordings_.push_back({.input = input, .progress = Progress(!settings.quiet)});
}

ExitCode FileRuns::run() {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const size_t workers = std::min(static_cast<size_t>(settings_.at_once), recordings_.size());
  std::vector<std::future<void>> others;
  for (size_t i = 1; i < workers; ++i) others.push_back(std::async(std::launch::async, [this] { work(); }));
  work();
  for (std::future<void>& other : others) other.get();
  if (code_ == kOk && recordings_.size() > 1) tell_all(std::chrono::duration<double>(Clock::now() - begin).count());
  return code_;
}

/// Takes recordings until there are none. Those that are not begun end too: others wait for their turn.
void FileRuns::work() {
  for (size_t index = next_++; index < recordings_.size(); index = next_++) {
    if (!stopped_) transcribe(index);
    order_.end(index);
  }
}

void FileRuns::transcribe(size_t index) {
  Recording& recording = recordings_[index];
  if (recordings_.size() > 1 && plan_.shows_segments()) order_.run(index, [&] { tell_begin(recording); });
  recording.progress = Progress(!settings_.quiet);
  auto transcript = engine_.transcribe(recording.input, options_, callbacks(index));
  if (!transcript) {
    order_.run(index, [this, &recording, error = std::move(transcript).error()] {
      recording.progress.clear();
      complain(error);
      const bool resources = error.code == ErrorCode::kOutOfMemory || error.code == ErrorCode::kInternal;
      code_ = std::max(code_, resources ? kResources : kInputFailed);
    });
    return;
  }
  std::optional<Error> failed;
  // Files are not kept waiting: they are what a run that is killed leaves. Where nothing was heard, older ones stay.
  if (transcript->complete || !transcript->segments.empty()) {
    if (auto saved = plan_.save(*transcript, recording.input); !saved) failed = std::move(saved).error();
  }
  if (failed || interrupted()) stop();
  order_.run(index, [this, &recording, done = std::move(*transcript), failed = std::move(failed)] {
    recording.progress.clear();
    tell_end(recording, done, failed);
  });
}

void FileRuns::stop() {
  stopped_ = true;
  stop_flag().store(true);
}

Callbacks FileRuns::callbacks(size_t index) {
  Recording& recording = recordings_[index];
  Callbacks callbacks;
  callbacks.on_language = [this, index](const std::string& code, double probability) {
    order_.run(index, [this, code, probability] {
      if (!std::exchange(model_told_, true)) tell_model();
      if (options_.language || !engine_.info().multilingual) return;
      say(fmt::format("language {} ({:.0f} %)", code, 100 * probability));
    });
  };
  callbacks.on_segment = [this, index, &recording](const Segment& segment) {
    // What is empty is in no output file either.
    if (!plan_.shows_segments() || segment.text.empty()) return;
    order_.run(index, [this, &recording, line = segment_line(segment) + "\n"] { show_segment(recording, line); });
  };
  callbacks.on_progress = [this, index, &recording](double done, double total) {
    order_.run_if_first(index, [&] { recording.progress.update(done, total); });
  };
  callbacks.cancel = &stop_flag();
  return callbacks;
}

void FileRuns::show_segment(Recording& recording, const std::string& line) {
  if (print_error_) return;
  recording.progress.clear();
  if (auto printed = print(line); !printed) {
    print_error_ = std::move(printed).error();
    stop();
  }
}

void FileRuns::say(const std::string& line) const {
  if (!settings_.quiet) tell(line);
}

void FileRuns::tell_begin(const Recording& recording) const {
  if (!output_failed_) say(recording.input + ":");
}

void FileRuns::tell_model() {
  const ModelInfo& info = engine_.info();
  say(describe(info));
  if (settings_.asked_fp16) say("float16 is not there: computing in float32");
  const std::string language = options_.language.value_or("en");
  if (!info.multilingual && language != "en" && language != "English" && language != "english") {
    say(fmt::format("{} is an English-only model: hearing English, not {}", info.name, language));
  }
}

/// What is unusual about where it ran.
void FileRuns::tell_devices(const Transcript& transcript) const {
  for (const DeviceReport& device : transcript.devices) {
    if (!device.note.empty()) say(fmt::format("{}: {}, {}", device.stage, device.device, device.note));
    if (!device.npu || !settings_.verbose) continue;
    say(device.stage == "decoder" ? steps_text(*device.npu) : forecast_text(*device.npu));
  }
}

void FileRuns::tell_end(Recording& recording, const Transcript& transcript, std::optional<Error> failed) {
  if (output_failed_) return;  // said once
  if (print_error_) failed = print_error_;
  if (!failed) {
    if (auto printed = plan_.print(transcript); !printed) failed = std::move(printed).error();
  }
  if (failed) {
    output_failed_ = true;
    code_ = output_failed(*failed);
    stop();
    return;
  }
  const std::string& input = recording.input;
  if (!transcript.complete) return tell_kept(input, transcript);
  recording.seconds = transcript.duration;
  say(fmt::format("{}: {:.1f} s of audio in {:.1f} s", input, transcript.duration, transcript.timings.total));
  if (transcript.coverage) {
    const Coverage& coverage = *transcript.coverage;
    say(fmt::format("{}: {}; {:.1f} s of speech with text, {:.1f} s without, {:.1f} s of silence", input,
                    transcript.long_form, coverage.speech_with_text, coverage.speech_without_text, coverage.silence));
  }
  tell_devices(transcript);
}

/// Of one that was stopped, or failed on the way.
void FileRuns::tell_kept(const std::string& input, const Transcript& transcript) {
  const double heard = transcript.segments.empty() ? 0 : transcript.segments.back().end;
  Error error = transcript.error.value_or(Error{});
  if (interrupted()) error = {ErrorCode::kCancelled, input, "interrupted", {}};
  if (error.where.empty()) error.where = input;
  error.message += fmt::format("; the text up to {:.1f} s is kept", heard);
  complain(error);
  code_ = std::max(code_, interrupted() ? kInterrupted : kInputFailed);
}

void FileRuns::tell_all(double elapsed) const {
  double seconds = 0;
  for (const Recording& recording : recordings_) seconds += recording.seconds;
  say(fmt::format("{} recordings: {:.1f} s of audio in {:.1f} s", recordings_.size(), seconds, elapsed));
}

}  // namespace skald::cli
