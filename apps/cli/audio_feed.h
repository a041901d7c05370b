#pragma once
// Raw audio that is read on a thread of its own, so that nothing is lost while what came before is listened to.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "skald/error.h"

namespace skald::cli {

/// Where bytes come from.
class ByteSource {
 public:
  ByteSource() = default;
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// Waits a tenth of a second at most; how many bytes it wrote. Errors: kCancelled: this is the end; others.
  virtual Result<size_t> read(std::span<std::byte> out) = 0;
};

/// Raw bytes of standard input.
class StandardInput final : public ByteSource {
 public:
  Result<size_t> read(std::span<std::byte> out) override;
};

/// Reads ahead up to `most` bytes; then whoever writes has to wait.
class AudioFeed {
 public:
  AudioFeed(std::unique_ptr<ByteSource> source, size_t most);
  ~AudioFeed();
  AudioFeed(const AudioFeed&) = delete;
  AudioFeed& operator=(const AudioFeed&) = delete;

  /// All that has come since the last call, after waiting for some; empty at the end. Reading ends with the source, at
  /// the first Ctrl-C, and with an error.
  std::vector<std::byte> take();
  /// The error that reading ended with. After take() was empty.
  Result<void> outcome() const { return error_ ? std::unexpected(*error_) : Result<void>{}; }

 private:
  void read_all();

  std::unique_ptr<ByteSource> source_;
  size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::byte> waiting_;
  bool ended_ = false;
  std::atomic<bool> stopped_{false};
  std::optional<Error> error_;
  std::thread thread_;
};

}  // namespace skald::cli
