#pragma once
// One pass over a recording: demultiplex and decode its audio stream with FFmpeg.

#include <cstdint>
#include <memory>
#include <string>

#include "audio/audio_source.h"
#include "audio/av_handles.h"
#include "audio/input_file.h"
#include "base/result.h"

namespace skald::audio {

/// FFmpeg reads through this from an InputFile, which must outlive it.
class AvInput {
 public:
  /// Null: out of memory.
  static std::unique_ptr<AvInput> create(const InputFile& file);

  AVIOContext* context() { return context_.get(); }
  int read_error() const { return read_error_; }  ///< errno of a failed read of the file, 0: none

 private:
  explicit AvInput(const InputFile& file) : file_(&file) {}
  static int read(void* self, uint8_t* buffer, int size);
  static int64_t seek(void* self, int64_t offset, int whence);

  const InputFile* file_;
  int64_t position_ = 0;
  int read_error_ = 0;
  AvHandle<AVIOContext> context_;
};

/// What went wrong in a pass without ending it.
struct PassFaults {
  int64_t packets = 0;  ///< that could not be decoded
  std::string stopped;  ///< why reading ended before the end of the file; empty: it did not
};

/// From the first frame to the last; a second pass is a second reader, so both deliver the same samples.
class AvReader {
 public:
  /// Chooses the stream as the program ffmpeg does: one by default, else the first with the most channels.
  /// Errors: kBadAudio, kOutOfMemory, kIo.
  static Result<std::unique_ptr<AvReader>> open(const InputFile& file);

  /// The next decoded frame, valid until the next call; null at the end. Packets that cannot be decoded are skipped
  /// and counted. Errors: kIo (the file cannot be read), kOutOfMemory.
  Result<AVFrame*> next();

  const AudioInfo& info() const { return info_; }
  const PassFaults& faults() const { return faults_; }
  bool duration_is_guessed() const;  ///< from the bit rate only

 private:
  explicit AvReader(const InputFile& file) : file_(&file) {}
  Result<void> open_container();
  Result<void> open_decoder();
  Result<void> feed();
  void describe();
  Error io_error() const;

  const InputFile* file_;
  std::unique_ptr<AvInput> input_;  // outlives format_
  AvHandle<AVFormatContext> format_;
  AvHandle<AVCodecContext> decoder_;
  AvHandle<AVPacket> packet_;
  AvHandle<AVFrame> frame_;
  int stream_ = -1;
  bool draining_ = false;
  AudioInfo info_;
  PassFaults faults_;
};

/// Sends FFmpeg's own messages to log() at level debug instead of stderr. Cheap to call again.
void redirect_av_log();

}  // namespace skald::audio
