#pragma once
// For the tests of this folder: recordings made on the spot, the ffmpeg program where there is one, captured warnings.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <spdlog/sinks/ostream_sink.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numbers>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "audio/audio_source.h"
#include "base/descriptor.h"
#include "base/log.h"

namespace skald::audio::testing {

/// A directory that is removed with everything in it.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "skald-audio-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Warnings of the library while it lives.
class CapturedLog {
 public:
  CapturedLog() : sink_(std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)), old_level_(log().level()) {
    old_sinks_.swap(log().sinks());
    log().sinks().push_back(sink_);
    log().set_level(spdlog::level::warn);
  }
  ~CapturedLog() {
    log().sinks().swap(old_sinks_);
    log().set_level(old_level_);
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::sinks::sink> sink_;
  std::vector<spdlog::sink_ptr> old_sinks_;
  spdlog::level::level_enum old_level_;
};

enum class WavKind : uint16_t { kInteger = 1, kFloat = 3 };

struct WavFormat {
  int rate = kSampleRate;
  int channels = 1;
  int bits = 16;
  WavKind kind = WavKind::kInteger;
};

inline void put_le(std::string& bytes, uint64_t value, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xFFU));
}

/// The 44 bytes before `data_bytes` of samples.
inline std::string wav_header(const WavFormat& format, uint64_t data_bytes) {
  const auto block = static_cast<uint64_t>(format.channels * format.bits / 8);
  std::string bytes = "RIFF";
  put_le(bytes, 36 + data_bytes, 4);
  bytes += "WAVEfmt ";
  put_le(bytes, 16, 4);
  put_le(bytes, static_cast<uint64_t>(format.kind), 2);
  put_le(bytes, static_cast<uint64_t>(format.channels), 2);
  put_le(bytes, static_cast<uint64_t>(format.rate), 4);
  put_le(bytes, static_cast<uint64_t>(format.rate) * block, 4);
  put_le(bytes, block, 2);
  put_le(bytes, static_cast<uint64_t>(format.bits), 2);
  bytes += "data";
  put_le(bytes, data_bytes, 4);
  return bytes;
}

/// One sample, full scale +-1, in the format's own bytes.
inline void put_sample(std::string& bytes, const WavFormat& format, double value) {
  if (format.kind == WavKind::kFloat) {
    if (format.bits == 32) return put_le(bytes, std::bit_cast<uint32_t>(static_cast<float>(value)), 4);
    return put_le(bytes, std::bit_cast<uint64_t>(value), 8);
  }
  const double scaled = std::floor(value * std::ldexp(1.0, format.bits - 1) + 0.5);
  const auto whole =
      static_cast<int64_t>(std::clamp(scaled, -std::ldexp(1.0, format.bits - 1), std::ldexp(1.0, format.bits - 1) - 1));
  put_le(bytes, static_cast<uint64_t>(format.bits == 8 ? whole + 128 : whole), format.bits / 8);
}

inline std::string wav(const WavFormat& format, std::span<const double> interleaved) {
  std::string samples;
  for (const double value : interleaved) put_sample(samples, format, value);
  return wav_header(format, samples.size()) + samples;
}

inline std::string write_bytes(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return path;
}

inline std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Something like a recording: per channel its own tone with a swell, and a little noise.
inline std::vector<double> tones(const WavFormat& format, double seconds) {
  std::vector<double> samples;
  uint32_t state = 1;
  for (int i = 0; i < static_cast<int>(seconds * format.rate); ++i) {
    const double t = static_cast<double>(i) / format.rate;
    for (int c = 0; c < format.channels; ++c) {
      state = 1664525U * state + 1013904223U;
      const double tone = std::sin(2 * std::numbers::pi * (300.0 + 210.0 * c) * t);
      samples.push_back(0.5 * tone * std::sin(std::numbers::pi * t) + 0.01 * (state / 2147483648.0 - 1.0));
    }
  }
  return samples;
}

/// Everything a source has left; a failure fails the test.
inline std::vector<float> read_all(AudioSource& source, size_t step = 5000) {
  std::vector<float> all;
  std::vector<float> buffer(step);
  for (;;) {
    const auto got = source.read(buffer);
    if (!got) {
      ADD_FAILURE() << to_string(got.error());
      return all;
    }
    if (*got == 0) return all;
    all.insert(all.end(), buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(*got));
  }
}

inline std::vector<float> load(const std::string& path) {
  auto source = open_audio(path);
  if (!source) {
    ADD_FAILURE() << to_string(source.error());
    return {};
  }
  return read_all(**source);
}

/// Runs ffmpeg; true: it was there and succeeded.
inline bool run_ffmpeg(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"ffmpeg", "-nostdin", "-v", "error", "-y"});
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, "ffmpeg", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  return failed == 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

inline bool have_ffmpeg() {
  static const bool have = run_ffmpeg({"-version"});
  if (!have) GTEST_LOG_(WARNING) << "the ffmpeg program is not installed: comparisons with it are left out";
  return have;
}

/// What openai/whisper's load_audio gets: audio.py's command line. Empty: ffmpeg refused.
inline std::vector<float> ffmpeg_samples(const std::string& path, const std::string& scratch) {
  if (!run_ffmpeg(
          {"-threads", "0", "-i", path, "-f", "s16le", "-ac", "1", "-acodec", "pcm_s16le", "-ar", "16000", scratch})) {
    return {};
  }
  const std::string bytes = read_bytes(scratch);
  std::vector<float> samples(bytes.size() / 2);
  for (size_t i = 0; i < samples.size(); ++i) {
    const auto low = static_cast<uint8_t>(bytes[2 * i]);
    const auto high = static_cast<uint8_t>(bytes[2 * i + 1]);
    samples[i] = static_cast<float>(static_cast<int16_t>(high * 256 + low)) / 32768.0F;
  }
  return samples;
}

}  // namespace skald::audio::testing
