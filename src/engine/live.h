#pragma once
// The listening loop of skald::Live, over anything that recognises words: which words are stable, which audio is let
// go.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "skald/live.h"

namespace skald::engine {

/// Words of a piece of audio (16 kHz mono) with times from its start. `before`: stable text of what came before it.
using Recognise = std::function<Result<std::vector<Word>>(std::span<const float> samples, const std::string& before)>;

/// Whether two words are the same but for case, blanks and ASCII punctuation.
bool is_same_word(const std::string& a, const std::string& b);

/// Listens to all audio since a cut whenever a step's worth has come. Words that two successive hypotheses begin with
/// are stable as the later one spells them, but for words at the very end of the earlier one's audio.
class LiveLoop {
 public:
  /// Pre: validate(options).
  LiveLoop(Recognise recognise, const LiveOptions& options, Live::OnText on_text);

  /// Errors: those of `recognise`.
  Result<void> feed(std::span<const float> samples);
  Result<void> finish();

  /// Samples that are held.
  size_t held() const { return buffer_.size(); }

 private:
  Result<void> listen(bool is_last);
  std::vector<Word> beyond_stable(std::vector<Word> words) const;
  void settle(size_t count, LiveText& text);
  void let_go();
  void cut(int64_t sample);
  void force(LiveText& text);
  double seconds_at(size_t offset) const;
  double heard() const { return seconds_at(buffer_.size()); }

  Recognise recognise_;
  Live::OnText on_text_;
  size_t step_;
  size_t length_;
  std::vector<float> buffer_;
  int64_t begin_ = 0;              // sample of the stream that buffer_ begins with
  size_t fresh_ = 0;               // samples that have not been listened to
  std::vector<Word> stable_;       // those whose audio is in buffer_
  double stable_end_ = 0;          // seconds: end of the last stable word
  double provisional_until_ = 0;   // seconds: end of the audio of the last hypothesis
  std::vector<Word> provisional_;  // of the last hypothesis, behind the stable ones
  std::string before_;             // stable text whose audio is gone, its end
};

}  // namespace skald::engine
