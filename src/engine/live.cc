#include "engine/live.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "audio/audio_source.h"

namespace skald::engine {
namespace {

constexpr double kPause = 2.0;         // seconds without a word after which audio is let go
constexpr double kLead = 1.5;          // seconds of a pause that are kept: a word may have begun in them
constexpr double kEdge = 0.2;          // seconds: a word that ends so near the end of audio may have been cut off by it
constexpr double kMostAtOnce = 3.0;    // seconds that are added before it is listened to, however much has come
constexpr double kRepeatWithin = 0.5;  // seconds behind the stable words in which they may be said again
constexpr double kRoomAfterCut = 0.6;  // of the length: more than this is cut at the end of a sentence
constexpr size_t kMostBefore = 200;    // bytes of text before the audio (as ufal/whisper_streaming)
constexpr size_t kLongestRepeat = 5;   // words that a new hypothesis may say again of the stable ones

size_t samples_of(double seconds) {
  return static_cast<size_t>(std::llround(seconds * audio::kSampleRate));
}

/// Letters and digits in small letters; what is beyond ASCII as it is.
std::string core_of(const std::string& word) {
  std::string core;
  for (const char c : word) {
    if (c >= 'A' && c <= 'Z') {
      core += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80) {
      core += c;
    }
  }
  return core;
}

bool ends_sentence(const std::string& word) {
  return word.ends_with('.') || word.ends_with('?') || word.ends_with('!') || word.ends_with("。") ||
         word.ends_with("？") || word.ends_with("！");
}

/// How many words `words` begins with that `stable` ends in: a hypothesis that says them again, a little later.
size_t repeated(std::span<const Word> stable, std::span<const Word> words) {
  for (size_t count = std::min({kLongestRepeat, stable.size(), words.size()}); count > 0; --count) {
    const auto same = [](const Word& a, const Word& b) { return is_same_word(a.word, b.word); };
    if (std::ranges::equal(stable.last(count), words.first(count), same)) return count;
  }
  return 0;
}

}  // namespace

bool is_same_word(const std::string& a, const std::string& b) {
  return core_of(a) == core_of(b);
}

LiveLoop::LiveLoop(Recognise recognise, const LiveOptions& options, Live::OnText on_text)
    : recognise_(std::move(recognise)),
      on_text_(std::move(on_text)),
      step_(samples_of(options.step)),
      length_(samples_of(options.length)) {
  buffer_.reserve(length_);
}

double LiveLoop::seconds_at(size_t offset) const {
  return static_cast<double>(begin_ + static_cast<int64_t>(offset)) / audio::kSampleRate;
}

Result<void> LiveLoop::feed(std::span<const float> samples) {
  while (!samples.empty()) {
    const size_t most = std::max(step_, samples_of(kMostAtOnce)) - fresh_;
    const auto taken = samples.first(std::min({samples.size(), length_ - buffer_.size(), most}));
    buffer_.insert(buffer_.end(), taken.begin(), taken.end());
    fresh_ += taken.size();
    samples = samples.subspan(taken.size());
    if (fresh_ >= step_ || buffer_.size() == length_) SKALD_CHECK(listen(false));
  }
  return {};
}

Result<void> LiveLoop::finish() {
  if (fresh_ > 0) return listen(true);
  LiveText text{.heard = heard()};
  settle(provisional_.size(), text);
  if (on_text_) on_text_(text);
  return {};
}

/// Of the words of all audio here, those behind the stable ones.
std::vector<Word> LiveLoop::beyond_stable(std::vector<Word> words) const {
  std::erase_if(words, [&](const Word& word) { return (word.start + word.end) / 2 <= stable_end_; });
  const bool may_repeat = !words.empty() && words.front().start < stable_end_ + kRepeatWithin;
  const size_t again = may_repeat ? repeated(stable_, words) : 0;
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(again));
  return words;
}

/// The first words of the hypothesis are stable.
void LiveLoop::settle(size_t count, LiveText& text) {
  const auto end = provisional_.begin() + static_cast<std::ptrdiff_t>(count);
  for (auto word = provisional_.begin(); word != end; ++word) {
    stable_end_ = std::max(stable_end_, word->end);
    stable_.push_back(*word);
    text.stable.push_back(std::move(*word));
  }
  provisional_.erase(provisional_.begin(), end);
}

Result<void> LiveLoop::listen(bool is_last) {
  fresh_ = 0;
  std::vector<Word> words;
  if (!buffer_.empty()) {
    SKALD_TRY(words, recognise_(buffer_, before_));
  }
  for (Word& word : words) {
    word.start += seconds_at(0);
    word.end += seconds_at(0);
  }
  words = beyond_stable(std::move(words));
  const auto differs = std::ranges::mismatch(words, provisional_,
                                             [](const Word& a, const Word& b) { return is_same_word(a.word, b.word); });
  auto agreed = static_cast<size_t>(differs.in1 - words.begin());
  while (agreed > 0 && words[agreed - 1].end > provisional_until_ - kEdge) --agreed;
  provisional_ = std::move(words);
  provisional_until_ = heard();
  LiveText text{.heard = heard()};
  settle(is_last ? provisional_.size() : agreed, text);
  if (!is_last && buffer_.size() == length_ && stable_.empty()) force(text);
  text.provisional = provisional_;
  if (on_text_) on_text_(text);
  let_go();
  return {};
}

/// There is no room, and no two hypotheses agree: the last one is taken but for its last word, which may be cut off.
void LiveLoop::force(LiveText& text) {
  if (provisional_.empty()) return;
  const bool may_go_on = provisional_.size() > 1 && heard() - provisional_.back().end < kPause;
  settle(provisional_.size() - (may_go_on ? 1 : 0), text);
}

/// Audio that nothing more is expected of.
void LiveLoop::let_go() {
  const double spoken = std::max(stable_end_, seconds_at(0));
  if (provisional_.empty() && heard() - spoken >= kPause) {  // nobody speaks
    cut(static_cast<int64_t>(samples_of(std::max(spoken, heard() - kLead))));
    return;
  }
  const bool full = buffer_.size() == length_;
  if (!full && static_cast<double>(buffer_.size()) < kRoomAfterCut * static_cast<double>(length_)) return;
  const auto sentence =
      std::find_if(stable_.rbegin(), stable_.rend(), [](const Word& word) { return ends_sentence(word.word); });
  if (sentence != stable_.rend()) {
    cut(static_cast<int64_t>(samples_of(sentence->end)));
  } else if (full) {
    cut(stable_.empty() ? begin_ + static_cast<int64_t>(length_ / 2)
                        : static_cast<int64_t>(samples_of(stable_.back().end)));
  }
}

/// Lets go of the audio before a sample of the stream, and of the stable words in it.
void LiveLoop::cut(int64_t sample) {
  const int64_t drop = std::clamp<int64_t>(sample - begin_, 0, static_cast<int64_t>(buffer_.size()));
  buffer_.erase(buffer_.begin(), buffer_.begin() + drop);
  begin_ += drop;
  const auto kept = std::ranges::find_if(stable_, [&](const Word& word) { return word.end > seconds_at(0) + 1e-3; });
  for (auto word = stable_.begin(); word != kept; ++word) before_ += word->word;
  stable_.erase(stable_.begin(), kept);
  if (before_.size() <= kMostBefore) return;
  const size_t blank = before_.find(' ', before_.size() - kMostBefore);
  before_.erase(0, blank == std::string::npos ? before_.size() - kMostBefore : blank);
}

}  // namespace skald::engine
