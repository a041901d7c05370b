#pragma once
// Transcription of audio as it comes.

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "skald/engine.h"
#include "skald/error.h"
#include "skald/options.h"
#include "skald/transcript.h"

namespace skald {

/// What the audio is, and how often it is listened to.
struct LiveOptions {
  std::string format = "s16le";  ///< of feed(bytes): "u8", "s16le", "s32le", "f32le", channels interleaved
  int rate = 16000;              ///< of feed(bytes): samples a second
  int channels = 1;              ///< of feed(bytes): their mean is heard
  double step = 0.5;             ///< seconds of new audio before it is listened to again
  double length = 15;            ///< seconds of audio that are listened to at most
  bool keep_context = false;     ///< a step is given the stable text before its audio

  template <class Visitor>
  void for_each_field(Visitor&& visit);
};

template <class Visitor>
void LiveOptions::for_each_field(Visitor&& visit) {
  visit(Field{.name = "format",
              .help = "what a sample is: u8, s16le, s32le, f32le; channels interleaved",
              .metavar = "NAME"},
        format);
  visit(Field{.name = "rate", .help = "samples a second", .min = 1000, .max = 768000, .metavar = "HZ"}, rate);
  visit(Field{.name = "channels", .help = "channels, whose mean is heard", .min = 1, .max = 64, .metavar = "N"},
        channels);
  visit(Field{.name = "step",
              .help = "seconds of new audio before it is listened to again",
              .min = 0.1,
              .max = 10,
              .metavar = "S"},
        step);
  visit(Field{.name = "length",
              .help = "seconds of audio that are listened to at most, all of them at every step",
              .min = 5,
              .max = 30,
              .metavar = "S"},
        length);
  visit(Field{.name = "keep_context", .help = "give a step the stable text before its audio as a prompt"},
        keep_context);
}

/// Checks ranges and names. `where` of the error is the option's name with hyphens.
Result<void> validate(const LiveOptions& options);

/// What is known after a step. Times in seconds from the first sample.
struct LiveText {
  std::vector<Word> stable;       ///< words that will not change any more; each is told once, in order
  std::vector<Word> provisional;  ///< what is heard after them so far; the next LiveText replaces it
  double heard = 0;               ///< end of the audio that this is about
};

/// One stream of audio. Words become stable when two successive hypotheses agree on them (local agreement: Machacek et
/// al. 2023, arXiv 2307.14743); audio behind them is let go at the ends of sentences and in pauses, so memory and the
/// cost of a step do not grow. Threads: one call at a time.
class Live {
 public:
  using OnText = std::function<void(const LiveText&)>;

  /// The defaults of listening: greedy, since two hypotheses judge each other, and without fallback, which makes a step
  /// take several times as long as another.
  static TranscribeOptions usual_options();

  /// `engine` and `cancel` outlive this. Of `options`, words are always timed, nothing is clipped or conditioned on.
  /// Errors: kInvalidArgument, kUnsupported.
  static Result<Live> open(Engine& engine, const TranscribeOptions& options, const LiveOptions& live, OnText on_text,
                           const std::atomic<bool>* cancel = nullptr);

  /// Takes audio of any amount and listens to it when there is a step's worth. Calls on_text before it returns.
  /// bytes: as LiveOptions say; samples: 16 kHz, mono, in [-1, 1]. Errors: those of Engine::transcribe; kCancelled as
  /// long as `cancel` is true, between the steps of decoding too; kInvalidArgument after finish().
  Result<void> feed(std::span<const std::byte> bytes);
  Result<void> feed(std::span<const float> samples);

  /// The audio ends here: what is still provisional becomes stable. Errors: those of feed().
  Result<void> finish();

  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;
  Live(Live&&) noexcept;
  Live& operator=(Live&&) noexcept;
  ~Live();

 private:
  struct Impl;
  explicit Live(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace skald
