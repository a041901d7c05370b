#include <portaudio.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "console.h"
#include "microphone.h"

namespace skald::cli {
namespace {

constexpr double kRate = 16000;
constexpr unsigned long kFrames = 1600;  // a tenth of a second

std::unexpected<Error> failed(const std::string& what, PaError code) {
  return fail(ErrorCode::kIo, "--microphone", what + ": " + Pa_GetErrorText(code), "check the sound settings");
}

class Microphone final : public ByteSource {
 public:
  Microphone() = default;
  ~Microphone() override {
    if (stream_ != nullptr) Pa_CloseStream(stream_);
    if (initialised_) Pa_Terminate();
  }
  Microphone(const Microphone&) = delete;
  Microphone& operator=(const Microphone&) = delete;

  Result<void> open() {
    if (const PaError code = Pa_Initialize(); code != paNoError) return failed("PortAudio does not start", code);
    initialised_ = true;
    PaError code = Pa_OpenDefaultStream(&stream_, 1, 0, paInt16, kRate, kFrames, nullptr, nullptr);
    if (code == paNoError) code = Pa_StartStream(stream_);
    if (code != paNoError) return failed("cannot be opened", code);
    return {};
  }

  Result<size_t> read(std::span<std::byte> out) override {
    const auto frames = std::min<unsigned long>(kFrames, out.size() / sizeof(int16_t));
    const PaError code = Pa_ReadStream(stream_, out.data(), frames);
    if (code == paInputOverflowed) {
      tell("skald: audio was lost: this machine is too slow for the model and the step");
    } else if (code != paNoError) {
      return failed("cannot be read", code);
    }
    return static_cast<size_t>(frames) * sizeof(int16_t);
  }

 private:
  PaStream* stream_ = nullptr;
  bool initialised_ = false;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_microphone() {
  auto microphone = std::make_unique<Microphone>();
  if (auto opened = microphone->open(); !opened) return std::unexpected(std::move(opened).error());
  return microphone;
}

}  // namespace skald::cli
