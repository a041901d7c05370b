#include "engine/segments.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "audio/log_mel.h"
#include "text/unicode.h"

namespace skald::engine {
namespace {

constexpr int64_t kFramesPerPosition = 2;  // stride of the second convolution; reference: input_stride

/// One window's constants, so that segments are made in one place.
struct Cutter {
  const decode::WindowResult& result;
  WindowPlace place;
  const text::Tokenizer& tokenizer;
  double offset = seconds(place.seek);
  double precision = seconds(kFramesPerPosition);  // reference: time_precision

  int64_t position(int32_t token) const { return token - tokenizer.special().timestamp_begin; }

  /// The time a slice's first or last token says. Without timestamp rules a slice may begin with text: it then begins
  /// with the window (the reference computes a time before the recording there).
  double time(int32_t token) const {
    return offset + static_cast<double>(std::max<int64_t>(position(token), 0)) * precision;
  }

  Segment make(double start, double end, std::span<const int32_t> tokens) const {
    Segment segment;
    segment.seek = place.seek;
    segment.start = start;
    segment.end = end;
    segment.tokens.assign(tokens.begin(), tokens.end());
    std::vector<int32_t> words;
    std::ranges::copy_if(tokens, std::back_inserter(words),
                         [&](int32_t token) { return token < tokenizer.special().end_of_text; });
    segment.text = tokenizer.decode(words);
    segment.temperature = result.temperature;
    segment.avg_logprob = result.avg_logprob;
    segment.compression_ratio = result.compression_ratio;
    segment.no_speech_prob = result.no_speech_prob;
    return segment;
  }
};

}  // namespace

double seconds(int64_t frames) {
  return static_cast<double>(frames * audio::kHop) / audio::kSampleRate;
}

int64_t frames(double seconds) {
  constexpr int kFramesPerSecond = audio::kSampleRate / audio::kHop;
  return static_cast<int64_t>(std::nearbyint(seconds * kFramesPerSecond));
}

bool is_silence(const decode::WindowResult& result, const decode::Settings& settings) {
  if (!settings.no_speech_threshold || !(result.no_speech_prob > *settings.no_speech_threshold)) return false;
  return !(settings.logprob_threshold && result.avg_logprob > *settings.logprob_threshold);
}

WindowSegments cut_segments(const decode::WindowResult& result, WindowPlace place, const text::Tokenizer& tokenizer) {
  const std::span<const int32_t> tokens(result.tokens);
  const size_t n = tokens.size();
  const int32_t first_timestamp = tokenizer.special().timestamp_begin;
  const auto is_timestamp = [&](size_t i) { return tokens[i] >= first_timestamp; };
  const Cutter cutter{.result = result, .place = place, .tokenizer = tokenizer};

  WindowSegments out;
  out.next_seek = place.seek + place.frames;
  out.single_ending = n >= 2 && !is_timestamp(n - 2) && is_timestamp(n - 1);
  std::vector<size_t> cuts;  // each slice ends before one
  for (size_t i = 1; i < n; ++i) {
    if (is_timestamp(i - 1) && is_timestamp(i)) cuts.push_back(i);
  }
  if (cuts.empty()) {
    double duration = seconds(place.frames);
    const auto last = std::find_if(tokens.rbegin(), tokens.rend(), [&](int32_t t) { return t >= first_timestamp; });
    if (last != tokens.rend() && *last != first_timestamp) {
      duration = static_cast<double>(cutter.position(*last)) * cutter.precision;
    }
    out.segments.push_back(cutter.make(cutter.offset, cutter.offset + duration, tokens));
    return out;
  }
  if (out.single_ending) cuts.push_back(n);
  size_t begin = 0;
  for (const size_t end : cuts) {
    const auto slice = tokens.subspan(begin, end - begin);
    out.segments.push_back(cutter.make(cutter.time(slice.front()), cutter.time(slice.back()), slice));
    begin = end;
  }
  // Words after the last pair have no end yet: the next window hears them again from there.
  const int64_t heard = cutter.position(tokens[begin - 1]) * kFramesPerPosition;
  // A pair at <|0.00|>, possible only without timestamp rules, would repeat the window for ever.
  if (!out.single_ending && heard > 0) out.next_seek = place.seek + heard;
  return out;
}

void clear_if_empty(Segment& segment) {
  if (segment.start != segment.end && !text::strip(segment.text).empty()) return;
  segment.text.clear();
  segment.tokens.clear();
  segment.words.clear();
  segment.details.clear();
}

History::History(std::vector<int32_t> initial, bool carry, int prompt_room)
    : tokens_(std::move(initial)),
      initial_size_(tokens_.size()),
      room_(prompt_room - static_cast<int>(initial_size_)),
      carry_(carry) {}

std::vector<int32_t> History::prompt() const {
  const std::span<const int32_t> all(tokens_);
  if (!carry_) return {all.begin() + static_cast<ptrdiff_t>(reset_since_), all.end()};
  std::span<const int32_t> recent = all.subspan(std::max(initial_size_, reset_since_));
  // Python's recent[-room:]: everything for a room of 0, and for a negative one everything but the first -room.
  const auto size = static_cast<int64_t>(recent.size());
  const int64_t skip = room_ > 0 ? std::max<int64_t>(size - room_, 0) : std::min<int64_t>(-room_, size);
  recent = recent.subspan(static_cast<size_t>(skip));
  std::vector<int32_t> prompt(all.begin(), all.begin() + static_cast<ptrdiff_t>(initial_size_));
  prompt.insert(prompt.end(), recent.begin(), recent.end());
  return prompt;
}

void History::add(std::span<const Segment> segments, bool forget) {
  for (const Segment& segment : segments) tokens_.insert(tokens_.end(), segment.tokens.begin(), segment.tokens.end());
  if (forget) reset_since_ = tokens_.size();
}

}  // namespace skald::engine
