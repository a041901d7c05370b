#include "engine/batcher.h"

#include <fmt/format.h>

#include <algorithm>

#include "audio/log_mel.h"
#include "base/log.h"
#include "engine/stopwatch.h"

namespace skald::engine {
namespace {

// Seats beyond it share: a window's keys and values are what takes memory here.
constexpr int kMostTogether = 16;

}  // namespace

Batcher::Ticket::~Ticket() {
  if (batcher_ == nullptr) return;
  const auto turn = batcher_->scheduler_.wait_turn(nullptr);
  batcher_->set_.leave(id_);
}

Batcher::Ticket& Batcher::Ticket::operator=(Ticket&& other) noexcept {
  std::swap(batcher_, other.batcher_);
  std::swap(id_, other.id_);
  return *this;
}

Batcher::~Batcher() {
  if (ahead_.working.valid()) ahead_.working.wait();
}

std::vector<DeviceReport> Batcher::reports() {
  const auto turn = scheduler_.wait_turn(nullptr);
  wait_for_ahead();
  return machine_->reports();
}

/// The encoder is free afterwards.
void Batcher::wait_for_ahead() {
  if (ahead_.working.valid()) ahead_.result = ahead_.working.get();
}

uint64_t Batcher::encode_ahead(const MelWindow& window) {
  const auto turn = scheduler_.wait_turn(nullptr);
  if (!machine_->encodes_elsewhere() || ahead_.working.valid()) return 0;
  ahead_.id = ++aheads_;  // what was ahead and never entered is forgotten
  ahead_.mel.assign(window.mel.begin(), window.mel.end());
  MelWindow own = window;
  own.mel = ahead_.mel;
  ahead_.working = std::async(std::launch::async, [this, own] { return encode_now(own, machine_->encoded_ahead()); });
  return ahead_.id;
}

Result<void> Batcher::encode_now(const MelWindow& window, model::EncodedAudio& out) {
  auto encoded = machine_->encoder().encode(
      {.windows = 1, .frames = audio::kWindowFrames, .mel = window.mel, .mel_max = window.mel_max}, out);
  if (encoded) return encoded;
  Error error = std::move(encoded).error();
  error.where = fmt::format("window at {:.2f} s, {}", window.start, error.where);
  return std::unexpected(std::move(error));
}

Result<void> Batcher::encode(const MelWindow& window, WorkTimes& times) {
  if (window.encoded != 0 && window.encoded == encodings_) return {};
  const Stopwatch watch(times.encode);
  wait_for_ahead();
  ++encodings_;
  if (window.ahead == 0 || window.ahead != ahead_.id) return encode_now(window, machine_->encoded());
  ahead_.id = 0;
  if (ahead_.result) machine_->swap_encoded();
  return ahead_.result;
}

bool Batcher::has_room(const decode::Rules& rules) const {
  return set_.size() < machine_->windows() &&
         set_.slots() + decode::slots_needed(rules.settings(), 1) <= machine_->slots();
}

/// The decoder's room can only be changed while nothing is in it. With little memory there is room for fewer windows.
Result<void> Batcher::grow(const decode::Rules& rules) {
  int windows = std::clamp(wanted_.load(), 1, std::max(kMostTogether, machine_->windows()));
  for (;; windows /= 2) {
    auto grown = machine_->reserve(decode::slots_needed(rules.settings(), windows), windows);
    if (grown || windows == 1) return grown;
    log().warn("no memory to decode {} windows together", windows);
  }
}

Result<Batcher::Languages> Batcher::detect_language(const MelWindow& window, Cancel cancel, WorkTimes& times) {
  for (;;) {
    SKALD_TRY(const auto turn, scheduler_.wait_turn(cancel));
    if (set_.empty()) SKALD_CHECK(machine_->reserve(1, 1));
    if (set_.size() >= machine_->windows() || set_.slots() >= machine_->slots()) {
      set_.step();  // others have all the room: help them to an end
      continue;
    }
    SKALD_CHECK(encode(window, times));
    const Stopwatch watch(times.decode);
    SKALD_TRY(auto probabilities,
              decode::detect_language(machine_->decoder(), machine_->tokenizer(), machine_->encoded(), 0));
    return Languages{std::move(probabilities), encodings_};
  }
}

Result<Batcher::Ticket> Batcher::enter(const MelWindow& window, const decode::Rules& rules, decode::Task task,
                                       bool wait, Cancel cancel, WorkTimes& times) {
  for (;;) {
    SKALD_TRY(const auto turn, scheduler_.wait_turn(cancel));
    if (set_.empty()) SKALD_CHECK(grow(rules));
    if (!has_room(rules)) {
      if (!wait) return Ticket();
      const Stopwatch watch(times.decode);
      set_.step();
      continue;
    }
    SKALD_CHECK(encode(window, times));
    const Stopwatch watch(times.decode);
    task.audio = &machine_->encoded();
    task.window = 0;
    SKALD_TRY(const Id id, set_.enter(rules, std::move(task)));
    return Ticket(*this, id);
  }
}

Result<size_t> Batcher::wait(std::span<const Id> ids, Cancel cancel, WorkTimes& times) {
  const Stopwatch watch(times.decode);
  for (;;) {
    SKALD_TRY(const auto turn, scheduler_.wait_turn(cancel));
    const auto ended = std::ranges::find_if(ids, [&](Id id) { return set_.ended(id); });
    if (ended != ids.end()) return static_cast<size_t>(ended - ids.begin());
    set_.step();
  }
}

Result<decode::WindowResult> Batcher::result(const Ticket& ticket) {
  const auto turn = scheduler_.wait_turn(nullptr);
  return set_.result(ticket.id());
}

Result<decode::TokenTimes> Batcher::align(const Ticket& ticket, decode::AlignTask task, WorkTimes& times) {
  const Stopwatch watch(times.decode);
  const auto turn = scheduler_.wait_turn(nullptr);
  task.window = set_.window(ticket.id());
  return decode::align_tokens(machine_->decoder(), machine_->tokenizer(), task);
}

}  // namespace skald::engine
