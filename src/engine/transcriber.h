#pragma once
// Long form: the sequential window loop of openai/whisper transcribe.py over one recording.

#include "audio/audio_source.h"
#include "base/result.h"
#include "engine/machine.h"
#include "skald/engine.h"

namespace skald::engine {

/// Transcribes one recording on `machine`, which the caller has to himself. Pre: validate(options).
/// A cancelled run, or one that fails after its first window, gives a Transcript with complete == false.
/// Errors: those of AudioSource, Encoder, Decoder and decode::make_settings.
Result<Transcript> transcribe(Machine& machine, audio::AudioSource& source, const TranscribeOptions& options,
                              const Callbacks& callbacks);

/// The decoding settings that `options` ask of a model. `language`: a code. Errors: kInvalidArgument, kUnsupported.
Result<void> check_settings(const Machine& machine, const TranscribeOptions& options);

}  // namespace skald::engine
