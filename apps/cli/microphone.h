#pragma once
// The microphone, where the program was built with PortAudio.

#include <memory>

#include "audio_feed.h"

namespace skald::cli {

/// The default microphone as 16 kHz, mono, s16le. Audio that was lost because nobody took it is told on standard error.
/// Errors: kUnsupported (built without PortAudio), kIo (no microphone, or it cannot be opened).
Result<std::unique_ptr<ByteSource>> open_microphone();

}  // namespace skald::cli
