#include "engine/word_times.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "audio/log_mel.h"
#include "engine/segments.h"
#include "text/unicode.h"

namespace skald::engine {
namespace {

constexpr double kLongestMedian = 0.7;  // seconds; reference: median_duration
constexpr std::string_view kSentenceEnds = ".。!！?？";

/// Python's `piece in text`.
bool contains(std::string_view text, std::string_view piece) {
  return text.find(piece) != std::string_view::npos;
}

/// Python's round(value, 2): the nearest number of two decimals to the exact value, halves to even.
double hundredths(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.2f", value);
  return std::strtod(text, nullptr);
}

/// Median of the words' durations that are not zero, at most kLongestMedian; nothing when all are.
std::optional<double> median_duration(std::span<const TimedWord> words) {
  std::vector<double> durations;
  for (const TimedWord& word : words) {
    if (word.end != word.start) durations.push_back(word.end - word.start);
  }
  if (durations.empty()) return std::nullopt;
  std::ranges::sort(durations);
  const size_t half = durations.size() / 2;
  const double median = durations.size() % 2 == 1 ? durations[half] : (durations[half - 1] + durations[half]) / 2;
  return std::min(kLongestMedian, median);
}

/// Words at the ends of sentences take in silence: no longer than `longest`.
void shorten_at_sentence_ends(std::vector<TimedWord>& words, double longest) {
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i].end - words[i].start <= longest) continue;
    if (contains(kSentenceEnds, words[i].word)) {
      words[i].end = words[i].start + longest;
    } else if (contains(kSentenceEnds, words[i - 1].word)) {
      words[i].start = words[i].end - longest;
    }
  }
}

/// The first words after a pause take in silence too.
void shorten_after_pause(std::vector<Word>& words, double median, double last_speech) {
  const double longest = 2 * median;
  if (words[0].end - last_speech <= median * 4) return;
  const bool two_long = words.size() > 1 && words[1].end - words[0].start > longest * 2;
  if (words[0].end - words[0].start <= longest && !two_long) return;
  if (words.size() > 1 && words[1].end - words[1].start > longest) {
    const double boundary = std::max(words[1].end / 2, words[1].end - longest);
    words[0].end = boundary;
    words[1].start = boundary;
  }
  words[0].start = std::max(0.0, words[0].end - longest);
}

/// Segment and words agree on their ends; the segment is right when a word sticks out by more than half a second.
void fit_segment(Segment& segment, double median) {
  constexpr double kMostOver = 0.5;
  Word& first = segment.words.front();
  if (segment.start < first.end && segment.start - kMostOver > first.start) {
    first.start = std::max(0.0, std::min(first.end - median, segment.start));
  } else {
    segment.start = first.start;
  }
  Word& last = segment.words.back();
  if (segment.end > last.start && segment.end + kMostOver < last.end) {
    last.end = std::max(last.start + median, segment.end);
  } else {
    segment.end = last.end;
  }
}

/// How far a word is from what people say.
double anomaly(const Word& word) {
  const double duration = word.end - word.start;
  double score = word.probability < 0.15 ? 1.0 : 0.0;
  if (duration < 0.133) score += (0.133 - duration) * 15;
  if (duration > 2.0) score += duration - 2.0;
  return score;
}

const Segment* next_with_words(std::span<const Segment> segments) {
  const auto found = std::ranges::find_if(segments, [](const Segment& one) { return !one.words.empty(); });
  return found == segments.end() ? nullptr : &*found;
}

}  // namespace

std::vector<TimedWord> time_words(std::span<const text::WordTokens> words, const decode::TokenTimes& times) {
  std::vector<TimedWord> timed;
  size_t token = 0;
  for (size_t i = 0; i + 1 < words.size(); ++i) {  // the last is end-of-text
    const size_t next = token + words[i].tokens.size();
    const auto begin = times.probabilities.begin() + static_cast<ptrdiff_t>(token);
    const double sum = std::accumulate(begin, begin + static_cast<ptrdiff_t>(next - token), 0.0);
    timed.push_back({.word = words[i].word,
                     .tokens = next - token,
                     .start = times.starts[token],
                     .end = times.starts[next],
                     .probability = sum / static_cast<double>(next - token)});
    token = next;
  }
  return timed;
}

void merge_punctuation(std::vector<TimedWord>& words, std::string_view prepended, std::string_view appended) {
  const auto merge = [](TimedWord& into, TimedWord& from, bool before) {
    into.word = before ? from.word + into.word : into.word + from.word;
    into.tokens += from.tokens;
    from.word.clear();
    from.tokens = 0;
  };
  size_t following = words.empty() ? 0 : words.size() - 1;
  for (size_t i = following; i-- > 0;) {
    if (words[i].word.starts_with(' ') && contains(prepended, text::strip(words[i].word))) {
      merge(words[following], words[i], true);
    } else {
      following = i;
    }
  }
  for (size_t previous = 0, i = 1; i < words.size(); ++i) {
    if (!words[previous].word.ends_with(' ') && contains(appended, words[i].word)) {
      merge(words[previous], words[i], false);
    } else {
      previous = i;
    }
  }
}

void add_words(std::span<Segment> segments, std::vector<TimedWord> aligned, const Punctuation& punctuation,
               double offset, double last_speech, int32_t end_of_text) {
  const std::optional<double> known = median_duration(aligned);
  const double median = known.value_or(0);
  if (known) shorten_at_sentence_ends(aligned, 2 * median);
  merge_punctuation(aligned, punctuation.prepended, punctuation.appended);
  size_t next = 0;
  for (Segment& segment : segments) {
    const auto wanted =
        static_cast<size_t>(std::ranges::count_if(segment.tokens, [&](int32_t token) { return token < end_of_text; }));
    segment.words.clear();
    for (size_t taken = 0; next < aligned.size() && taken < wanted; ++next) {
      const TimedWord& word = aligned[next];
      taken += word.tokens;
      if (word.word.empty()) continue;
      segment.words.push_back({.word = word.word,
                               .start = hundredths(offset + word.start),
                               .end = hundredths(offset + word.end),
                               .probability = word.probability});
    }
    if (segment.words.empty()) continue;
    shorten_after_pause(segment.words, median, last_speech);
    fit_segment(segment, median);
    last_speech = segment.end;
  }
}

std::optional<double> last_end(std::span<const Segment> segments) {
  for (size_t i = segments.size(); i-- > 0;) {
    if (!segments[i].words.empty()) return segments[i].words.back().end;
  }
  if (segments.empty()) return std::nullopt;
  return segments.back().end;
}

bool is_anomalous(const Segment& segment, const Punctuation& punctuation) {
  constexpr int kWords = 8;
  const std::string marks = std::string(punctuation.prepended) + std::string(punctuation.appended);
  int count = 0;
  double score = 0;
  for (const Word& word : segment.words) {
    if (contains(marks, word.word)) continue;
    score += anomaly(word);
    if (++count == kWords) break;
  }
  return !segment.words.empty() && (score >= 3 || score + 0.01 >= count);
}

Judgement skip_hallucinations(std::vector<Segment>& segments, const HeardWindow& window, double threshold,
                              int64_t next_seek, const Punctuation& punctuation) {
  constexpr double kNearEdge = 2.0;  // seconds
  const double begin = seconds(window.seek);
  const double window_end = seconds(window.seek + audio::kWindowFrames);
  if (!window.single_ending) {
    const std::optional<double> last = last_end(segments);
    if (last && *last > begin) {
      next_seek = window_end - *last > threshold ? frames(*last) : window.seek + window.frames;
    }
  }
  const Segment* first = next_with_words(segments);
  if (first != nullptr && is_anomalous(*first, punctuation) && first->start - begin > threshold) {
    return {.next_seek = window.seek + frames(first->start - begin), .again = true};
  }
  double before = window.last_speech;
  for (size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    if (segment.words.empty()) continue;
    if (is_anomalous(segment, punctuation)) {
      const Segment* next = next_with_words(std::span(segments).subspan(i + 1));
      const double next_start = next != nullptr ? next->words.front().start : begin + seconds(window.frames);
      const bool silence_before =
          segment.start - before > threshold || segment.start < threshold || segment.start - begin < kNearEdge;
      const bool silence_after = next_start - segment.end > threshold ||
                                 (next != nullptr && is_anomalous(*next, punctuation)) ||
                                 window_end - segment.end < kNearEdge;
      if (silence_before && silence_after) {
        next_seek = frames(std::max(begin + 1, segment.start));
        if (seconds(window.content_frames) - segment.end < threshold) next_seek = window.content_frames;
        segments.resize(i);
        break;
      }
    }
    before = segment.end;
  }
  return {.next_seek = next_seek, .again = false};
}

}  // namespace skald::engine
