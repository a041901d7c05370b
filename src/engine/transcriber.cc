#include "engine/transcriber.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "decode/decoding.h"
#include "engine/clips.h"
#include "engine/segments.h"
#include "engine/word_times.h"
#include "text/languages.h"
#include "text/unicode.h"

namespace skald::engine {
namespace {

using Clock = std::chrono::steady_clock;

/// Above it the reference does not condition the next window on this one (transcribe.py).
constexpr double kForgetTemperature = 0.5;

/// Adds the wall time of a scope to a total.
class Stopwatch {
 public:
  explicit Stopwatch(double& total) : total_(total) {}
  ~Stopwatch() { total_ += std::chrono::duration<double>(Clock::now() - begin_).count(); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& total_;
  Clock::time_point begin_ = Clock::now();
};

bool asked_to_stop(const Callbacks& callbacks) {
  return callbacks.cancel != nullptr && callbacks.cancel->load(std::memory_order_relaxed);
}

/// A source that knows how long its reads took and can be cancelled between them.
class WatchedSource final : public audio::AudioSource {
 public:
  WatchedSource(audio::AudioSource& inner, const Callbacks& callbacks, double& seconds)
      : inner_(inner), callbacks_(callbacks), seconds_(seconds) {}

  Result<size_t> read(std::span<float> out) override {
    if (asked_to_stop(callbacks_)) return fail(ErrorCode::kCancelled, "", "cancelled");
    const Stopwatch watch(seconds_);
    return inner_.read(out);
  }
  Result<void> rewind() override {
    const Stopwatch watch(seconds_);
    return inner_.rewind();
  }
  const audio::AudioInfo& info() const override { return inner_.info(); }

 private:
  audio::AudioSource& inner_;
  const Callbacks& callbacks_;
  double& seconds_;
};

/// The code of the language when it need not be detected. An English-only model hears English whatever is asked, as
/// the reference's command line has it.
Result<std::optional<std::string>> known_language(const Machine& machine, const TranscribeOptions& options) {
  if (!machine.info().multilingual) return "en";
  if (!options.language) return std::nullopt;
  SKALD_TRY(std::string code, text::language_code(*options.language));
  return code;
}

/// A device's report since an earlier one.
DeviceReport since(DeviceReport now, const DeviceReport& before) {
  now.seconds -= before.seconds;
  now.calls -= before.calls;
  return now;
}

/// One run over one recording.
class Run {
 public:
  Run(Machine& machine, audio::AudioSource& source, const TranscribeOptions& options, const Callbacks& callbacks)
      : machine_(machine), options_(options), callbacks_(callbacks), source_(source, callbacks, out_.timings.audio) {}

  Result<Transcript> finish();

 private:
  Result<void> prepare();
  Result<void> choose_language();
  Result<void> detect_language();
  Result<void> windows();
  Result<void> window(int64_t clip_end);
  Result<decode::WindowResult> decode(WindowPlace place);
  Result<void> encode(int64_t begin, int content);
  Result<void> keep(const decode::WindowResult& result, WindowPlace place);
  Result<void> add_words_to(WindowSegments& cut, WindowPlace place);
  /// Frames from which on the window is decoded again, without anything of it.
  std::optional<int64_t> follow_words(WindowSegments& cut, WindowPlace place);
  void tell_progress();
  Punctuation punctuation() const { return {options_.prepend_punctuations, options_.append_punctuations}; }

  Machine& machine_;
  const TranscribeOptions& options_;
  const Callbacks& callbacks_;
  Transcript out_;
  WatchedSource source_;
  std::unique_ptr<audio::MelStream> mel_;
  std::vector<float> frames_;  // (3000, M)
  decode::Settings settings_;
  History history_{{}, false, 0};
  int64_t content_ = 0;  // frames of the recording
  int64_t seek_ = 0;
  std::vector<Clip> clips_;
  std::vector<model::Head> heads_;  // that show when a token is heard
  double last_speech_ = 0;          // end of the last word
  bool first_is_encoded_ = false;   // language detection has encoded the whole first window already
};

Result<void> Run::prepare() {
  {
    const double audio_before = out_.timings.audio;
    const Stopwatch watch(out_.timings.mel);
    SKALD_TRY(auto opened, audio::MelStream::open(source_, machine_.mel(), machine_.pool()));
    mel_ = std::make_unique<audio::MelStream>(std::move(opened));
    out_.timings.mel -= out_.timings.audio - audio_before;
  }
  content_ = mel_->content_frames();
  out_.duration = static_cast<double>(mel_->samples()) / audio::kSampleRate;
  frames_.resize(static_cast<size_t>(audio::kWindowFrames) * static_cast<size_t>(machine_.dims().mel_bands));
  SKALD_CHECK(choose_language());
  const int text_ctx = machine_.dims().text_ctx;
  SKALD_TRY(settings_, decode::make_settings(options_, machine_.tokenizer(), out_.language, text_ctx));
  SKALD_CHECK(machine_.reserve(decode::slots_needed(settings_, 1)));
  SKALD_TRY(clips_, parse_clips(options_.clip_timestamps, content_));
  out_.has_words = options_.word_timestamps;
  if (out_.has_words) heads_ = machine_.alignment_heads();
  std::vector<int32_t> initial;
  if (options_.initial_prompt)
    initial = machine_.tokenizer().encode(" " + std::string(text::strip(*options_.initial_prompt)));
  history_ = History(std::move(initial), options_.carry_initial_prompt, text_ctx / 2 - 1);
  return {};
}

Result<void> Run::choose_language() {
  SKALD_TRY(const auto known, known_language(machine_, options_));
  if (known) {
    out_.language = *known;
  } else {
    SKALD_CHECK(detect_language());
  }
  if (callbacks_.on_language) callbacks_.on_language(out_.language, out_.language_probability);
  return {};
}

Result<void> Run::detect_language() {
  // The reference listens to the first 3000 frames of the padded recording: silence, not zeros, after a short one.
  SKALD_CHECK(encode(0, audio::kWindowFrames));
  first_is_encoded_ = content_ >= audio::kWindowFrames;
  const Stopwatch watch(out_.timings.decode);
  SKALD_TRY(const std::vector<float> probabilities,
            decode::detect_language(machine_.decoder(), machine_.tokenizer(), machine_.encoded(), 0));
  const auto best = std::ranges::max_element(probabilities);
  const auto index = static_cast<size_t>(best - probabilities.begin());
  out_.language = text::languages()[index].code;
  out_.language_probability = *best;
  return {};
}

Result<void> Run::encode(int64_t begin, int content) {
  {
    const double audio_before = out_.timings.audio;
    const Stopwatch watch(out_.timings.mel);
    SKALD_CHECK(mel_->window(begin, content, audio::kWindowFrames, frames_));
    out_.timings.mel -= out_.timings.audio - audio_before;
  }
  const Stopwatch watch(out_.timings.encode);
  return machine_.encoder().encode(
      model::WindowBatch{.windows = 1, .frames = audio::kWindowFrames, .mel = frames_, .mel_max = mel_->max()},
      machine_.encoded());
}

Result<decode::WindowResult> Run::decode(WindowPlace place) {
  if (asked_to_stop(callbacks_)) return fail(ErrorCode::kCancelled, "", "cancelled");
  if (!std::exchange(first_is_encoded_, false)) SKALD_CHECK(encode(place.seek, place.frames));
  const decode::Task task{.audio = &machine_.encoded(), .window = 0, .seek = place.seek, .prompt = history_.prompt()};
  const Stopwatch watch(out_.timings.decode);
  SKALD_TRY(auto results, decode::decode_windows(machine_.decoder(), machine_.tokenizer(), settings_,
                                                 std::span(&task, 1), callbacks_.cancel));
  return std::move(results.front());
}

Result<void> Run::windows() {
  tell_progress();
  for (const Clip& clip : clips_) {
    for (seek_ = std::max(seek_, clip.begin); seek_ < clip.end;) SKALD_CHECK(window(clip.end));
  }
  return {};
}

Result<void> Run::window(int64_t clip_end) {
  const WindowPlace place{.seek = seek_,
                          .frames = static_cast<int>(std::min<int64_t>(audio::kWindowFrames, clip_end - seek_))};
  SKALD_TRY(const decode::WindowResult result, decode(place));
  out_.attempts.insert(out_.attempts.end(), result.attempts.begin(), result.attempts.end());
  if (is_silence(result, settings_)) {
    seek_ += place.frames;
  } else {
    SKALD_CHECK(keep(result, place));
  }
  tell_progress();
  return {};
}

Result<void> Run::add_words_to(WindowSegments& cut, WindowPlace place) {
  const text::Tokenizer& tokenizer = machine_.tokenizer();
  const int32_t end_of_text = tokenizer.special().end_of_text;
  std::vector<int32_t> text;
  for (const Segment& segment : cut.segments) {
    std::ranges::copy_if(segment.tokens, std::back_inserter(text), [&](int32_t token) { return token < end_of_text; });
  }
  const Stopwatch watch(out_.timings.decode);
  const std::vector<int32_t> sot = tokenizer.sot_sequence(out_.language, options_.task == "translate");
  SKALD_TRY(
      const decode::TokenTimes times,
      decode::align_tokens(
          machine_.decoder(), tokenizer,
          {.audio = machine_.encoded(), .frames = place.frames, .sot_sequence = sot, .text = text, .heads = heads_}));
  std::vector<TimedWord> words;
  if (!times.starts.empty()) {
    text.push_back(end_of_text);
    words = time_words(text::split_words(tokenizer, text, out_.language), times);
  }
  add_words(cut.segments, std::move(words), punctuation(), seconds(place.seek), last_speech_, end_of_text);
  return {};
}

std::optional<int64_t> Run::follow_words(WindowSegments& cut, WindowPlace place) {
  std::optional<double> last = last_end(cut.segments);
  if (!cut.single_ending && last && *last > seconds(place.seek)) cut.next_seek = frames(*last);
  if (options_.hallucination_silence_threshold) {
    const HeardWindow heard{.seek = place.seek,
                            .frames = place.frames,
                            .content_frames = content_,
                            .single_ending = cut.single_ending,
                            .last_speech = last_speech_};
    const Judgement judgement = skip_hallucinations(cut.segments, heard, *options_.hallucination_silence_threshold,
                                                    cut.next_seek, punctuation());
    if (judgement.again) return judgement.next_seek;
    cut.next_seek = judgement.next_seek;
  }
  last_speech_ = last_end(cut.segments).value_or(last_speech_);
  return std::nullopt;
}

Result<void> Run::keep(const decode::WindowResult& result, WindowPlace place) {
  WindowSegments cut = cut_segments(result, place, machine_.tokenizer());
  if (out_.has_words) {
    SKALD_CHECK(add_words_to(cut, place));
    if (const auto again = follow_words(cut, place)) {
      seek_ = *again;
      return {};
    }
  }
  for (Segment& segment : cut.segments) {
    clear_if_empty(segment);
    segment.id = static_cast<int>(out_.segments.size());
    if (callbacks_.on_segment) callbacks_.on_segment(segment);
    out_.segments.push_back(segment);
  }
  history_.add(cut.segments, !options_.condition_on_previous_text || result.temperature > kForgetTemperature);
  seek_ = cut.next_seek;
  return {};
}

void Run::tell_progress() {
  if (callbacks_.on_progress) callbacks_.on_progress(seconds(std::min(seek_, content_)), seconds(content_));
}

Result<Transcript> Run::finish() {
  const auto begin = Clock::now();
  const DeviceReport encoder_before = machine_.encoder().report();
  const DeviceReport decoder_before = machine_.decoder().report();
  out_.task = options_.task;
  out_.model = machine_.info().name;

  auto outcome = prepare();
  if (outcome) outcome = windows();
  if (!outcome) {
    // Nothing finished yet: an error is all there is to tell, but stopping when asked is not an error.
    if (seek_ == 0 && outcome.error().code != ErrorCode::kCancelled) return std::unexpected(outcome.error());
    out_.complete = false;
    out_.error = std::move(outcome).error();
  }
  out_.text = machine_.tokenizer().decode(history_.spoken());
  out_.devices = {since(machine_.encoder().report(), encoder_before),
                  since(machine_.decoder().report(), decoder_before)};
  out_.timings.total = std::chrono::duration<double>(Clock::now() - begin).count();
  return std::move(out_);
}

}  // namespace

Result<Transcript> transcribe(Machine& machine, audio::AudioSource& source, const TranscribeOptions& options,
                              const Callbacks& callbacks) {
  return Run(machine, source, options, callbacks).finish();
}

Result<void> check_settings(const Machine& machine, const TranscribeOptions& options) {
  SKALD_TRY(const auto language, known_language(machine, options));
  if (auto settings =
          decode::make_settings(options, machine.tokenizer(), language.value_or("en"), machine.dims().text_ctx);
      !settings) {
    return std::unexpected(std::move(settings).error());
  }
  return {};
}

}  // namespace skald::engine
