#include "audio_feed.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "interrupt.h"

namespace skald::cli {
namespace {

constexpr int kPatience = 100;           // ms that a read waits, so that Ctrl-C is seen
constexpr size_t kMostAtOnce = 1 << 14;  // bytes: 0.5 s of 16 kHz, 16 bits

std::unexpected<Error> cannot_read() {
  return fail(ErrorCode::kIo, "-", std::string("standard input cannot be read: ") + std::strerror(errno), "");
}

}  // namespace

Result<size_t> StandardInput::read(std::span<std::byte> out) {
  pollfd ready{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  const int count = ::poll(&ready, 1, kPatience);
  if (count == 0 || (count < 0 && errno == EINTR)) return size_t{0};
  if (count < 0) return cannot_read();
  const ssize_t got = ::read(STDIN_FILENO, out.data(), out.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return size_t{0};
  if (got < 0) return cannot_read();
  if (got == 0) return fail(ErrorCode::kCancelled, "-", "the end");
  return static_cast<size_t>(got);
}

AudioFeed::AudioFeed(std::unique_ptr<ByteSource> source, size_t most)
    : source_(std::move(source)), most_(most), thread_([this] { read_all(); }) {}

AudioFeed::~AudioFeed() {
  stopped_ = true;
  changed_.notify_all();
  thread_.join();
}

void AudioFeed::read_all() {
  std::array<std::byte, kMostAtOnce> block{};
  while (!stopped_ && !stop_flag()) {
    const Result<size_t> got = source_->read(block);
    std::unique_lock lock(mutex_);
    if (!got) {
      if (got.error().code != ErrorCode::kCancelled) error_ = got.error();
      break;
    }
    waiting_.insert(waiting_.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(*got));
    changed_.notify_all();
    while (waiting_.size() + block.size() > most_ && !stopped_ && !stop_flag()) {
      changed_.wait_for(lock, std::chrono::milliseconds(kPatience));
    }
  }
  const std::scoped_lock lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

std::vector<std::byte> AudioFeed::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ended_ || !waiting_.empty(); });
  changed_.notify_all();
  return std::exchange(waiting_, {});
}

}  // namespace skald::cli
