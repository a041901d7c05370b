// Feeds raw samples as `skald listen` takes them: any format, rate and number of channels, cut anywhere. The cuts
// change nothing.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "audio/pcm_stream.h"
#include "base/log.h"

namespace {

constexpr size_t kHead = 4;              // bytes that say what the others are
constexpr size_t kMostBytes = 64 << 10;  // of an input; a longer one is cut
constexpr int kLeastRate = 1000;         // of LiveOptions
constexpr int kMostRate = 768000;

struct Layout {
  std::string format;
  int rate;
  int channels;
};

Layout layout_of(std::span<const uint8_t> head) {
  const auto formats = skald::audio::pcm_formats();
  const int rate = kLeastRate + (head[1] | head[2] << 8) * 12;
  return {.format = std::string(formats[head[0] % formats.size()]),
          .rate = rate < kMostRate ? rate : kMostRate,
          .channels = 1 + (head[0] >> 2)};
}

std::vector<float> samples_of(const Layout& layout, std::span<const std::byte> bytes, size_t piece) {
  auto stream = skald::audio::PcmStream::open(layout.format, layout.rate, layout.channels);
  if (!stream) std::abort();
  std::vector<float> samples;
  while (!bytes.empty()) {
    const auto some = bytes.first(bytes.size() < piece ? bytes.size() : piece);
    if (!stream->convert(some, samples)) std::abort();
    bytes = bytes.subspan(some.size());
  }
  if (!stream->finish(samples)) std::abort();
  for (const float sample : samples) {
    if (!(std::abs(sample) <= 1.0F)) std::abort();
  }
  return samples;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  skald::log().set_level(spdlog::level::off);
  if (size < kHead) return 0;
  if (size > kMostBytes) size = kMostBytes;
  const std::span<const uint8_t> input(data, size);
  const Layout layout = layout_of(input.first(kHead));
  const auto bytes = std::as_bytes(input.subspan(kHead));
  const size_t piece = 1 + size_t{input[3]} * 8;
  if (samples_of(layout, bytes, bytes.size() + 1) != samples_of(layout, bytes, piece)) std::abort();
  return 0;
}
