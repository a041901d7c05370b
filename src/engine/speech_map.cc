#include "engine/speech_map.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "audio/log_mel.h"
#include "audio/speech_detector.h"

namespace skald::engine {
namespace {

constexpr float kHysteresis = 0.15F;    // below the threshold by this, speech is over; Silero's neg_threshold
constexpr int64_t kLeastWindow = 1500;  // frames: a region that is too long is cut in the second half of its window
constexpr double kWordReach = 0.3;      // seconds: word times are that exact (the reference's own spread)
constexpr int64_t kWorthTelling = 50;   // frames: shorter stretches without text are edges of words
constexpr int64_t kFramesPerSecond = 100;

int64_t frames_of_ms(int milliseconds) {
  return milliseconds * kFramesPerSecond / 1000;
}

/// Adds a stretch that begins no earlier than the last one; what meets becomes one.
void add(std::vector<Stretch>& to, Stretch stretch) {
  if (!to.empty() && stretch.begin <= to.back().end) {
    to.back().end = std::max(to.back().end, stretch.end);
  } else {
    to.push_back(stretch);
  }
}

/// Where, in the second half of a window that begins at `begin`, a cut hurts least.
int64_t best_cut(int64_t begin, std::span<const float> probabilities) {
  constexpr int64_t kStep = audio::kSpeechStepFrames;
  const auto size = std::ssize(probabilities);
  const auto first = probabilities.begin() + std::min((begin + kLeastWindow) / kStep, size);
  const auto last = probabilities.begin() + std::min((begin + audio::kWindowFrames) / kStep, size);
  if (first == last) return begin + audio::kWindowFrames;
  return (std::min_element(first, last) - probabilities.begin()) * kStep;
}

/// Seconds that both have in common.
double common(std::span<const Stretch> a, std::span<const Stretch> b) {
  int64_t sum = 0;
  for (const Stretch& s : intersection(a, b)) sum += s.size();
  return seconds(sum);
}

std::vector<Stretch> heard_text(std::span<const Segment> segments) {
  std::vector<Stretch> out;
  const auto hear = [&](double start, double end) {
    out.push_back({frames(std::max(0.0, start - kWordReach)), frames(end + kWordReach)});
  };
  for (const Segment& segment : segments) {
    if (segment.words.empty() && !segment.text.empty()) hear(segment.start, segment.end);
    for (const Word& word : segment.words) hear(word.start, word.end);
  }
  std::ranges::sort(out, {}, &Stretch::begin);
  std::vector<Stretch> merged;
  for (const Stretch& stretch : out) add(merged, stretch);
  return merged;
}

}  // namespace

std::vector<Stretch> speech_regions(std::span<const float> probabilities, const TranscribeOptions& options,
                                    int64_t content_frames) {
  constexpr int64_t kStep = audio::kSpeechStepFrames;
  const auto threshold = static_cast<float>(options.vad_threshold);
  const int64_t min_silence = frames_of_ms(options.vad_min_silence_duration_ms);
  std::vector<Stretch> regions;
  bool speaking = false;
  int64_t quiet_since = 0;
  const auto close = [&](int64_t end) {
    speaking = false;
    regions.back().end = std::min(end, content_frames);
    if (regions.back().size() < frames_of_ms(options.vad_min_speech_duration_ms)) regions.pop_back();
  };
  for (int64_t i = 0; i < std::ssize(probabilities) && i * kStep < content_frames; ++i) {
    const float probability = probabilities[static_cast<size_t>(i)];
    const int64_t now = i * kStep;
    if (!speaking && probability >= threshold) {
      speaking = true;
      regions.push_back({now, now});
    }
    if (probability >= threshold - kHysteresis) quiet_since = now + kStep;
    if (speaking && now + kStep - quiet_since > min_silence) close(quiet_since);
  }
  if (speaking) close(quiet_since);
  return regions;
}

std::vector<Stretch> padded(std::span<const Stretch> regions, const TranscribeOptions& options,
                            int64_t content_frames) {
  const int64_t pad = frames_of_ms(options.vad_speech_pad_ms);
  std::vector<Stretch> out;
  for (const Stretch& region : regions) {
    add(out, {std::max<int64_t>(0, region.begin - pad), std::min(content_frames, region.end + pad)});
  }
  return out;
}

std::vector<Stretch> intersection(std::span<const Stretch> regions, std::span<const Stretch> clips) {
  std::vector<Stretch> out;
  auto region = regions.begin();
  auto clip = clips.begin();
  while (region != regions.end() && clip != clips.end()) {
    const Stretch both{std::max(region->begin, clip->begin), std::min(region->end, clip->end)};
    if (both.begin < both.end) out.push_back(both);
    if (region->end < clip->end) {
      ++region;
    } else {
      ++clip;
    }
  }
  return out;
}

std::vector<WindowPlace> pack_windows(std::span<const Stretch> regions, std::span<const float> probabilities) {
  std::vector<WindowPlace> windows;
  Stretch window;
  const auto flush = [&] {
    if (window.size() > 0) windows.push_back({.seek = window.begin, .frames = static_cast<int>(window.size())});
    window = {};
  };
  for (Stretch region : regions) {
    if (window.size() > 0 && region.end - window.begin > audio::kWindowFrames) flush();
    while (region.size() > audio::kWindowFrames) {
      const int64_t cut = best_cut(region.begin, probabilities);
      windows.push_back({.seek = region.begin, .frames = static_cast<int>(cut - region.begin)});
      region.begin = cut;
    }
    if (window.size() == 0) window.begin = region.begin;
    window.end = region.end;
  }
  flush();
  return windows;
}

bool move_into_speech(Segment& segment, std::span<const Stretch> regions) {
  const Stretch whole{frames(segment.start), std::max(frames(segment.end), frames(segment.start) + 1)};
  const std::vector<Stretch> inside = intersection(regions, std::span(&whole, 1));
  if (inside.empty()) return false;
  if (inside.front().begin > whole.begin) segment.start = seconds(inside.front().begin);
  if (inside.back().end < whole.end)
    segment.end = std::max(segment.start, std::min(segment.end, seconds(inside.back().end)));
  return true;
}

Coverage account(std::span<const Segment> segments, std::span<const Stretch> regions, int64_t content_frames) {
  const std::vector<Stretch> text = heard_text(segments);
  Coverage out;
  int64_t speech = 0;
  for (const Stretch& region : regions) speech += region.size();
  out.speech_with_text = common(regions, text);
  out.speech_without_text = std::max(0.0, seconds(speech) - out.speech_with_text);
  out.silence = seconds(content_frames - speech);
  // What lies between the stretches with text, and in speech.
  std::vector<Stretch> gaps;
  int64_t at = 0;
  for (const Stretch& stretch : text) {
    if (stretch.begin > at) gaps.push_back({at, stretch.begin});
    at = std::max(at, stretch.end);
  }
  if (at < content_frames) gaps.push_back({at, content_frames});
  for (const Stretch& missed : intersection(regions, gaps)) {
    if (missed.size() >= kWorthTelling) out.missed.push_back({seconds(missed.begin), seconds(missed.end)});
  }
  return out;
}

}  // namespace skald::engine
