#include "text/subtitles.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "text/unicode.h"

namespace skald::text {
namespace {

constexpr int kNoLimit = 1000;      // reference: `or 1000`
constexpr double kLongPause = 3.0;  // seconds; a new cue where segments are not kept together

using Words = std::vector<Word>;

std::string without_arrows(std::string_view text) {
  constexpr std::string_view kArrow = "-->";
  std::string out;
  for (size_t found = 0; (found = text.find(kArrow)) != std::string_view::npos;) {
    out.append(text.substr(0, found)).append("->");
    text.remove_prefix(found + kArrow.size());
  }
  return out.append(text);
}

int character_count(std::string_view text) {
  return static_cast<int>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned>(c) & 0xC0U) != 0x80U; }));
}

/// Start of the first word, or of the first segment.
double first_start(const Transcript& transcript) {
  for (const Segment& segment : transcript.segments) {
    if (!segment.words.empty()) return segment.words.front().start;
  }
  return transcript.segments.empty() ? 0 : transcript.segments.front().start;
}

/// Gathers words into lines and lines into cues.
class LineBreaker {
 public:
  LineBreaker(const SubtitleOptions& options, double begin)
      : width_(options.max_line_width.value_or(kNoLimit)),
        lines_(options.max_line_count),
        keeps_segments_(!options.max_line_count || !options.max_line_width),
        last_(begin) {}

  /// `first`: of a segment, or of a stretch of max_words_per_line.
  void add(Word word, bool first) {
    const bool pause = !keeps_segments_ && word.start - last_ > kLongPause;
    const bool has_room = line_ + character_count(word.word) <= width_;
    const bool new_segment = first && !cue_.empty() && keeps_segments_;
    if (line_ > 0 && has_room && !pause && !new_segment) {
      line_ += character_count(word.word);
    } else {
      word.word = std::string(strip(word.word));
      const int length = character_count(word.word);
      if ((!cue_.empty() && lines_ && (pause || count_ >= *lines_)) || new_segment) {
        cues_.push_back(std::exchange(cue_, {}));
        count_ = 1;
      } else if (line_ > 0) {
        ++count_;
        word.word.insert(word.word.begin(), '\n');
      }
      line_ = length;
    }
    last_ = word.start;
    cue_.push_back(std::move(word));
  }

  std::vector<Words> finish() {
    if (!cue_.empty()) cues_.push_back(std::move(cue_));
    return std::move(cues_);
  }

 private:
  int width_;
  std::optional<int> lines_;
  bool keeps_segments_;
  double last_;  // start of the word before
  int line_ = 0;
  int count_ = 1;
  Words cue_;
  std::vector<Words> cues_;
};

std::vector<Words> break_lines(const Transcript& transcript, const SubtitleOptions& options) {
  LineBreaker lines(options, first_start(transcript));
  const auto most = static_cast<size_t>(options.max_words_per_line.value_or(kNoLimit));
  for (const Segment& segment : transcript.segments) {
    for (size_t i = 0; i < segment.words.size(); ++i) lines.add(segment.words[i], i % most == 0);
  }
  return lines.finish();
}

/// The word underlined, without the white space before it.
std::string highlighted(std::string_view word) {
  const std::string_view bare = strip(word);
  const auto begin = bare.empty() ? word.size() : static_cast<size_t>(bare.data() - word.data());
  return std::string(word.substr(0, begin)) + "<u>" + std::string(word.substr(begin)) + "</u>";
}

std::string joined(const Words& words, size_t highlight) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) text += i == highlight ? highlighted(words[i].word) : words[i].word;
  return text;
}

void add_highlighted(const Words& words, const std::function<std::string(double)>& format, std::vector<Cue>& cues) {
  std::string last = format(words.front().start);
  for (size_t i = 0; i < words.size(); ++i) {
    std::string start = format(words[i].start);
    std::string end = format(words[i].end);
    if (last != start) cues.push_back({last, start, joined(words, words.size())});
    cues.push_back({std::move(start), end, joined(words, i)});
    last = std::move(end);
  }
}

}  // namespace

std::vector<Cue> make_cues(const Transcript& transcript, const SubtitleOptions& options,
                           const std::function<std::string(double)>& format) {
  std::vector<Cue> cues;
  if (!transcript.has_words) {
    for (const Segment& segment : transcript.segments) {
      cues.push_back({format(segment.start), format(segment.end), without_arrows(strip(segment.text))});
    }
    return cues;
  }
  for (const Words& words : break_lines(transcript, options)) {
    if (options.highlight_words) {
      add_highlighted(words, format, cues);
    } else {
      cues.push_back({format(words.front().start), format(words.back().end), joined(words, words.size())});
    }
  }
  return cues;
}

}  // namespace skald::text
