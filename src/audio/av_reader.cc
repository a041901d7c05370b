#include "audio/av_reader.h"

#include <cerrno>
#include <cmath>

#include "base/file.h"

namespace skald::audio {
namespace {

constexpr const char* kNotAudioRemedy = "check that it is a recording and complete";

Error out_of_memory(const std::string& where) {
  return {ErrorCode::kOutOfMemory, where, "no memory to decode it", "close other programs and try again"};
}

/// ffmpeg's own choice (fftools/ffmpeg_mux_init.c, map_auto_audio): streams that delivered packets while being
/// examined before those that did not, then those marked default, then the most channels, then the first.
int choose_stream(const AVFormatContext& format) {
  int best = -1;
  int best_score = -1;
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    const AVStream& stream = *format.streams[i];
    if (stream.codecpar->codec_type != AVMEDIA_TYPE_AUDIO) continue;
    int score = stream.codecpar->ch_layout.nb_channels;
    if ((stream.event_flags & AVSTREAM_EVENT_FLAG_NEW_PACKETS) != 0) score += 100000000;
    if ((stream.disposition & AV_DISPOSITION_DEFAULT) != 0) score += 5000000;
    if (score > best_score) {
      best = static_cast<int>(i);
      best_score = score;
    }
  }
  return best;
}

}  // namespace

Result<std::unique_ptr<AvReader>> AvReader::open(const InputFile& file) {
  redirect_av_log();
  std::unique_ptr<AvReader> reader(new AvReader(file));
  SKALD_CHECK(reader->open_container());
  SKALD_CHECK(reader->open_decoder());
  reader->describe();
  return reader;
}

Result<void> AvReader::open_container() {
  input_ = AvInput::create(*file_);
  AVFormatContext* context = avformat_alloc_context();
  if (input_ == nullptr || context == nullptr) {
    avformat_free_context(context);
    return std::unexpected(out_of_memory(file_->name()));
  }
  context->pb = input_->context();
  // Playlists and the like name other files and addresses. Those are not opened (no protocol has this name): only what
  // the user named is read.
  context->protocol_whitelist = av_strdup("none");
  if (context->protocol_whitelist == nullptr) {
    avformat_free_context(context);
    return std::unexpected(out_of_memory(file_->name()));
  }
  // On failure FFmpeg frees the context.
  int rc = avformat_open_input(&context, file_->hint().c_str(), nullptr, nullptr);
  if (input_->read_error() != 0) {
    format_.reset(rc < 0 ? nullptr : context);
    return std::unexpected(io_error());
  }
  if (rc == AVERROR(ENOMEM)) return std::unexpected(out_of_memory(file_->name()));
  if (rc < 0) {
    return fail(ErrorCode::kBadAudio, file_->name(), "is not a recording that can be read: " + av_error_text(rc),
                kNotAudioRemedy);
  }
  format_.reset(context);
  rc = avformat_find_stream_info(context, nullptr);
  if (input_->read_error() != 0) return std::unexpected(io_error());
  if (rc == AVERROR(ENOMEM)) return std::unexpected(out_of_memory(file_->name()));
  stream_ = choose_stream(*context);
  if (stream_ < 0) return fail(ErrorCode::kBadAudio, file_->name(), "contains no audio stream", kNotAudioRemedy);
  for (unsigned i = 0; i < context->nb_streams; ++i) {
    if (static_cast<int>(i) != stream_) context->streams[i]->discard = AVDISCARD_ALL;
  }
  return {};
}

Result<void> AvReader::open_decoder() {
  const AVStream& stream = *format_->streams[stream_];
  const AVCodec* codec = avcodec_find_decoder(stream.codecpar->codec_id);
  if (codec == nullptr) {
    return fail(ErrorCode::kBadAudio, file_->name(),
                std::string("has audio in a format without a decoder: ") + avcodec_get_name(stream.codecpar->codec_id),
                "convert it to WAV or FLAC first");
  }
  decoder_.reset(avcodec_alloc_context3(codec));
  packet_.reset(av_packet_alloc());
  frame_.reset(av_frame_alloc());
  if (decoder_ == nullptr || packet_ == nullptr || frame_ == nullptr) {
    return std::unexpected(out_of_memory(file_->name()));
  }
  int rc = avcodec_parameters_to_context(decoder_.get(), stream.codecpar);
  decoder_->pkt_timebase = stream.time_base;  // needed to trim encoder delay and padding
  decoder_->thread_count = 1;                 // the machine's cores are the model's
  if (rc >= 0) rc = avcodec_open2(decoder_.get(), codec, nullptr);
  if (rc == AVERROR(ENOMEM)) return std::unexpected(out_of_memory(file_->name()));
  if (rc < 0) {
    return fail(ErrorCode::kBadAudio, file_->name(),
                std::string("its ") + codec->name + " audio cannot be decoded: " + av_error_text(rc), kNotAudioRemedy);
  }
  return {};
}

void AvReader::describe() {
  const AVStream& stream = *format_->streams[stream_];
  info_.container = format_->iformat->name;
  info_.codec = avcodec_get_name(stream.codecpar->codec_id);
  info_.channels = stream.codecpar->ch_layout.nb_channels;
  info_.sample_rate = stream.codecpar->sample_rate;
  if (stream.duration != AV_NOPTS_VALUE && stream.duration > 0) {
    info_.duration = static_cast<double>(stream.duration) * av_q2d(stream.time_base);
  } else if (format_->duration != AV_NOPTS_VALUE && format_->duration > 0) {
    info_.duration = static_cast<double>(format_->duration) / AV_TIME_BASE;
  }
  if (!std::isfinite(info_.duration)) info_.duration = 0;
}

bool AvReader::duration_is_guessed() const {
  return format_->duration_estimation_method == AVFMT_DURATION_FROM_BITRATE;
}

Error AvReader::io_error() const {
  errno = input_->read_error();
  Error error = errno_error(file_->name(), "cannot be read");
  error.code = ErrorCode::kIo;
  return error;
}

Result<AVFrame*> AvReader::next() {
  for (;;) {
    const int rc = avcodec_receive_frame(decoder_.get(), frame_.get());
    if (rc >= 0) {
      if (frame_->sample_rate == 0) frame_->sample_rate = decoder_->sample_rate;
      return frame_.get();
    }
    if (rc == AVERROR_EOF) return nullptr;
    if (rc == AVERROR(ENOMEM)) return std::unexpected(out_of_memory(file_->name()));
    if (rc != AVERROR(EAGAIN)) {
      ++faults_.packets;
      if (draining_) return nullptr;
    }
    SKALD_CHECK(feed());
  }
}

/// Gives the decoder the stream's next packet, or tells it that there are no more.
Result<void> AvReader::feed() {
  int rc = 0;
  do {
    av_packet_unref(packet_.get());
    rc = av_read_frame(format_.get(), packet_.get());
  } while (rc == AVERROR(EAGAIN) || (rc >= 0 && packet_->stream_index != stream_));
  if (input_->read_error() != 0) return std::unexpected(io_error());
  if (rc == AVERROR(ENOMEM)) return std::unexpected(out_of_memory(file_->name()));
  if (rc < 0) {
    if (rc != AVERROR_EOF) faults_.stopped = av_error_text(rc);
    draining_ = true;
    avcodec_send_packet(decoder_.get(), nullptr);  // cannot fail: the decoder is not full and not drained yet
    return {};
  }
  rc = avcodec_send_packet(decoder_.get(), packet_.get());
  av_packet_unref(packet_.get());
  if (rc == AVERROR(ENOMEM)) return std::unexpected(out_of_memory(file_->name()));
  if (rc < 0 && rc != AVERROR_EOF) ++faults_.packets;
  return {};
}

}  // namespace skald::audio
