// Sample for sample what openai/whisper gets from the ffmpeg program. Says so when there is no such program.

#include <gtest/gtest.h>

#include "audio/audio_test_util.h"

namespace skald::audio {
namespace {

using testing::load;
using testing::read_all;
using testing::tones;
using testing::wav;
using testing::WavFormat;
using testing::WavKind;
using testing::write_bytes;

TEST(AudioFfmpeg, WavsEqualTheFfmpegProgram) {
  if (!testing::have_ffmpeg()) return;
  const testing::ScratchDirectory scratch;
  const WavFormat formats[] = {
      {.rate = 8000, .bits = 8},
      {.rate = 44100, .channels = 2},
      {.rate = 48000, .channels = 2, .bits = 24},
      {.rate = 96000, .channels = 6, .bits = 32},
      {.rate = 22050, .channels = 1, .bits = 32, .kind = WavKind::kFloat},
      {.rate = 11025, .channels = 3, .bits = 64, .kind = WavKind::kFloat},
      {.rate = 48000, .channels = 8},
      {.rate = 16000, .channels = 2},
      {.rate = 192000, .channels = 4, .bits = 24},
  };
  for (const WavFormat& format : formats) {
    SCOPED_TRACE(std::to_string(format.rate) + " Hz, channels " + std::to_string(format.channels));
    const std::string path = write_bytes(scratch / "a.wav", wav(format, tones(format, 1.3)));
    const auto expected = testing::ffmpeg_samples(path, scratch / "a.pcm");
    ASSERT_FALSE(expected.empty());
    EXPECT_EQ(load(path), expected);
  }
}

struct Encoding {
  const char* file;
  std::vector<std::string> options;
};

TEST(AudioFfmpeg, CompressedFormatsEqualTheFfmpegProgramTwice) {
  if (!testing::have_ffmpeg()) return;
  const testing::ScratchDirectory scratch;
  const WavFormat format{.rate = 44100, .channels = 2};
  const std::string original = write_bytes(scratch / "original.wav", wav(format, tones(format, 2.3)));
  const std::vector<std::string> video{"-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=2.3", "-shortest"};
  const Encoding encodings[] = {
      {"a.flac", {}},
      {"a.mp3", {"-q:a", "4"}},
      {"a.ogg", {"-c:a", "libvorbis"}},
      {"a.opus", {}},
      {"a.m4a", {"-c:a", "aac"}},
      {"a.aac", {}},
      {"a.wma", {}},
      {"a.aiff", {}},
      {"a.au", {}},
      {"a.webm", video},
      {"a.mp4", video},
      {"a.mkv", video},
      {"a.ac3", {}},
      {"v.ogg", {"-c:a", "libopus"}},
      {"a.ts", video},
      {"a.w64", {}},
      {"adpcm.wav", {"-c:a", "adpcm_ms"}},
  };
  for (const Encoding& encoding : encodings) {
    SCOPED_TRACE(encoding.file);
    const std::string path = scratch / encoding.file;
    std::vector<std::string> arguments{"-i", original};
    arguments.insert(arguments.end(), encoding.options.begin(), encoding.options.end());
    arguments.push_back(path);
    if (!testing::run_ffmpeg(arguments)) {
      GTEST_LOG_(WARNING) << "this ffmpeg cannot write " << encoding.file << ": left out";
      continue;
    }
    const auto expected = testing::ffmpeg_samples(path, scratch / "a.pcm");
    auto source = open_audio(path);
    ASSERT_TRUE(source) << to_string(source.error());
    EXPECT_EQ(read_all(**source), expected);
    ASSERT_TRUE((*source)->rewind());
    EXPECT_EQ(read_all(**source, 777), expected);
  }
}

}  // namespace
}  // namespace skald::audio
