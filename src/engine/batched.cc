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

/// A window on its way.
struct Place {
  WindowPlace place;
  Batcher::Ticket ticket = {};
  bool done = false;
  std::vector<Segment> segments = {};
  std::vector<Attempt> attempts = {};
};

class Loop {
 public:
  explicit Loop(Session& session) : session_(session), prompt_(session.initial_prompt()) {}

  Result<void> run();

 private:
  using Places = std::list<Place>;

  Result<void> fill();
  Result<void> take_one();
  void listen_again(Places::iterator window, int64_t next_seek);
  Result<void> tell();

  Session& session_;
  std::vector<int32_t> prompt_;
  Places windows_;    // those that are not told yet, in order of time
  int64_t told_ = 0;  // frames
};

Result<void> Loop::run() {
  session_.tell_progress(0);
  const auto parts = intersection(session_.padded_speech(), session_.clips());
  for (const WindowPlace& place : pack_windows(parts, session_.probabilities())) windows_.push_back({.place = place});
  while (!windows_.empty()) {
    SKALD_CHECK(fill());
    SKALD_CHECK(take_one());
    SKALD_CHECK(tell());
  }
  if (told_ < session_.content()) session_.tell_progress(session_.content());
  return {};
}

/// Lets windows enter while there is room.
Result<void> Loop::fill() {
  auto running = std::ranges::count_if(windows_, [](const Place& w) { return !w.ticket.empty(); });
  for (Place& window : windows_) {
    if (running >= session_.options().batch_size) return {};
    if (window.done || !window.ticket.empty()) continue;
    SKALD_TRY(window.ticket, session_.enter(window.place, prompt_, running == 0));
    if (window.ticket.empty()) return {};
    ++running;
  }
  return {};
}

/// Waits for a window to end.
Result<void> Loop::take_one() {
  std::vector<Batcher::Id> ids;
  std::vector<Places::iterator> running;
  for (auto window = windows_.begin(); window != windows_.end(); ++window) {
    if (window->ticket.empty()) continue;
    ids.push_back(window->ticket.id());
    running.push_back(window);
  }
  SKALD_TRY(const size_t index, session_.wait(ids));
  Place& window = *running[index];
  SKALD_TRY(decode::WindowResult result, session_.result(window.ticket));
  window.attempts = std::move(result.attempts);
  if (!is_silence(result, session_.settings())) {
    WindowSegments cut = cut_segments(result, window.place, session_.tokenizer());
    if (session_.options().word_timestamps) {
      SKALD_CHECK(session_.add_words_to(cut.segments, window.ticket, window.place, seconds(window.place.seek)));
    }
    window.segments = std::move(cut.segments);
    std::erase_if(window.segments, [&](Segment& segment) {
      clear_if_empty(segment);
      return segment.text.empty() || !move_into_speech(segment, session_.padded_speech());
    });
    listen_again(running[index], cut.next_seek);
  }
  window.ticket = {};
  window.done = true;
  return {};
}

/// Speech of a window that its text leaves out.
std::vector<Stretch> unheard(const Place& window, int64_t next_seek, std::span<const Stretch> speech) {
  const Stretch whole{window.place.seek, window.place.seek + window.place.frames};
  std::vector<Stretch> out;
  for (Stretch region : intersection(speech, std::span(&whole, 1))) {
    const auto touches = [&](const Segment& segment) {
      return frames(segment.start) < region.end && frames(segment.end) > region.begin;
    };
    // Behind the last closed timestamp the model says itself that there is more (the reference's next window).
    if (std::ranges::any_of(window.segments, touches)) region.begin = std::max(region.begin, next_seek);
    if (region.size() >= kWorthDecoding) out.push_back(region);
  }
  return out;
}

/// Speech that a window's text leaves out becomes windows of its own, in their places among its segments: long pauses
/// make a model stop early. Where there is no text at all there is nothing to gain from listening again.
void Loop::listen_again(Places::iterator window, int64_t next_seek) {
  if (window->segments.empty()) return;
  for (const Stretch& part : unheard(*window, next_seek, session_.padded_speech())) {
    const WindowPlace place{.seek = part.begin, .frames = static_cast<int>(part.size())};
    const auto after = std::ranges::find_if(
        window->segments, [&](const Segment& segment) { return frames(segment.start) >= place.seek; });
    const auto behind = windows_.insert(std::next(window), {.place = window->place, .done = true});
    behind->segments.assign(std::make_move_iterator(after), std::make_move_iterator(window->segments.end()));
    window->segments.erase(after, window->segments.end());
    windows_.insert(behind, {.place = place});
    window = behind;
  }
}

/// Hands out what is done, in order.
Result<void> Loop::tell() {
  while (!windows_.empty() && windows_.front().done) {
    SKALD_CHECK(session_.check_cancel());
    Place& window = windows_.front();
    session_.keep(window.attempts);
    session_.keep(window.segments);
    told_ = window.place.seek + window.place.frames;
    session_.tell_progress(told_);
    windows_.pop_front();
  }
  return {};
}

}  // namespace

Result<void> transcribe_batched(Session& session) {
  return Loop(session).run();
}

}  // namespace skald::engine
