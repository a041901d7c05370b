#include "microphone.h"

namespace skald::cli {

Result<std::unique_ptr<ByteSource>> open_microphone() {
  return fail(ErrorCode::kUnsupported, "--microphone", "this program was built without PortAudio",
              "install portaudio19-dev and build again, or: arecord -q -t raw -f S16_LE -r 16000 -c 1 | skald listen");
}

}  // namespace skald::cli
