#pragma once
// Words and their times, and what follows from them: openai/whisper timing.py (add_word_timestamps) and the
// hallucination rules of transcribe.py. Pure functions over aligned words.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decode/alignment.h"
#include "skald/transcript.h"
#include "text/words.h"

namespace skald::engine {

/// A word of a window, before it belongs to a segment. Merged into a neighbour: without text and tokens.
struct TimedWord {
  std::string word;
  size_t tokens = 0;
  double start = 0;  ///< seconds in the window
  double end = 0;
  double probability = 0;  ///< mean of its tokens'
};

/// Words and the times of their tokens. `words` may end in end-of-text; alone it gives nothing.
std::vector<TimedWord> time_words(std::span<const text::WordTokens> words, const decode::TokenTimes& times);

/// Gives punctuation to its neighbour: a lone one of `prepended` after a blank to the word that follows, one of
/// `appended` to the word before.
void merge_punctuation(std::vector<TimedWord>& words, std::string_view prepended, std::string_view appended);

struct Punctuation {
  std::string_view prepended;
  std::string_view appended;
};

/// Puts `aligned`, all words of the window that begins at `offset` seconds, into its segments, shortens words that are
/// too long at the ends of sentences and segments, and moves the segments' times to their words. `last_speech`: end of
/// the last word before the window.
void add_words(std::span<Segment> segments, std::vector<TimedWord> aligned, const Punctuation& punctuation,
               double offset, double last_speech, int32_t end_of_text);

/// End of the last word, or of the last segment where there are no words; nothing without segments.
std::optional<double> last_end(std::span<const Segment> segments);

/// A window that the hallucination rules look at. Times in seconds of the recording.
struct HeardWindow {
  int64_t seek = 0;  ///< first frame
  int frames = 0;    ///< of content
  int64_t content_frames = 0;
  bool single_ending = false;  ///< its tokens end in one timestamp
  double last_speech = 0;      ///< end of the last word before it
};

struct Judgement {
  int64_t next_seek = 0;
  bool again = false;  ///< none of the segments is kept
};

/// Whether words are so unlikely, short or long that nobody may have said them (reference: is_segment_anomaly).
bool is_anomalous(const Segment& segment, const Punctuation& punctuation);

/// Removes segments that are most likely made up, and says where to go on: whisper.md 6.11. `next_seek`: where the
/// window loop would go on without these rules.
Judgement skip_hallucinations(std::vector<Segment>& segments, const HeardWindow& window, double threshold,
                              int64_t next_seek, const Punctuation& punctuation);

}  // namespace skald::engine
