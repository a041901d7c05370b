#pragma once
// FFmpeg's objects as owning handles, and its error codes as text.

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/error.h>
#include <libswresample/swresample.h>
}

#include <array>
#include <memory>
#include <string>

namespace skald::audio {

struct AvDeleter {
  void operator()(AVFormatContext* p) const { avformat_close_input(&p); }
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
  void operator()(AVPacket* p) const { av_packet_free(&p); }
  void operator()(AVFrame* p) const { av_frame_free(&p); }
  void operator()(SwrContext* p) const { swr_free(&p); }
  void operator()(AVIOContext* p) const {
    av_freep(static_cast<void*>(&p->buffer));  // FFmpeg may have replaced the buffer it was given
    avio_context_free(&p);
  }
};

template <class T>
using AvHandle = std::unique_ptr<T, AvDeleter>;

/// A channel layout by value; some kinds own memory.
class ChannelLayout {
 public:
  ChannelLayout() = default;
  ~ChannelLayout() { av_channel_layout_uninit(&layout_); }
  ChannelLayout(const ChannelLayout&) = delete;
  ChannelLayout& operator=(const ChannelLayout&) = delete;
  ChannelLayout(ChannelLayout&&) = delete;
  ChannelLayout& operator=(ChannelLayout&&) = delete;

  /// False: out of memory.
  bool assign(const AVChannelLayout& other) { return av_channel_layout_copy(&layout_, &other) >= 0; }
  AVChannelLayout* get() { return &layout_; }
  bool operator==(const AVChannelLayout& other) const { return av_channel_layout_compare(&layout_, &other) == 0; }

 private:
  AVChannelLayout layout_{};
};

/// FFmpeg's words for one of its error codes.
inline std::string av_error_text(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

}  // namespace skald::audio
