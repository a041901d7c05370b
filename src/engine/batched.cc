#include <algorithm>
#include <iterator>
#include <list>
#include <utility>
#include <vector>

#include "engine/session.h"
#include "engine/speech_map.h"

namespace skald::engine {
namespace {

// Less speech than this many frames is not decoded again by itself.
constexpr int64_t kWorthDecoding = 30;

/// A window and what became of it.
struct Place {
  Session::Window window;
  bool done = false;
  std::vector<Segment> segments = {};
  std::vector<Attempt> attempts = {};
};

class BatchedLoop {
 public:
  explicit BatchedLoop(Session& session) : session_(session), prompt_(session.initial_prompt()) {}

  Result<void> run();

 private:
  using Places = std::list<Place>;

  ptrdiff_t running() const {
    return std::ranges::count_if(windows_, [](const Place& p) { return !p.window.ticket.empty(); });
  }
  Result<void> fill();
  Result<void> finish_running(Error error);
  Result<void> take_one();
  std::vector<Stretch> speech_of(const Place& place) const;
  std::vector<Stretch> unheard(const Place& heard, int64_t next_seek) const;
  void listen_again(Places::iterator heard, int64_t next_seek);
  Result<void> tell();

  Session& session_;
  std::vector<int32_t> prompt_;
  Places windows_;    // those that are not told yet, in order of time
  int64_t told_ = 0;  // frames
};

Result<void> BatchedLoop::run() {
  session_.tell_progress(0);
  const auto parts = intersection(session_.padded_speech(), session_.clips());
  for (const WindowPlace& place : pack_windows(parts, session_.probabilities()))
    windows_.push_back({.window = {.place = place}});
  while (!windows_.empty()) {
    if (auto filled = fill(); !filled) return finish_running(filled.error());
    SKALD_CHECK(take_one());
    SKALD_CHECK(tell());
  }
  if (told_ < session_.content()) session_.tell_progress(session_.content());
  return {};
}

/// Lets windows enter while there is room; the next one is encoded ahead.
Result<void> BatchedLoop::fill() {
  auto running = this->running();
  for (Place& place : windows_) {
    if (place.done || !place.window.ticket.empty()) continue;
    if (running >= session_.options().batch_size) return session_.encode_ahead(place.window);
    SKALD_CHECK(session_.enter(place.window, prompt_, running == 0));
    if (place.window.ticket.empty()) return session_.encode_ahead(place.window);
    ++running;
  }
  return {};
}

/// A window could not enter: those before it that had are not lost with it.
Result<void> BatchedLoop::finish_running(Error error) {
  while (error.code != ErrorCode::kCancelled && running() > 0) SKALD_CHECK(take_one());
  SKALD_CHECK(tell());
  return std::unexpected(std::move(error));
}

/// Waits for a window to end.
Result<void> BatchedLoop::take_one() {
  std::vector<Batcher::Id> ids;
  std::vector<Places::iterator> running;
  for (auto place = windows_.begin(); place != windows_.end(); ++place) {
    if (place->window.ticket.empty()) continue;
    ids.push_back(place->window.ticket.id());
    running.push_back(place);
  }
  SKALD_TRY(const size_t index, session_.wait(ids));
  Place& place = *running[index];
  SKALD_TRY(decode::WindowResult result, session_.result(place.window));
  place.attempts = std::move(result.attempts);
  if (!is_silence(result, session_.settings())) {
    WindowSegments cut = session_.cut(result, place.window);
    if (session_.options().word_timestamps) {
      SKALD_CHECK(session_.add_words_to(cut.segments, place.window, seconds(place.window.place.seek)));
    }
    place.segments = std::move(cut.segments);
    const std::vector<Stretch> speech = speech_of(place);  // a model may well name a time behind the window's end
    std::erase_if(place.segments, [&](Segment& segment) {
      clear_if_empty(segment);
      return segment.text.empty() || !move_into_speech(segment, speech);
    });
    listen_again(running[index], cut.next_seek);
  }
  place.window.ticket = {};
  place.window.kept = {};
  place.done = true;
  return {};
}

std::vector<Stretch> BatchedLoop::speech_of(const Place& place) const {
  const WindowPlace& window = place.window.place;
  const Stretch whole{window.seek, window.seek + window.frames};
  return intersection(session_.padded_speech(), std::span(&whole, 1));
}

/// Speech of a window that its text leaves out.
std::vector<Stretch> BatchedLoop::unheard(const Place& heard, int64_t next_seek) const {
  std::vector<Stretch> out;
  for (Stretch region : speech_of(heard)) {
    const auto touches = [&](const Segment& segment) {
      return frames(segment.start) < region.end && frames(segment.end) > region.begin;
    };
    // Behind the last closed timestamp the model says itself that there is more (the reference's next window).
    if (std::ranges::any_of(heard.segments, touches)) region.begin = std::max(region.begin, next_seek);
    if (region.size() >= kWorthDecoding) out.push_back(region);
  }
  return out;
}

/// Speech that a window's text leaves out becomes windows of its own, in their places among its segments: long pauses
/// make a model stop early. Where there is no text at all there is nothing to gain from listening again.
void BatchedLoop::listen_again(Places::iterator heard, int64_t next_seek) {
  if (heard->segments.empty()) return;
  const WindowPlace whole = heard->window.place;
  const auto kept = heard->window.kept;
  for (const Stretch& part : unheard(*heard, next_seek)) {
    const WindowPlace place{.seek = part.begin, .frames = static_cast<int>(part.size())};
    const auto after = std::ranges::find_if(
        heard->segments, [&](const Segment& segment) { return frames(segment.start) >= place.seek; });
    const auto behind = windows_.insert(std::next(heard), {.window = {.place = whole}, .done = true});
    behind->segments.assign(std::make_move_iterator(after), std::make_move_iterator(heard->segments.end()));
    heard->segments.erase(after, heard->segments.end());
    windows_.insert(behind, {.window = {.place = place, .kept = kept}});
    heard = behind;
  }
}

/// Hands out what is done, in order.
Result<void> BatchedLoop::tell() {
  while (!windows_.empty() && windows_.front().done) {
    SKALD_CHECK(session_.check_cancel());
    Place& place = windows_.front();
    session_.keep(place.attempts);
    session_.keep(place.segments);
    told_ = place.window.place.seek + place.window.place.frames;
    session_.tell_progress(told_);
    windows_.pop_front();
  }
  return {};
}

}  // namespace

Result<void> transcribe_batched(Session& session) {
  return BatchedLoop(session).run();
}

}  // namespace skald::engine
