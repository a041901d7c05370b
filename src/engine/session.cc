#include "engine/session.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "audio/speech_detector.h"
#include "decode/decoding.h"
#include "engine/clips.h"
#include "engine/speech_map.h"
#include "engine/stopwatch.h"
#include "text/languages.h"
#include "text/unicode.h"

namespace skald::engine {
namespace {

// Batched windows owe the reference nothing: text that goes round in circles need not be written to the end of the
// context. On 13 minutes of joined clips (tools/long_form.py) 86.0 % word errors instead of 86.1, in 5 % less time.
constexpr int kBatchedRepeats = 6;

template <class T>
size_t largest(const std::vector<T>& numbers) {
  return static_cast<size_t>(std::ranges::max_element(numbers) - numbers.begin());
}

/// Time for log-mel, without that for the audio which is read meanwhile.
class MelWatch {
 public:
  explicit MelWatch(Timings& timings) : timings_(timings), watch_(timings.mel) { timings_.mel += timings_.audio; }
  ~MelWatch() { timings_.mel -= timings_.audio; }
  MelWatch(const MelWatch&) = delete;
  MelWatch& operator=(const MelWatch&) = delete;

 private:
  Timings& timings_;
  Stopwatch watch_;
};

/// When each text token of a window's segments is said, before words are moved about.
void time_tokens(std::span<Segment> segments, const decode::TokenTimes& times, double offset, int32_t end_of_text) {
  size_t at = 0;
  for (Segment& segment : segments) {
    segment.details.resize(segment.tokens.size());
    for (size_t i = 0; i < segment.tokens.size(); ++i) {
      if (segment.tokens[i] >= end_of_text) continue;
      segment.details[i].start = offset + times.starts[at];
      segment.details[i].end = offset + times.starts[at + 1];
      segment.details[i].probability = times.probabilities[at];
      ++at;
    }
  }
}

void describe_tokens(Segment& segment, const text::Tokenizer& tokenizer) {
  segment.details.resize(segment.tokens.size());
  for (size_t i = 0; i < segment.tokens.size(); ++i) {
    segment.details[i].id = segment.tokens[i];
    const int32_t& token = segment.tokens[i];
    segment.details[i].text = token < tokenizer.special().end_of_text ? std::string(tokenizer.bytes(token))
                                                                      : tokenizer.decode(std::span(&token, 1));
  }
}

}  // namespace

Result<size_t> WatchedSource::read(std::span<float> out) {
  SKALD_CHECK(check(callbacks_.cancel));
  const Stopwatch watch(seconds_);
  return inner_.read(out);
}

Result<void> WatchedSource::rewind() {
  const Stopwatch watch(seconds_);
  return inner_.rewind();
}

Result<std::optional<std::string>> known_language(const Machine& machine, const TranscribeOptions& options) {
  if (!machine.info().multilingual) return "en";
  if (!options.language) return std::nullopt;
  SKALD_TRY(std::string code, text::language_code(*options.language));
  return code;
}

Result<void> Session::prepare() {
  const Machine& machine = batcher_.machine();
  SKALD_CHECK(listen());
  frames_.resize(static_cast<size_t>(audio::kWindowFrames) * static_cast<size_t>(machine.dims().mel_bands));
  SKALD_TRY(clips_, parse_clips(options_.clip_timestamps, content_));
  out_.long_form = batched() ? "batched" : "sequential";
  SKALD_CHECK(choose_language());
  SKALD_CHECK(add_tongue(out_.language));
  out_.has_words = options_.word_timestamps;
  if (out_.has_words) heads_ = machine.alignment_heads();
  return {};
}

/// The pass over the whole recording: its length and maximum, and where somebody speaks.
Result<void> Session::listen() {
  Machine& machine = batcher_.machine();
  const MelWatch watch(out_.timings);
  audio::SpeechDetector detector(machine.dims().mel_bands);
  SKALD_TRY(auto opened, audio::MelStream::open(source_, machine.mel(), machine.pool(),
                                                [&](std::span<const float> raw) { detector.feed(raw); }));
  mel_ = std::make_unique<audio::MelStream>(std::move(opened));
  detector.finish();
  probabilities_.assign(detector.probabilities().begin(), detector.probabilities().end());
  content_ = mel_->content_frames();
  out_.duration = static_cast<double>(mel_->samples()) / audio::kSampleRate;
  speech_ = speech_regions(probabilities_, options_, content_);
  padded_speech_ = padded(speech_, options_, content_);
  return {};
}

Result<void> Session::choose_language() {
  SKALD_TRY(const auto known, known_language(batcher_.machine(), options_));
  if (known) {
    out_.language = *known;
  } else {
    SKALD_CHECK(hear_language());
  }
  if (callbacks_.on_language) callbacks_.on_language(out_.language, out_.language_probability);
  return {};
}

/// The likeliest language on the mean of the windows that are listened to: one, unless it leaves doubts.
Result<void> Session::hear_language() {
  std::vector<double> sums(text::languages().size());
  for (int window = 0; window < options_.language_detection_segments; ++window) {
    const int64_t begin = int64_t{window} * audio::kWindowFrames;
    if (window > 0 && begin >= content_) break;
    // The reference listens to the first 3000 frames of the padded recording: silence, not zeros, after a short one.
    SKALD_CHECK(read(begin, audio::kWindowFrames));
    SKALD_TRY(const Batcher::Languages heard,
              batcher_.detect_language({.mel = frames_, .mel_max = mel_->max(), .start = seconds(begin)},
                                       callbacks_.cancel, times_));
    std::ranges::transform(heard.probabilities, sums, sums.begin(), std::plus());
    const size_t best = largest(sums);
    out_.language = text::languages()[best].code;
    out_.language_probability = sums[best] / (window + 1);
    if (window == 0 && content_ >= audio::kWindowFrames) first_encoded_ = heard.encoded;
    if (out_.language_probability >= options_.language_detection_threshold) break;
  }
  return {};
}

/// Makes windows of a language possible.
Result<void> Session::add_tongue(const std::string& language) {
  if (tongues_.contains(language)) return {};
  const Machine& machine = batcher_.machine();
  SKALD_TRY(auto settings, decode::make_settings(options_, machine.tokenizer(), language, machine.dims().text_ctx));
  if (!options_.max_repeats && batched()) settings.max_repeats = kBatchedRepeats;
  Tongue& tongue = tongues_[language];
  tongue.settings = std::move(settings);
  tongue.rules = std::make_unique<decode::Rules>(tongue.settings, machine.tokenizer());
  return {};
}

bool Session::batched() const {
  if (options_.long_form != "auto") return options_.long_form == "batched";
  return content_ > audio::kWindowFrames && !options_.hallucination_silence_threshold && !options_.vad_filter;
}

std::vector<int32_t> Session::initial_prompt() const {
  if (!options_.initial_prompt) return {};
  return tokenizer().encode(" " + std::string(text::strip(*options_.initial_prompt)));
}

/// The window that begins at a frame, into frames_.
Result<void> Session::read(int64_t begin, int content) {
  const MelWatch watch(out_.timings);
  return mel_->window(begin, content, audio::kWindowFrames, frames_);
}

/// A window into frames_, from what is kept of it if there is something.
Result<void> Session::read(Window& window) {
  const WindowPlace& place = window.place;
  const auto width = static_cast<int64_t>(batcher_.machine().dims().mel_bands);
  const int64_t size = place.frames * width;
  if (window.kept) {
    const auto from = window.kept->mel.begin() + (place.seek - window.kept->begin) * width;
    std::fill(std::copy_n(from, size, frames_.begin()), frames_.end(), 0.0F);
    return {};
  }
  SKALD_CHECK(read(place.seek, place.frames));
  window.kept = std::make_shared<const KeptMel>(
      KeptMel{.begin = place.seek, .mel = std::vector<float>(frames_.begin(), frames_.begin() + size)});
  return {};
}

Result<void> Session::encode_ahead(Window& window) {
  if (window.ahead != 0 || !batcher_.machine().encodes_elsewhere()) return {};
  SKALD_CHECK(read(window));
  window.ahead = batcher_.encode_ahead({.mel = frames_, .mel_max = mel_->max(), .start = seconds(window.place.seek)});
  return {};
}

Result<void> Session::enter(Window& window, std::vector<int32_t> prompt, bool wait) {
  const WindowPlace& place = window.place;
  SKALD_CHECK(read(window));
  const bool first = place.seek == 0 && place.frames == audio::kWindowFrames;
  MelWindow mel{.mel = frames_,
                .mel_max = mel_->max(),
                .start = seconds(place.seek),
                .encoded = first ? first_encoded_ : 0,
                .ahead = window.ahead};
  if (!options_.multilingual || !batcher_.machine().info().multilingual) {
    window.language = out_.language;
  } else if (window.language.empty()) {
    SKALD_TRY(const Batcher::Languages heard, batcher_.detect_language(mel, callbacks_.cancel, times_));
    window.language = text::languages()[largest(heard.probabilities)].code;
    mel.encoded = heard.encoded;
    SKALD_CHECK(add_tongue(window.language));
  }
  SKALD_TRY(window.ticket,
            batcher_.enter(mel, *tongues_.at(window.language).rules,
                           {.audio = nullptr, .window = 0, .seek = place.seek, .prompt = std::move(prompt)}, wait,
                           callbacks_.cancel, times_));
  return {};
}

WindowSegments Session::cut(const decode::WindowResult& result, const Window& window) const {
  WindowSegments cut = cut_segments(result, window.place, tokenizer());
  if (options_.multilingual) {
    for (Segment& segment : cut.segments) segment.language = window.language;
  }
  return cut;
}

Result<void> Session::add_words_to(std::vector<Segment>& segments, const Window& window, double last_speech) {
  const int32_t end_of_text = tokenizer().special().end_of_text;
  std::vector<int32_t> text;
  for (const Segment& segment : segments) {
    std::ranges::copy_if(segment.tokens, std::back_inserter(text), [&](int32_t token) { return token < end_of_text; });
  }
  const std::vector<int32_t> sot = tokenizer().sot_sequence(window.language, options_.task == "translate");
  SKALD_TRY(
      const decode::TokenTimes times,
      batcher_.align(window.ticket,
                     {.window = 0, .frames = window.place.frames, .sot_sequence = sot, .text = text, .heads = heads_},
                     times_));
  std::vector<TimedWord> words;
  if (!times.starts.empty()) {
    time_tokens(segments, times, seconds(window.place.seek), end_of_text);
    text.push_back(end_of_text);
    words = time_words(text::split_words(tokenizer(), text, window.language), times);
  }
  add_words(segments, std::move(words), punctuation(), seconds(window.place.seek), last_speech, end_of_text);
  return {};
}

void Session::keep(std::vector<Segment>& segments) {
  for (Segment& segment : segments) {
    clear_if_empty(segment);
    segment.id = static_cast<int>(out_.segments.size());
    describe_tokens(segment, tokenizer());
    if (callbacks_.on_segment) callbacks_.on_segment(segment);
    spoken_.insert(spoken_.end(), segment.tokens.begin(), segment.tokens.end());
    out_.segments.push_back(segment);
  }
}

void Session::keep(const std::vector<Attempt>& attempts) {
  out_.attempts.insert(out_.attempts.end(), attempts.begin(), attempts.end());
}

void Session::tell_progress(int64_t done) {
  if (callbacks_.on_progress) callbacks_.on_progress(seconds(std::min(done, content_)), seconds(content_));
}

Transcript Session::finish(double total_seconds) {
  out_.text = tokenizer().decode(spoken_);
  if (mel_ != nullptr) {
    out_.coverage = account(out_.segments, intersection(speech_, clips_), content_);
  }
  out_.timings.encode = times_.encode;
  out_.timings.decode = times_.decode;
  out_.timings.total = total_seconds;
  return std::move(out_);
}

}  // namespace skald::engine
