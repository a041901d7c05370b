#pragma once
// Raw samples that come in pieces, as 16 kHz mono.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skald::audio {

/// "u8", "s16le", "s32le", "f32le".
std::span<const std::string_view> pcm_formats();

/// Converts as open_audio() does a recording of these samples. Threads: one call at a time.
class PcmStream {
 public:
  /// format: one of pcm_formats(), channels interleaved. Errors: kInvalidArgument for another one.
  static Result<PcmStream> open(const std::string& format, int rate, int channels);

  /// Appends what `bytes` give; a sample may be cut anywhere. Errors: kOutOfMemory, kBadAudio.
  Result<void> convert(std::span<const std::byte> bytes, std::vector<float>& out);
  /// Appends what the filter still holds. A part of a sample is dropped.
  Result<void> finish(std::vector<float>& out);

  PcmStream(PcmStream&&) noexcept;
  PcmStream& operator=(PcmStream&&) noexcept;
  PcmStream(const PcmStream&) = delete;
  PcmStream& operator=(const PcmStream&) = delete;
  ~PcmStream();

 private:
  struct Impl;
  explicit PcmStream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace skald::audio
