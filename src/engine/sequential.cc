#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "engine/session.h"
#include "engine/speech_map.h"

namespace skald::engine {
namespace {

/// Above it the reference does not condition the next window on this one (transcribe.py).
constexpr double kForgetTemperature = 0.5;

class SequentialLoop {
 public:
  explicit SequentialLoop(Session& session)
      : session_(session),
        history_(session.initial_prompt(), session.options().carry_initial_prompt,
                 session.settings().text_ctx / 2 - 1) {}

  Result<void> run();

 private:
  Result<void> one_window(int64_t part_end);
  Result<void> keep(const decode::WindowResult& result, const Session::Window& window);
  std::optional<int64_t> follow_words(WindowSegments& cut, WindowPlace place);

  Session& session_;
  History history_;
  int64_t seek_ = 0;
  double last_speech_ = 0;  // end of the last word
};

Result<void> SequentialLoop::run() {
  session_.tell_progress(0);
  std::span<const Stretch> parts = session_.clips();
  std::vector<Stretch> spoken;
  if (session_.options().vad_filter) {
    spoken = intersection(session_.padded_speech(), parts);
    parts = spoken;
  }
  for (const Stretch& part : parts) {
    for (seek_ = std::max(seek_, part.begin); seek_ < part.end;) SKALD_CHECK(one_window(part.end));
  }
  if (seek_ < session_.content()) session_.tell_progress(session_.content());
  return {};
}

Result<void> SequentialLoop::one_window(int64_t part_end) {
  const auto frames = static_cast<int>(std::min<int64_t>(audio::kWindowFrames, part_end - seek_));
  Session::Window window{.place = {.seek = seek_, .frames = frames}};
  SKALD_CHECK(session_.enter(window, history_.prompt(), true));
  const Batcher::Id id = window.ticket.id();
  SKALD_CHECK(session_.wait(std::span(&id, 1)));
  SKALD_TRY(const decode::WindowResult result, session_.result(window));
  session_.keep(result.attempts);
  if (is_silence(result, session_.settings())) {
    seek_ += frames;
  } else {
    SKALD_CHECK(keep(result, window));
  }
  session_.tell_progress(seek_);
  return {};
}

/// Frames from which on the window is decoded again, without anything of it.
std::optional<int64_t> SequentialLoop::follow_words(WindowSegments& cut, WindowPlace place) {
  const TranscribeOptions& options = session_.options();
  const std::optional<double> last = last_end(cut.segments);
  if (!cut.single_ending && last && *last > seconds(place.seek)) cut.next_seek = frames(*last);
  if (options.hallucination_silence_threshold) {
    const HeardWindow heard{.seek = place.seek,
                            .frames = place.frames,
                            .content_frames = session_.content(),
                            .single_ending = cut.single_ending,
                            .last_speech = last_speech_};
    const Judgement judgement = skip_hallucinations(cut.segments, heard, *options.hallucination_silence_threshold,
                                                    cut.next_seek, session_.punctuation());
    if (judgement.again) return judgement.next_seek;
    cut.next_seek = judgement.next_seek;
  }
  last_speech_ = last_end(cut.segments).value_or(last_speech_);
  return std::nullopt;
}

Result<void> SequentialLoop::keep(const decode::WindowResult& result, const Session::Window& window) {
  WindowSegments cut = session_.cut(result, window);
  if (session_.options().word_timestamps) {
    SKALD_CHECK(session_.add_words_to(cut.segments, window, last_speech_));
    if (const auto again = follow_words(cut, window.place)) {
      seek_ = *again;
      return {};
    }
  }
  session_.keep(cut.segments);
  history_.add(cut.segments, !session_.options().condition_on_previous_text || result.temperature > kForgetTemperature);
  seek_ = cut.next_seek;
  return {};
}

}  // namespace

Result<void> transcribe_sequential(Session& session) {
  return SequentialLoop(session).run();
}

}  // namespace skald::engine
