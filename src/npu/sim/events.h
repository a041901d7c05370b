#pragma once
// Time: actors that are woken, in the order of time and, at one time, of asking.

#include <cstdint>
#include <queue>
#include <vector>

namespace skald::npu::sim {

/// Something that acts when it is woken: a core, a stream, the controller. Waking it for nothing is harmless.
class Actor {
 public:
  Actor() = default;
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;
  virtual ~Actor() = default;
  virtual void wake(double now) = 0;
};

/// What happens at a time: an actor wakes, or an object changes hands first.
struct Event {
  enum class Kind : uint8_t { kWake, kProduced, kConsumed };
  double time = 0;
  int64_t order = 0;
  Kind kind = Kind::kWake;
  Actor* actor = nullptr;  ///< kWake
  int ring = 0;            ///< kProduced, kConsumed
};

class EventQueue {
 public:
  void wake(double time, Actor& actor) { push({.time = time, .kind = Event::Kind::kWake, .actor = &actor}); }
  void produced(double time, int ring) { push({.time = time, .kind = Event::Kind::kProduced, .ring = ring}); }
  void consumed(double time, int ring) { push({.time = time, .kind = Event::Kind::kConsumed, .ring = ring}); }
  bool empty() const { return events_.empty(); }

  /// Pre: !empty().
  Event pop() {
    const Event event = events_.top();
    events_.pop();
    return event;
  }

 private:
  struct Later {
    bool operator()(const Event& a, const Event& b) const {
      return a.time != b.time ? a.time > b.time : a.order > b.order;
    }
  };

  void push(Event event) {
    event.order = next_++;
    events_.push(event);
  }

  std::priority_queue<Event, std::vector<Event>, Later> events_;
  int64_t next_ = 0;
};

}  // namespace skald::npu::sim
