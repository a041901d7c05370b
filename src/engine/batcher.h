#pragma once
// One machine for all callers: their windows are encoded one after the other and decoded together.

#include <atomic>
#include <cstdint>
#include <future>
#include <span>
#include <utility>
#include <vector>

#include "decode/alignment.h"
#include "decode/window_set.h"
#include "engine/cancel.h"
#include "engine/machine.h"
#include "engine/scheduler.h"

namespace skald::engine {

/// Wall seconds that a caller's own work took, waiting for others included.
struct WorkTimes {
  double encode = 0;
  double decode = 0;
};

/// One window of log-mel.
struct MelWindow {
  std::span<const float> mel;  ///< (T, M), clamped and scaled
  float mel_max = 0;           ///< the recording's
  double start = 0;            ///< seconds, for messages
  uint64_t encoded = 0;        ///< what detect_language() said when it encoded this very window; 0: it did not
  uint64_t ahead = 0;          ///< what encode_ahead() said of this very window; 0: nothing
};

/// Threads: any number. A caller that waits for its windows steps for all of them, in turn with the others that wait.
class Batcher {
 public:
  using Id = decode::WindowSet::Id;

  /// One who has windows decoded, up to so many at once.
  class Seat {
   public:
    Seat(Batcher& batcher, int windows) : batcher_(&batcher), windows_(windows) { batcher.wanted_ += windows; }
    ~Seat() { batcher_->wanted_ -= windows_; }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

   private:
    Batcher* batcher_;
    int windows_;
  };

  /// A window that is being decoded or has ended; it leaves when this is destroyed. Or nothing.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Batcher& batcher, Id id) : batcher_(&batcher), id_(id) {}
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    Ticket(Ticket&& other) noexcept : batcher_(std::exchange(other.batcher_, nullptr)), id_(other.id_) {}
    Ticket& operator=(Ticket&& other) noexcept;
    bool empty() const { return batcher_ == nullptr; }
    Id id() const { return id_; }

   private:
    Batcher* batcher_ = nullptr;
    Id id_ = 0;
  };

  explicit Batcher(Machine& machine) : machine_(&machine), set_(machine.decoder(), machine.tokenizer()) {}

  /// What does not change: sizes, tokenizer, mel, threads. Encoder and decoder are used through this class alone.
  Machine& machine() { return *machine_; }

  /// What encoder and decoder have done so far, for all callers.
  std::vector<DeviceReport> reports();

  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  /// Starts to encode a window that will enter, while others are decoded; at once. One at a time for all callers: for
  /// MelWindow::ahead, or 0 where the encoder is the CPU's or at work. What goes wrong is told when the window enters.
  uint64_t encode_ahead(const MelWindow& window);

  struct Languages {
    std::vector<float> probabilities;  ///< decode::detect_language
    uint64_t encoded = 0;              ///< for MelWindow::encoded: nobody encodes twice what nobody else came between
  };
  /// Which language a window is in. Errors: those of Encoder and Decoder; kCancelled.
  Result<Languages> detect_language(const MelWindow& window, Cancel cancel, WorkTimes& times);

  /// Encodes a window and starts to decode it. `rules` must outlive the ticket. Without room it waits, or gives nothing
  /// if it shall not: whoever holds tickets shall not, since others may wait for the room they take.
  /// Errors: those of Encoder, WindowSet::enter and Decoder::reserve; kCancelled.
  Result<Ticket> enter(const MelWindow& window, const decode::Rules& rules, decode::Task task, bool wait, Cancel cancel,
                       WorkTimes& times);

  /// Waits until one of `ids` has ended; which, as an index. Errors: kCancelled.
  Result<size_t> wait(std::span<const Id> ids, Cancel cancel, WorkTimes& times);

  /// Of an ended window. Errors: those that it ended with (WindowSet::result).
  Result<decode::WindowResult> result(const Ticket& ticket);

  /// When the tokens of an ended window were said; task.window is filled in. Errors: those of decode::align_tokens.
  Result<decode::TokenTimes> align(const Ticket& ticket, decode::AlignTask task, WorkTimes& times);

 private:
  bool has_room(const decode::Rules& rules) const;
  Result<void> grow(const decode::Rules& rules);
  Result<void> encode(const MelWindow& window, WorkTimes& times);
  Result<void> encode_now(const MelWindow& window, model::EncodedAudio& out);
  void wait_for_ahead();

  /// The window that is encoded ahead, or was.
  struct Ahead {
    uint64_t id = 0;  ///< 0: none
    std::vector<float> mel;
    std::future<Result<void>> working;  ///< valid: it is under way
    Result<void> result;
  };

  Machine* machine_;
  Scheduler scheduler_;
  decode::WindowSet set_;
  Ahead ahead_;
  uint64_t aheads_ = 0;         // so far
  uint64_t encodings_ = 0;      // so far: names what lies in the machine's encoded audio
  std::atomic<int> wanted_{0};  // windows that all seats may have at once
};

}  // namespace skald::engine
