// Feeds FFmpeg's input as a recording is read: through a file in memory, opened, read twice from the front.

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "audio/audio_source.h"
#include "base/descriptor.h"
#include "base/log.h"

namespace {

constexpr size_t kMostBytes = 64 << 10;              // of an input; a longer one is cut
constexpr size_t kMostSamples = size_t{16000} * 30;  // read of a recording: compressed silence can be hours

/// Samples read from the front, at most kMostSamples.
size_t read_all(skald::audio::AudioSource& source) {
  std::array<float, 4096> samples{};
  size_t sum = 0;
  while (sum < kMostSamples) {
    const auto got = source.read(samples);
    if (!got) {
      if (got.error().message.empty()) std::abort();
      break;
    }
    if (*got == 0) break;
    if (*got > samples.size()) std::abort();
    for (size_t i = 0; i < *got; ++i) {
      if (!(std::abs(samples[i]) <= 1.0F)) std::abort();
    }
    sum += *got;
  }
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  skald::log().sinks().clear();  // what FFmpeg says of the input is put into words, for nobody
  skald::log().set_level(spdlog::level::debug);
  const skald::Descriptor file(::memfd_create("recording", MFD_CLOEXEC));
  const size_t bytes = size < kMostBytes ? size : kMostBytes;
  if (file.get() < 0 || ::write(file.get(), data, bytes) != static_cast<ssize_t>(bytes)) std::abort();
  const auto source = skald::audio::open_audio("/proc/self/fd/" + std::to_string(file.get()));
  if (!source) {
    const skald::Error& error = source.error();
    if (error.message.empty() || to_string(error).find('\n') != std::string::npos) std::abort();
    return 0;
  }
  const size_t first = read_all(**source);
  if (!(*source)->rewind()) return 0;
  if (read_all(**source) != first) std::abort();
  return 0;
}
