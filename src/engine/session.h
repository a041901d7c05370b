#pragma once
// One transcription: a recording, what was asked, and the transcript so far. The window loops (sequential.cc,
// batched.cc) say which window comes next.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audio/audio_source.h"
#include "audio/log_mel.h"
#include "base/result.h"
#include "decode/rules.h"
#include "engine/batcher.h"
#include "engine/segments.h"
#include "engine/word_times.h"
#include "skald/engine.h"

namespace skald::engine {

/// A source that knows how long its reads took and can be cancelled between them.
class WatchedSource final : public audio::AudioSource {
 public:
  WatchedSource(audio::AudioSource& inner, const Callbacks& callbacks, double& seconds)
      : inner_(inner), callbacks_(callbacks), seconds_(seconds) {}

  Result<size_t> read(std::span<float> out) override;
  Result<void> rewind() override;
  const audio::AudioInfo& info() const override { return inner_.info(); }

 private:
  audio::AudioSource& inner_;
  const Callbacks& callbacks_;
  double& seconds_;
};

class Session {
 public:
  Session(Batcher& batcher, audio::AudioSource& source, const TranscribeOptions& options, const Callbacks& callbacks)
      : batcher_(batcher), options_(options), callbacks_(callbacks), source_(source, callbacks, out_.timings.audio) {}

  /// Reads the recording once; finds length, speech, language and clips. Errors: those of AudioSource, Encoder, Decoder
  /// and decode::make_settings; kCancelled.
  Result<void> prepare();

  const TranscribeOptions& options() const { return options_; }
  /// Those of the recording's language. Pre: prepared.
  const decode::Settings& settings() const { return tongues_.at(out_.language).settings; }
  const text::Tokenizer& tokenizer() const { return batcher_.machine().tokenizer(); }
  Transcript& transcript() { return out_; }

  /// Frames of the recording.
  int64_t content() const { return content_; }
  /// Parts that shall be transcribed.
  std::span<const Stretch> clips() const { return clips_; }
  /// Where somebody speaks, unpadded and padded, and the probabilities that say so (20 ms).
  std::span<const Stretch> speech() const { return speech_; }
  std::span<const Stretch> padded_speech() const { return padded_speech_; }
  std::span<const float> probabilities() const { return probabilities_; }

  /// Whether the recording is cut into windows of speech that are decoded together. By itself it is when it is longer
  /// than a window and nothing is asked for that looks at one window after the other.
  bool batched() const;

  /// The initial prompt's tokens.
  std::vector<int32_t> initial_prompt() const;

  /// Log-mel (frames, M) from a frame on.
  struct KeptMel {
    int64_t begin = 0;
    std::vector<float> mel;
  };

  /// A window on its way.
  struct Window {
    WindowPlace place;
    /// Once it was read; parts of it that are listened to again share it, as going back in a recording is reading it
    /// from its beginning.
    std::shared_ptr<const KeptMel> kept = {};
    std::string language = {};  ///< code; empty until it is known
    uint64_t ahead = 0;         ///< Batcher::encode_ahead()
    Batcher::Ticket ticket = {};
  };

  /// Reads, encodes and starts to decode a window; finds its language first if each has its own. wait and an empty
  /// ticket: Batcher::enter(). Errors: those of MelStream and Batcher.
  Result<void> enter(Window& window, std::vector<int32_t> prompt, bool wait);
  /// A window that will enter later, and nothing else before it, is encoded meanwhile, if the encoder can. Errors:
  /// those of MelStream.
  Result<void> encode_ahead(Window& window);
  Result<size_t> wait(std::span<const Batcher::Id> ids) { return batcher_.wait(ids, callbacks_.cancel, times_); }
  /// The result of an ended window. Errors: what it ended with.
  Result<decode::WindowResult> result(const Window& window) { return batcher_.result(window.ticket); }
  /// Its segments (cut_segments), in their language.
  WindowSegments cut(const decode::WindowResult& result, const Window& window) const;

  /// Finds the words of a window's segments and puts them in. `last_speech`: end of the last word before the window.
  Result<void> add_words_to(std::vector<Segment>& segments, const Window& window, double last_speech);
  Punctuation punctuation() const { return {options_.prepend_punctuations, options_.append_punctuations}; }

  /// Segments that are done: numbered, told, kept.
  void keep(std::vector<Segment>& segments);
  void keep(const std::vector<Attempt>& attempts);
  /// Errors: kCancelled.
  Result<void> check_cancel() const { return check(callbacks_.cancel); }
  /// How far the recording is done, in frames.
  void tell_progress(int64_t done);

  /// Fills in what is known at the end, whatever the outcome.
  Transcript finish(double total_seconds);

 private:
  /// What windows of one language are decoded with.
  struct Tongue {
    decode::Settings settings;
    std::unique_ptr<decode::Rules> rules;  // of these settings
  };

  Result<void> listen();
  Result<void> choose_language();
  Result<void> hear_language();
  Result<void> add_tongue(const std::string& language);
  Result<void> read(int64_t begin, int content);
  Result<void> read(Window& window);

  Batcher& batcher_;
  const TranscribeOptions& options_;
  const Callbacks& callbacks_;
  Transcript out_;
  WatchedSource source_;
  std::unique_ptr<audio::MelStream> mel_;
  std::vector<float> frames_;              // (3000, M)
  std::map<std::string, Tongue> tongues_;  // languages so far
  std::vector<float> probabilities_;
  std::vector<Stretch> speech_;
  std::vector<Stretch> padded_speech_;
  std::vector<Stretch> clips_;
  std::vector<model::Head> heads_;  // that show when a token is heard
  std::vector<int32_t> spoken_;     // tokens of all segments
  int64_t content_ = 0;
  uint64_t first_encoded_ = 0;  // the whole first window, by the detection of the language
  WorkTimes times_;
};

/// The code of the language when it need not be detected. An English-only model hears English whatever is asked, as
/// the reference's command line has it. Errors: kInvalidArgument.
Result<std::optional<std::string>> known_language(const Machine& machine, const TranscribeOptions& options);

/// The window loop of openai/whisper transcribe.py: each window begins where the one before it says.
Result<void> transcribe_sequential(Session& session);

/// Windows of speech, decoded together, without a memory of each other.
Result<void> transcribe_batched(Session& session);

}  // namespace skald::engine
