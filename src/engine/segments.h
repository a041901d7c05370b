#pragma once
// The window loop's arithmetic as pure functions: from the tokens of a window to segments and the next window's start
// (openai/whisper transcribe.py, transcribe()).

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "decode/decoding.h"
#include "skald/transcript.h"
#include "text/tokenizer.h"

namespace skald::engine {

/// Frames of 10 ms, [begin, end).
struct Stretch {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t size() const { return end - begin; }
  friend bool operator==(const Stretch&, const Stretch&) = default;
};

/// Where a window lies, in frames of 10 ms.
struct WindowPlace {
  int64_t seek = 0;  ///< its first frame
  int frames = 0;    ///< frames of content, at most 3000 (reference: segment_size)
};

/// What a decoded window contributes.
struct WindowSegments {
  std::vector<Segment> segments;  ///< without ids
  int64_t next_seek = 0;
  bool single_ending = false;  ///< the tokens end in a single timestamp: no speech after it
};

/// Seconds of a number of frames, rounded as the reference's `frames * HOP_LENGTH / SAMPLE_RATE`.
double seconds(int64_t frames);
/// Frames of a time: the reference's `round(seconds * FRAMES_PER_SECOND)`, halves to even.
int64_t frames(double seconds);

/// Whether a decoded window is silence: no_speech_prob > no_speech_threshold, unless avg_logprob > logprob_threshold.
bool is_silence(const decode::WindowResult& result, const decode::Settings& settings);

/// Cuts a window's tokens at each pair of consecutive timestamps; without any pair the window is one segment, up to its
/// last timestamp if that is not zero. The next window begins at the last closed timestamp, or after this window when
/// there is no pair or the tokens end in a single timestamp (no speech after it).
WindowSegments cut_segments(const decode::WindowResult& result, WindowPlace place, const text::Tokenizer& tokenizer);

/// A segment without duration or with blank text keeps its place but loses text and tokens.
void clear_if_empty(Segment& segment);

/// The prompt's history across windows (reference: all_tokens, prompt_reset_since, remaining_prompt_length).
class History {
 public:
  /// `initial`: tokens of the initial prompt; `carry`: it stands before every window's prompt; `prompt_room`: most
  /// prompt tokens a window takes, text_ctx / 2 - 1.
  History(std::vector<int32_t> initial, bool carry, int prompt_room);

  /// Tokens for the next window's prompt. It may be longer than fits: the decoder keeps the end.
  std::vector<int32_t> prompt() const;

  /// Adds the (cleared) segments of a window; `forget`: later prompts begin after them.
  void add(std::span<const Segment> segments, bool forget);

 private:
  std::vector<int32_t> tokens_;  // initial prompt first
  size_t initial_size_;
  size_t reset_since_ = 0;
  int room_;
  bool carry_;
};

}  // namespace skald::engine
