#pragma once
// The public door: open a model once, transcribe recordings with it.

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "skald/error.h"
#include "skald/options.h"
#include "skald/output.h"
#include "skald/transcript.h"

namespace skald {

/// Called from the thread that runs transcribe(), between windows. Empty functions are skipped.
struct Callbacks {
  /// The language is known (given or detected). Once a file, before the first segment.
  std::function<void(const std::string& code, double probability)> on_language;
  /// A finished segment.
  std::function<void(const Segment&)> on_segment;
  /// Seconds of audio done, seconds in all.
  std::function<void(double done, double total)> on_progress;
  /// Asked between decoder steps and windows: true stops, and the transcript keeps what is finished.
  const std::atomic<bool>* cancel = nullptr;
};

/// What a loaded model is and where it runs.
struct ModelInfo {
  std::string name;  ///< as given
  std::string path;  ///< directory it was read from
  bool multilingual = false;
  int languages = 0;  ///< 0 for an English-only model
  int mel_bands = 0;
  int width = 0;
  int encoder_layers = 0;
  int decoder_layers = 0;
  int vocabulary = 0;
  int64_t parameters = 0;
  std::string device;
  std::string isa;
  std::string compute_type;  ///< of encoder and decoder, joined by "+" where they differ
  int threads = 0;
  double load_seconds = 0;
};

/// Owns one model on its devices. Movable. Threads: any number may transcribe; their windows are decoded together.
class Engine {
 public:
  /// Opens a model. Errors: kNotFound, kBadModel, kUnsupported, kInvalidArgument, kOutOfMemory.
  static Result<Engine> load(const LoadOptions& options);

  /// Transcribes one file ("-": standard input). A cancelled run, or one that fails after the first window,
  /// returns a Transcript with complete == false and keeps what was finished.
  /// Errors: kInvalidArgument, kNotFound, kPermission, kBadAudio, kUnsupported.
  Result<Transcript> transcribe(const std::string& path, const TranscribeOptions& options,
                                const Callbacks& callbacks = {});

  /// Transcribes 16 kHz mono samples in [-1, 1], which are not copied.
  Result<Transcript> transcribe(std::span<const float> samples, const TranscribeOptions& options,
                                const Callbacks& callbacks = {});

  /// Whether this model can do what the options ask (translate, a language, token ids ...), as transcribe() would find
  /// out. Errors: kInvalidArgument, kUnsupported.
  Result<void> check(const TranscribeOptions& options) const;

  const ModelInfo& info() const;

  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  ~Engine();

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace skald
