#include "npu/sim/stream.h"

#include <algorithm>
#include <set>
#include <utility>

namespace skald::npu::sim {

Stream::Stream(Array& array, StreamEnds ends)
    : array_(array),
      ends_(std::move(ends)),
      fifo_(array.program.fifos[static_cast<size_t>(ends_.fifo)]),
      element_bytes_(bytes_of(fifo_.block.type)) {
  report_.name = fifo_.name;
  const int64_t whole = bytes_of(fifo_.block);
  std::set<int64_t> cuts{0, whole};
  const auto cut = [&](const StreamEnd& end) {
    for (const Slice& slice : end.slices) cuts.insert({slice.begin, slice.begin + slice.bytes});
  };
  cut(ends_.producer);
  for (const StreamEnd& end : ends_.consumers) cut(end);
  for (auto at = cuts.begin(); std::next(at) != cuts.end(); ++at) {
    units_.push_back({.begin = *at, .bytes = *std::next(at) - *at});
  }
  staging_.resize(static_cast<size_t>(whole));
  for (const Slice& slice : ends_.producer.slices) array_.rings[static_cast<size_t>(slice.ring)].reader = this;
  for (const StreamEnd& end : ends_.consumers) {
    for (const Slice& slice : end.slices) array_.rings[static_cast<size_t>(slice.ring)].writer = this;
  }
}

const Slice* Stream::slice_at(const StreamEnd& end, int64_t byte) const {
  for (const Slice& slice : end.slices) {
    if (byte >= slice.begin && byte < slice.begin + slice.bytes) return &slice;
  }
  return nullptr;
}

void Stream::push(double now, const Transfer& transfer) {
  const HostArgument& argument = array_.program.arguments[static_cast<size_t>(transfer.argument)];
  cursors_.emplace_back(transfer.pattern, elements_of(argument.block) - transfer.offset);
  pending_.push_back({.transfer = &transfer, .elements = cursors_.back().left(), .done = 0});
  array_.events.wake(now, *this);
}

bool Stream::take_token() {
  if (tokens_ == 0) return false;
  --tokens_;
  return true;
}

/// Whether every end has what the next unit needs; an end that is in the middle of a slice holds it already.
bool Stream::ready() {
  held_back_by_space_ = false;
  const Unit& unit = units_[unit_];
  if (interface() && pending_.empty()) return false;
  if (!ends_.producer.interface) {
    const Slice* slice = slice_at(ends_.producer, unit.begin);
    const bool fresh = unit.begin == slice->begin && repetition_ == 0;
    if (fresh && array_.rings[static_cast<size_t>(slice->ring)].full() < 1) return false;
  }
  for (const StreamEnd& end : ends_.consumers) {
    if (end.interface) continue;
    const Slice* slice = slice_at(end, unit.begin);
    if (unit.begin == slice->begin && array_.rings[static_cast<size_t>(slice->ring)].empty() < 1) {
      held_back_by_space_ = true;
      return false;
    }
  }
  return true;
}

double Stream::duration(double now) {
  const TimeModel& time = array_.options.time;
  const Unit& unit = units_[unit_];
  const int64_t whole_words = (unit.bytes + 3) / 4;
  const auto words = static_cast<double>(whole_words);
  double rate = time.stream_words;
  double first = 0;
  if (interface()) {
    const bool reads = ends_.producer.interface;
    rate = reads ? time.interface_read_words : time.interface_write_words;
    // A task that was queued behind another has its first access under way when that one ends.
    const bool begins = pending_.front().done == 0 && last_transfer_end_ < now;
    if (begins) first = reads ? time.interface_read_start : time.interface_write_start;
  }
  const double stream = now + first + words * rate + time.descriptor_switch;
  if (!interface()) return stream - now;
  return std::max(stream, array_.through_ddr(now + first, unit.bytes)) - now;
}

void Stream::start(double now) {
  const Unit& unit = units_[unit_];
  if (!ends_.producer.interface) {
    const Slice* slice = slice_at(ends_.producer, unit.begin);
    if (unit.begin == slice->begin && repetition_ == 0) ++array_.rings[static_cast<size_t>(slice->ring)].reading;
  }
  for (const StreamEnd& end : ends_.consumers) {
    if (end.interface) continue;
    const Slice* slice = slice_at(end, unit.begin);
    if (unit.begin == slice->begin) ++array_.rings[static_cast<size_t>(slice->ring)].writing;
  }
  (held_back_by_space_ ? report_.waiting_for_space : report_.waiting_for_data) += now - idle_since_;
  busy_ = true;
  const double cycles = duration(now);
  done_at_ = now + cycles;
  report_.busy += cycles;
  report_.bytes += unit.bytes;
  if (array_.options.timeline) array_.bar("stream " + fifo_.name, fifo_.name, now, done_at_);
  array_.events.wake(done_at_, *this);
}

/// Moves the unit's elements: producer's memory in to_stream order, each consumer's in from_stream order. Patterns
/// other than contiguous span whole objects.
void Stream::deliver() {
  const Unit& unit = units_[unit_];
  const int64_t count = unit.bytes / element_bytes_;
  std::byte* stream = staging_.data();
  if (ends_.producer.interface) {
    const Transfer& transfer = *pending_.front().transfer;
    gather(array_.arguments[static_cast<size_t>(transfer.argument)].data() + transfer.offset * element_bytes_,
           cursors_.front(), count, element_bytes_, stream);
  } else {
    const Slice* slice = slice_at(ends_.producer, unit.begin);
    const Ring& ring = array_.rings[static_cast<size_t>(slice->ring)];
    // The object being read is the oldest that is held.
    PatternCursor cursor(ends_.producer.pattern, count);
    gather(array_.memories.at(ring.tile).at(ring.read_at(ring.reading - 1)) + (unit.begin - slice->begin), cursor,
           count, element_bytes_, stream);
  }
  for (const StreamEnd& end : ends_.consumers) {
    if (end.interface) {
      const Transfer& transfer = *pending_.front().transfer;
      scatter(stream, cursors_.front(), count, element_bytes_,
              array_.arguments[static_cast<size_t>(transfer.argument)].data() + transfer.offset * element_bytes_);
      continue;
    }
    const Slice* slice = slice_at(end, unit.begin);
    const Ring& ring = array_.rings[static_cast<size_t>(slice->ring)];
    // A joined object comes in parts; the pattern goes over all of it.
    PatternCursor cursor(end.pattern, slice->bytes / element_bytes_);
    for (int64_t before = (unit.begin - slice->begin) / element_bytes_; before > 0;)
      before -= cursor.next(before).length;
    scatter(stream, cursor, count, element_bytes_, array_.memories.at(ring.tile).at(ring.written_at(ring.writing - 1)));
  }
}

void Stream::finish_transfer(double now) {
  const bool reads = ends_.producer.interface;
  PendingTransfer& running = pending_.front();
  const Unit& unit = units_[unit_];
  (reads ? array_.report.ddr_read_bytes : array_.report.ddr_write_bytes) += unit.bytes;
  running.done += unit.bytes / element_bytes_;
  if (running.done < running.elements) return;
  last_transfer_end_ = now;
  if (running.transfer->token) ++tokens_;
  pending_.pop_front();
  cursors_.pop_front();
  if (waiter_ != nullptr) array_.events.wake(now, *waiter_);
}

void Stream::finish(double now) {
  busy_ = false;
  idle_since_ = now;
  if (array_.options.values) deliver();
  const Unit& unit = units_[unit_];
  const int64_t end_byte = unit.begin + unit.bytes;
  for (const StreamEnd& end : ends_.consumers) {
    if (end.interface) continue;
    const Slice* slice = slice_at(end, unit.begin);
    if (end_byte != slice->begin + slice->bytes) continue;
    Ring& ring = array_.rings[static_cast<size_t>(slice->ring)];
    --ring.writing;
    ++ring.produced;
    array_.produced(now + array_.options.time.hop, slice->ring);
  }
  if (!ends_.producer.interface) {
    const Slice* slice = slice_at(ends_.producer, unit.begin);
    if (end_byte == slice->begin + slice->bytes && repetition_ + 1 >= fifo_.repeat) {
      Ring& ring = array_.rings[static_cast<size_t>(slice->ring)];
      --ring.reading;
      ++ring.consumed;
      array_.consumed(now, slice->ring);
    }
  }
  if (interface()) finish_transfer(now);
  if (++unit_ == units_.size()) {
    unit_ = 0;
    ++report_.objects;
    repetition_ = repetition_ + 1 >= fifo_.repeat ? 0 : repetition_ + 1;
  }
}

void Stream::wake(double now) {
  if (busy_) {
    if (now < done_at_) return;
    finish(now);
  }
  if (ready()) start(now);
}

std::string Stream::blocked() const {
  if (busy_) return {};
  const bool work = interface() ? !pending_.empty() : false;
  if (!work && !held_back_by_space_) return {};
  return "stream " + fifo_.name + (held_back_by_space_ ? " has no room at a consumer" : " has nothing to send");
}

}  // namespace skald::npu::sim
