#include "audio/resampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "audio/audio_source.h"

namespace skald::audio {
namespace {

// Rates outside are damage, not recordings (telephone archives start at 4 kHz, DSD as PCM ends at 705.6 kHz), and
// libswresample's filter grows with the ratio.
constexpr int kLowestRate = 1000;      // Hz
constexpr int kHighestRate = 1536000;  // Hz

// Float samples beyond +-2^14 full scales are cut there: a down-mix and the filter's overshoot then stay below 2^16,
// where libswresample's conversion to 32-bit integers (x * 2^15) would wrap around instead of saturating.
constexpr double kLoudest = 16384;

/// Returns how many samples were not finite.
template <class T>
int64_t sanitise_plane(std::span<T> samples) {
  int64_t found = 0;
  for (T& sample : samples) {
    if (std::abs(sample) <= static_cast<T>(kLoudest)) continue;  // false for NaN
    if (std::isfinite(sample)) {
      sample = std::copysign(static_cast<T>(kLoudest), sample);
    } else {
      sample = 0;
      ++found;
    }
  }
  return found;
}

bool is_sane(const AVFrame& frame, int planes, size_t plane_samples, bool is_float) {
  const auto sane = [](const auto sample) { return std::abs(sample) <= static_cast<decltype(sample)>(kLoudest); };
  for (int p = 0; p < planes; ++p) {
    const void* plane = frame.extended_data[p];
    const bool fine = is_float ? std::ranges::all_of(std::span(static_cast<const float*>(plane), plane_samples), sane)
                               : std::ranges::all_of(std::span(static_cast<const double*>(plane), plane_samples), sane);
    if (!fine) return false;
  }
  return true;
}

/// Integer formats pass untouched. -1: out of memory.
int64_t sanitise(AVFrame& frame) {
  const auto format = static_cast<AVSampleFormat>(frame.format);
  const AVSampleFormat packed = av_get_packed_sample_fmt(format);
  const bool is_float = packed == AV_SAMPLE_FMT_FLT;
  if (!is_float && packed != AV_SAMPLE_FMT_DBL) return 0;
  const int channels = frame.ch_layout.nb_channels;
  const bool planar = av_sample_fmt_is_planar(format) != 0;
  const int planes = planar ? channels : 1;
  const size_t count = static_cast<size_t>(frame.nb_samples) * static_cast<size_t>(planar ? 1 : channels);
  if (is_sane(frame, planes, count, is_float)) return 0;
  if (av_frame_make_writable(&frame) < 0) return -1;  // the decoder may still refer to it
  int64_t found = 0;
  for (int p = 0; p < planes; ++p) {
    void* plane = frame.extended_data[p];
    found += is_float ? sanitise_plane(std::span(static_cast<float*>(plane), count))
                      : sanitise_plane(std::span(static_cast<double*>(plane), count));
  }
  return found;
}

std::string describe(const AVChannelLayout& layout) {
  std::array<char, 64> text{};
  av_channel_layout_describe(&layout, text.data(), text.size());
  return text.data();
}

/// A context that mixes by equal shares: for layouts libswresample has no matrix for.
int init_with_equal_shares(SwrContext* swr, int channels) {
  const std::vector<double> matrix(static_cast<size_t>(channels), 1.0 / channels);
  const int rc = swr_set_matrix(swr, matrix.data(), channels);
  return rc < 0 ? rc : swr_init(swr);
}

}  // namespace

Result<void> Resampler::configure(const AVFrame& frame, const AVChannelLayout& layout) {
  swr_.reset();
  format_ = frame.format;
  rate_ = frame.sample_rate;
  if (!layout_.assign(layout)) return fail(ErrorCode::kOutOfMemory, name_, "no memory for the resampler");
  if (rate_ < kLowestRate || rate_ > kHighestRate) {
    return fail(ErrorCode::kBadAudio, name_, "claims a sample rate of " + std::to_string(rate_) + " Hz",
                "the file is damaged; save it again");
  }
  AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;  // FFmpeg 5 takes it by pointer to non-const
  const auto make = [&]() -> int {
    SwrContext* made = nullptr;
    const int rc = swr_alloc_set_opts2(&made, &mono, AV_SAMPLE_FMT_S16, kSampleRate, layout_.get(),
                                       static_cast<AVSampleFormat>(format_), rate_, 0, nullptr);
    swr_.reset(made);
    return rc;
  };
  int rc = make();
  if (rc >= 0) rc = swr_init(swr_.get());
  if (rc < 0 && rc != AVERROR(ENOMEM)) {
    rc = make();
    if (rc >= 0) rc = init_with_equal_shares(swr_.get(), layout.nb_channels);
  }
  if (rc >= 0) return {};
  swr_.reset();
  if (rc == AVERROR(ENOMEM)) return fail(ErrorCode::kOutOfMemory, name_, "no memory for the resampler");
  return fail(
      ErrorCode::kBadAudio, name_,
      "cannot be converted from " + describe(layout) + " at " + std::to_string(rate_) + " Hz: " + av_error_text(rc),
      "convert it to 16 kHz mono first");
}

Result<void> Resampler::convert(AVFrame& frame, std::vector<int16_t>& out) {
  if (frame.nb_samples <= 0 || frame.ch_layout.nb_channels <= 0) return {};
  // Without a layout in the file, channels are in the default order for their number, as the program ffmpeg takes it.
  ChannelLayout guessed;
  const bool unknown = frame.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC;
  if (unknown) av_channel_layout_default(guessed.get(), frame.ch_layout.nb_channels);
  const AVChannelLayout& layout = unknown ? *guessed.get() : frame.ch_layout;
  if (swr_ == nullptr || frame.format != format_ || frame.sample_rate != rate_ || !(layout_ == layout)) {
    SKALD_CHECK(flush(out));
    SKALD_CHECK(configure(frame, layout));
  }
  const int64_t found = sanitise(frame);
  if (found < 0) return fail(ErrorCode::kOutOfMemory, name_, "no memory for a frame of audio");
  non_finite_ += found;
  return run(&frame, out);
}

Result<void> Resampler::flush(std::vector<int16_t>& out) {
  if (swr_ == nullptr) return {};
  const auto done = run(nullptr, out);
  swr_.reset();
  return done;
}

/// Null: the tail.
Result<void> Resampler::run(const AVFrame* frame, std::vector<int16_t>& out) {
  const int in_count = frame == nullptr ? 0 : frame->nb_samples;
  const int room = swr_get_out_samples(swr_.get(), in_count);
  if (room < 0) return fail(ErrorCode::kBadAudio, name_, "cannot be resampled: " + av_error_text(room));
  const size_t begin = out.size();
  out.resize(begin + static_cast<size_t>(room));
  auto* target = reinterpret_cast<uint8_t*>(out.data() + begin);
  // The parameter's constness differs between FFmpeg 5 and 7; this converts to both.
  const auto** source = frame == nullptr ? nullptr : const_cast<const uint8_t**>(frame->extended_data);
  const int got = swr_convert(swr_.get(), &target, room, source, in_count);
  out.resize(begin + static_cast<size_t>(std::max(got, 0)));
  if (got < 0) return fail(ErrorCode::kBadAudio, name_, "cannot be resampled: " + av_error_text(got));
  return {};
}

}  // namespace skald::audio
