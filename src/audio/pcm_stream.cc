#include "audio/pcm_stream.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "audio/av_handles.h"
#include "audio/resampler.h"

namespace skald::audio {
namespace {

static_assert(std::endian::native == std::endian::little, "samples are taken as they come");

struct PcmFormat {
  std::string_view name;
  AVSampleFormat format;
};

constexpr auto kFormats = std::to_array<PcmFormat>({{"u8", AV_SAMPLE_FMT_U8},
                                                    {"s16le", AV_SAMPLE_FMT_S16},
                                                    {"s32le", AV_SAMPLE_FMT_S32},
                                                    {"f32le", AV_SAMPLE_FMT_FLT}});
constexpr auto kNames = [] {
  std::array<std::string_view, kFormats.size()> names{};
  std::ranges::transform(kFormats, names.begin(), &PcmFormat::name);
  return names;
}();
constexpr size_t kMostBytes = 1 << 20;  // converted at once

}  // namespace

std::span<const std::string_view> pcm_formats() {
  return kNames;
}

struct PcmStream::Impl {
  AVSampleFormat format;
  int rate;
  int channels;
  size_t frame_bytes;
  Resampler resampler{"audio"};
  std::vector<std::byte> rest;  // a frame that has not come as a whole
  std::vector<int16_t> converted;

  Result<void> convert(std::span<const std::byte> whole, std::vector<float>& out) {
    const AvHandle<AVFrame> frame(av_frame_alloc());
    if (!frame) return fail(ErrorCode::kOutOfMemory, "audio", "there is not enough memory to convert it");
    frame->format = format;
    frame->sample_rate = rate;
    frame->nb_samples = static_cast<int>(whole.size() / frame_bytes);
    av_channel_layout_default(&frame->ch_layout, channels);
    if (av_frame_get_buffer(frame.get(), 0) < 0) {
      return fail(ErrorCode::kOutOfMemory, "audio", "there is not enough memory to convert it");
    }
    std::memcpy(frame->data[0], whole.data(), whole.size());
    SKALD_CHECK(resampler.convert(*frame, converted));
    hand_over(out);
    return {};
  }

  void hand_over(std::vector<float>& out) {
    std::ranges::transform(converted, std::back_inserter(out),
                           [](int16_t s) { return static_cast<float>(s) * kSampleScale; });
    converted.clear();
  }
};

Result<PcmStream> PcmStream::open(const std::string& format, int rate, int channels) {
  const auto* found = std::ranges::find(kFormats, format, &PcmFormat::name);
  if (found == kFormats.end()) {
    return fail(ErrorCode::kInvalidArgument, "format", "unknown format '" + format + "'", "see pcm_formats()");
  }
  const size_t sample_bytes = static_cast<size_t>(av_get_bytes_per_sample(found->format));
  return PcmStream(std::make_unique<Impl>(found->format, rate, channels, sample_bytes * static_cast<size_t>(channels)));
}

Result<void> PcmStream::convert(std::span<const std::byte> bytes, std::vector<float>& out) {
  const size_t frame = impl_->frame_bytes;
  if (!impl_->rest.empty()) {
    const auto missing = bytes.first(std::min(bytes.size(), frame - impl_->rest.size()));
    impl_->rest.insert(impl_->rest.end(), missing.begin(), missing.end());
    bytes = bytes.subspan(missing.size());
    if (impl_->rest.size() < frame) return {};
    SKALD_CHECK(impl_->convert(impl_->rest, out));
    impl_->rest.clear();
  }
  while (bytes.size() >= frame) {
    const auto piece = bytes.first(std::min(bytes.size(), std::max(kMostBytes, frame)) / frame * frame);
    SKALD_CHECK(impl_->convert(piece, out));
    bytes = bytes.subspan(piece.size());
  }
  impl_->rest.assign(bytes.begin(), bytes.end());
  return {};
}

Result<void> PcmStream::finish(std::vector<float>& out) {
  SKALD_CHECK(impl_->resampler.flush(impl_->converted));
  impl_->hand_over(out);
  return {};
}

PcmStream::PcmStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PcmStream::PcmStream(PcmStream&&) noexcept = default;
PcmStream& PcmStream::operator=(PcmStream&&) noexcept = default;
PcmStream::~PcmStream() = default;

}  // namespace skald::audio
