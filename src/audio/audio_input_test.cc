// What is not a good recording, and what comes through standard input.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "audio/audio_test_util.h"
#include "audio/spool.h"

namespace skald::audio {
namespace {

using testing::load;
using testing::read_all;
using testing::tones;
using testing::wav;
using testing::WavFormat;
using testing::write_bytes;

/// Opens and reads to the end; the error that came.
Error failure(const std::string& path) {
  auto source = open_audio(path);
  if (!source) return source.error();
  std::vector<float> buffer(16000);
  for (;;) {
    const auto got = (*source)->read(buffer);
    if (!got) return got.error();
    if (*got == 0) break;
  }
  ADD_FAILURE() << path << " was accepted";
  return {};
}

void expect_error(const std::string& path, ErrorCode code, const std::string& words) {
  const Error error = failure(path);
  EXPECT_EQ(error.code, code) << to_string(error);
  EXPECT_NE(error.message.find(words), std::string::npos) << to_string(error);
  EXPECT_FALSE(error.where.empty());
  EXPECT_FALSE(error.remedy.empty()) << to_string(error);
  EXPECT_EQ(to_string(error).find('\n'), std::string::npos) << to_string(error);
}

TEST(AudioErrors, EachSaysWhatAndWhatToDo) {
  const testing::ScratchDirectory scratch;
  expect_error("", ErrorCode::kInvalidArgument, "no file");
  expect_error(scratch / "missing.wav", ErrorCode::kNotFound, "cannot be opened");
  expect_error(scratch / "", ErrorCode::kInvalidArgument, "is a directory");
  expect_error(write_bytes(scratch / "empty.wav", ""), ErrorCode::kBadAudio, "is empty");
  expect_error("/dev/null", ErrorCode::kBadAudio, "is empty");
  const std::string text = "This is a text file that somebody called a recording.\n";
  expect_error(write_bytes(scratch / "text.wav", text), ErrorCode::kBadAudio, "is not a recording");
  expect_error(write_bytes(scratch / "text", text + text), ErrorCode::kBadAudio, "is not a recording");
  expect_error(write_bytes(scratch / "a.srt", "1\n00:00:00,000 --> 00:00:01,000\nhello\n"), ErrorCode::kBadAudio,
               "no audio stream");
  expect_error(write_bytes(scratch / "zeros", std::string(10000, '\0')), ErrorCode::kBadAudio, "is not a recording");
  expect_error(write_bytes(scratch / "riff.wav", "RIFF"), ErrorCode::kBadAudio, "is not a recording");
  const std::string header = testing::wav_header({}, 1000);
  expect_error(write_bytes(scratch / "cut.wav", header.substr(0, 30)), ErrorCode::kBadAudio, "");
}

TEST(AudioErrors, AbsurdRatesAreRefused) {
  const testing::ScratchDirectory scratch;
  for (const int rate : {1, 999, 2000000000}) {
    WavFormat format{.rate = 16000};
    const auto samples = tones(format, 0.2);
    format.rate = rate;
    expect_error(write_bytes(scratch / "a.wav", wav(format, samples)), ErrorCode::kBadAudio, "sample rate");
  }
}

TEST(AudioErrors, ContainersThatLostTheirRest) {
  if (!testing::have_ffmpeg()) return;
  const testing::ScratchDirectory scratch;
  const WavFormat format;
  write_bytes(scratch / "a.wav", wav(format, tones(format, 2)));
  ASSERT_TRUE(testing::run_ffmpeg({"-i", scratch / "a.wav", "-c:a", "aac", scratch / "a.mkv"}));
  std::string bytes = testing::read_bytes(scratch / "a.mkv");
  // A Matroska file cut right after its header: streams are announced, no packet follows.
  const size_t cluster = bytes.find("\x1F\x43\xB6\x75");
  ASSERT_NE(cluster, std::string::npos);
  bytes.resize(cluster);
  auto source = open_audio(write_bytes(scratch / "cut.mkv", bytes));
  if (source) {
    EXPECT_TRUE(read_all(**source).empty());
  } else {
    EXPECT_EQ(source.error().code, ErrorCode::kBadAudio);
  }
  // An MP4 without its index.
  ASSERT_TRUE(testing::run_ffmpeg({"-i", scratch / "a.wav", "-c:a", "aac", scratch / "a.m4a"}));
  const std::string m4a = testing::read_bytes(scratch / "a.m4a");
  expect_error(write_bytes(scratch / "cut.m4a", m4a.substr(0, m4a.size() / 2)), ErrorCode::kBadAudio,
               "is not a recording");
}

TEST(AudioErrors, VideoWithoutSound) {
  if (!testing::have_ffmpeg()) return;
  const testing::ScratchDirectory scratch;
  ASSERT_TRUE(testing::run_ffmpeg({"-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=1", scratch / "v.mkv"}));
  expect_error(scratch / "v.mkv", ErrorCode::kBadAudio, "no audio stream");
}

TEST(AudioErrors, PlaylistsDoNotOpenOtherFiles) {
  const testing::ScratchDirectory scratch;
  const WavFormat format;
  write_bytes(scratch / "a.wav", wav(format, tones(format, 1)));
  const std::string concat = "ffconcat version 1.0\nfile a.wav\n";
  expect_error(write_bytes(scratch / "list.ffconcat", concat), ErrorCode::kBadAudio, "");
  const std::string m3u = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.wav\n#EXT-X-ENDLIST\n";
  expect_error(write_bytes(scratch / "list.m3u8", m3u), ErrorCode::kBadAudio, "");
}

TEST(AudioErrors, Unreadable) {
  const testing::ScratchDirectory scratch;
  const WavFormat format;
  const std::string path = write_bytes(scratch / "a.wav", wav(format, tones(format, 0.1)));
  std::filesystem::permissions(scratch / "", std::filesystem::perms::all);
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  const bool root = ::geteuid() == 0;  // root reads everything: be nobody for a moment
  constexpr uid_t kNobody = 65534;
  ASSERT_TRUE(!root || ::seteuid(kNobody) == 0);
  expect_error(path, ErrorCode::kPermission, "cannot be opened");
  ASSERT_TRUE(!root || ::seteuid(0) == 0);
}

/// Standard input is `fd` while it lives.
class RedirectedInput {
 public:
  explicit RedirectedInput(int fd) : saved_(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10)) { ::dup2(fd, STDIN_FILENO); }
  ~RedirectedInput() {
    if (saved_.get() >= 0) {
      ::dup2(saved_.get(), STDIN_FILENO);
    } else {
      ::close(STDIN_FILENO);
    }
  }
  RedirectedInput(const RedirectedInput&) = delete;
  RedirectedInput& operator=(const RedirectedInput&) = delete;

 private:
  Descriptor saved_;
};

TEST(StandardInput, PipeIsSpooledAndReadTwice) {
  const testing::ScratchDirectory scratch;
  const WavFormat format{.rate = 44100};
  const std::string bytes = wav(format, tones(format, 3));  // 265 KB: more than a pipe holds
  const auto expected = load(write_bytes(scratch / "a.wav", bytes));
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  std::thread writer([&bytes, fd = ends[1]] {
    size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t put = ::write(fd, bytes.data() + done, std::min<size_t>(bytes.size() - done, 3001));
      if (put <= 0) break;
      done += static_cast<size_t>(put);
    }
    ::close(fd);
  });
  const Descriptor reading(ends[0]);
  const RedirectedInput redirected(reading.get());
  auto source = open_audio("-");
  writer.join();
  ASSERT_TRUE(source) << to_string(source.error());
  EXPECT_EQ(read_all(**source), expected);
  ASSERT_TRUE((*source)->rewind());
  EXPECT_EQ(read_all(**source), expected);
}

TEST(StandardInput, RedirectedFileIsReadFromWhereItStands) {
  const testing::ScratchDirectory scratch;
  const WavFormat format;
  const std::string bytes = wav(format, tones(format, 1));
  const auto expected = load(write_bytes(scratch / "a.wav", bytes));
  write_bytes(scratch / "b", "a line before\n" + bytes);
  const Descriptor file(::open((scratch / "b").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::lseek(file.get(), 14, SEEK_SET), 14);
  const RedirectedInput redirected(file.get());
  auto source = open_audio("-");
  ASSERT_TRUE(source) << to_string(source.error());
  EXPECT_EQ(read_all(**source), expected);
  ASSERT_TRUE((*source)->rewind());
  EXPECT_EQ(read_all(**source), expected);
}

TEST(StandardInput, NothingInIt) {
  const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const RedirectedInput redirected(nothing.get());
  expect_error("-", ErrorCode::kBadAudio, "is empty");
}

TEST(Spool, NamedPipeWorksLikeAFile) {
  const testing::ScratchDirectory scratch;
  const WavFormat format;
  const std::string bytes = wav(format, tones(format, 0.3));
  const auto expected = load(write_bytes(scratch / "a.wav", bytes));
  const std::string pipe = scratch / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] { write_bytes(pipe, bytes); });
  EXPECT_EQ(load(pipe), expected);
  writer.join();
}

TEST(Spool, LeavesNoName) {
  const testing::ScratchDirectory scratch;
  const std::string path = write_bytes(scratch / "a", std::string(200000, 'x'));
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto copy = spool(file.get(), "a", scratch / "");
  ASSERT_TRUE(copy);
  EXPECT_EQ(::lseek(copy->get(), 0, SEEK_END), 200000);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(scratch / ""), {}), 1);
}

TEST(Spool, FullDiskIsAnError) {
  const testing::ScratchDirectory scratch;
  const std::string path = write_bytes(scratch / "a", std::string(200000, 'x'));
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  // A limit on file sizes stands in for the end of the disk: write() fails half-way.
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 100000, .rlim_max = old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto copy = spool(file.get(), "a", scratch / "");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(copy);
  EXPECT_EQ(copy.error().code, ErrorCode::kIo);
  EXPECT_NE(copy.error().remedy.find("TMPDIR"), std::string::npos);
}

TEST(Spool, MissingDirectoryIsAnError) {
  const testing::ScratchDirectory scratch;
  const auto copy = spool(STDIN_FILENO, "a", scratch / "missing");
  ASSERT_FALSE(copy);
  EXPECT_EQ(copy.error().code, ErrorCode::kNotFound);
  EXPECT_NE(copy.error().remedy.find("TMPDIR"), std::string::npos);
}

}  // namespace
}  // namespace skald::audio
