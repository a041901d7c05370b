#pragma once
// From a recording and options to a transcript.

#include "audio/audio_source.h"
#include "base/result.h"
#include "engine/batcher.h"
#include "skald/engine.h"

namespace skald::engine {

/// Transcribes one recording. Pre: validate(options). Threads: any number, each with its own source.
/// A cancelled run, or one that fails after its first window, gives a Transcript with complete == false.
/// Errors: those of AudioSource, Encoder, Decoder and decode::make_settings.
Result<Transcript> transcribe(Batcher& batcher, audio::AudioSource& source, const TranscribeOptions& options,
                              const Callbacks& callbacks);

/// The decoding settings that `options` ask of a model. `language`: a code. Errors: kInvalidArgument, kUnsupported.
Result<void> check_settings(const Machine& machine, const TranscribeOptions& options);

}  // namespace skald::engine
