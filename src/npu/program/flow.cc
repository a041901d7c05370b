#include "npu/program/flow.h"

#include <algorithm>
#include <deque>
#include <map>

#include "npu/program/blocks.h"
#include "npu/program/flow_core.h"

namespace skald::npu {
namespace {

/// One end of a stream: a ring for each slice of its objects, or an interface tile's transfers.
struct FlowEnd {
  std::vector<FlowRing*> rings{};  ///< empty: interface tile
  int repeat = 1;                  ///< sends of each object
  int64_t sent = 0;                ///< of the object that is being sent repeatedly
};

struct FlowTransfer {
  int64_t left = 0;  ///< pieces of objects
  bool token = false;
};

/// A stream: moves objects in pieces, as many as the slices at the end that has several.
struct FlowStream {
  int fifo = 0;
  bool shared = false;
  int64_t pieces = 1;
  int64_t piece = 0;  ///< of the object that is on its way
  FlowEnd producer{};
  std::vector<FlowEnd> consumers{};
  std::deque<FlowTransfer> transfers{};
  int64_t tokens = 0;
};

class Flow {
 public:
  Flow(const Program& program, const Counts& counts, const DeviceSpec& device)
      : program_(program), counts_(counts), device_(device) {}

  FlowOutcome run() {
    make_streams();
    for (const Parameters& given : program_.parameters) {
      parameters_.push_back({.words = std::vector<int32_t>(static_cast<size_t>(given.words))});
    }
    make_cores();
    bool any = true;
    while (any && budget_ > 0) {
      any = run_sequence();
      for (FlowStream& stream : streams_) any |= move(stream);
      for (FlowCore& core : cores_) any |= core.run(budget_);
    }
    judge();
    return std::move(outcome_);
  }

 private:
  const Fifo& fifo(int index) const { return program_.fifos[static_cast<size_t>(index)]; }
  FlowRing* ring(int64_t depth) { return &rings_.emplace_back(FlowRing{.free = depth}); }

  void make_streams() {
    streams_.resize(program_.fifos.size());
    for (size_t i = 0; i < streams_.size(); ++i) {
      streams_[i].fifo = static_cast<int>(i);
      streams_[i].consumers.resize(program_.fifos[i].consumers.size());
      streams_[i].shared = shares_memory(program_.fifos[i], device_);
    }
    for (const End& end : counts_.ends) {
      FlowStream& stream = streams_[static_cast<size_t>(end.fifo)];
      stream.pieces = std::max(stream.pieces, int64_t{end.branches});
      if (end.produces() && end.link >= 0) stream.producer.repeat = fifo(end.fifo).repeat;
      if (end.link >= 0 || end.objects == 0) continue;
      at(end).rings = {ring(end.objects)};
      if (stream.shared) stream.consumers[0].rings = at(end).rings;
    }
    for (size_t i = 0; i < program_.links.size(); ++i) make_link(static_cast<int>(i));
  }

  FlowEnd& at(const End& end) {
    FlowStream& stream = streams_[static_cast<size_t>(end.fifo)];
    return end.produces() ? stream.producer : stream.consumers[static_cast<size_t>(end.consumer)];
  }

  /// One ring a branch; the whole's end has them all.
  void make_link(int index) {
    const Link& link = program_.links[static_cast<size_t>(index)];
    const bool join = link.inputs.size() > 1;
    const std::vector<int>& many = join ? link.inputs : link.outputs;
    const int whole = join ? link.outputs[0] : link.inputs[0];
    std::vector<FlowRing*> rings;
    for (const End& end : counts_.ends) {
      if (end.link != index || end.fifo != whole) continue;
      for (size_t i = 0; i < many.size(); ++i) rings.push_back(ring(end.objects));
      at(end).rings = rings;
    }
    for (const End& end : counts_.ends) {
      const auto branch = std::ranges::find(many, end.fifo);
      if (end.link != index || end.fifo == whole || branch == many.end()) continue;
      at(end).rings = {rings[static_cast<size_t>(branch - many.begin())]};
    }
  }

  void make_cores() {
    for (const Core& core : program_.cores) {
      std::map<int, FlowCore::End> ends;
      for (const End& end : counts_.ends) {
        if (end.tile == core.tile) ends[end.fifo] = {.ring = at(end).rings.at(0), .produces = end.produces()};
      }
      FlowParameters* given = nullptr;
      for (size_t i = 0; i < parameters_.size(); ++i) {
        if (program_.parameters[i].tile == core.tile) given = &parameters_[i];
      }
      cores_.emplace_back(core, std::move(ends), given);
    }
  }

  /// The ring of the piece that is next, where its object is taken or put at once: at the first or last piece.
  static FlowRing& ring_of(const FlowEnd& end, int64_t piece) {
    return *end.rings[end.rings.size() == 1 ? 0 : static_cast<size_t>(piece)];
  }
  static bool first(const FlowEnd& end, const FlowStream& stream) { return end.rings.size() > 1 || stream.piece == 0; }
  static bool last(const FlowEnd& end, const FlowStream& stream) {
    return end.rings.size() > 1 || stream.piece + 1 == stream.pieces;
  }

  static bool can_move(const FlowStream& stream) {
    const bool host = stream.producer.rings.empty() ||
                      std::ranges::any_of(stream.consumers, [](const FlowEnd& end) { return end.rings.empty(); });
    if (host && stream.transfers.empty()) return false;
    const FlowEnd& from = stream.producer;
    if (!from.rings.empty() && first(from, stream) && from.sent == 0 && ring_of(from, stream.piece).full == 0) {
      return false;
    }
    return std::ranges::all_of(stream.consumers, [&stream](const FlowEnd& to) {
      return to.rings.empty() || !first(to, stream) || ring_of(to, stream.piece).free > 0;
    });
  }

  bool move(FlowStream& stream) {
    if (stream.shared) return false;
    bool any = false;
    while (budget_ > 0 && can_move(stream)) {
      any = true;
      --budget_;
      take_piece(stream);
      for (FlowEnd& to : stream.consumers) {
        if (to.rings.empty()) continue;
        if (first(to, stream)) --ring_of(to, stream.piece).free;
        if (last(to, stream)) ++ring_of(to, stream.piece).full;
      }
      if (!stream.transfers.empty() && --stream.transfers.front().left == 0) {
        stream.tokens += stream.transfers.front().token ? 1 : 0;
        stream.transfers.pop_front();
      }
      stream.piece = (stream.piece + 1) % stream.pieces;
    }
    return any;
  }

  static void take_piece(FlowStream& stream) {
    FlowEnd& from = stream.producer;
    if (from.rings.empty()) return;
    const bool whole = from.rings.size() == 1;
    FlowRing& ring = ring_of(from, stream.piece);
    if (!whole) {  // a join's output; it does not repeat
      --ring.full;
      ++ring.free;
      return;
    }
    if (stream.piece == 0 && from.sent == 0) --ring.full;
    if (stream.piece + 1 < stream.pieces) return;
    from.sent = (from.sent + 1) % from.repeat;
    if (from.sent == 0) ++ring.free;
  }

  bool run_sequence() {
    const size_t before = step_;
    while (step_ < program_.sequence.size()) {
      if (!std::visit([this](const auto& action) { return take(action); }, program_.sequence[step_])) break;
      ++step_;
    }
    return step_ != before;
  }

  bool take(const WriteParameter& write) {
    parameters_[static_cast<size_t>(write.parameters)].words[static_cast<size_t>(write.index)] = write.value;
    return true;
  }
  bool take(const HandOver& hand) {
    parameters_[static_cast<size_t>(hand.parameters)].handed = true;
    return true;
  }
  bool take(const Wait& wait) {
    FlowStream& stream = streams_[static_cast<size_t>(wait.fifo)];
    if (stream.tokens == 0) return false;
    --stream.tokens;
    return true;
  }
  bool take(const Transfer& transfer) {
    FlowStream& stream = streams_[static_cast<size_t>(transfer.fifo)];
    const HostArgument& argument = program_.arguments[static_cast<size_t>(transfer.argument)];
    const int64_t elements = pattern_elements(transfer.pattern, elements_of(argument.block) - transfer.offset);
    const int64_t objects = elements / elements_of(fifo(transfer.fifo).block);
    stream.transfers.push_back({.left = objects * stream.pieces, .token = transfer.token});
    return true;
  }

  std::string waiting(const FlowCore& core) const {
    if (core.bad_choice()) return "chooses a phase that is not there";
    if (core.waits_for() < 0) return "waits for parameters";
    const Fifo& stream = fifo(core.waits_for());
    const bool fills = stream.producer == core.core().tile;
    return std::string("waits for ") + (fills ? "room in" : "an object of") + " fifo " + stream.name;
  }

  void judge() {
    outcome_.too_long = budget_ <= 0;
    if (outcome_.too_long) return;
    for (const FlowCore& core : cores_) {
      if (core.bad_choice()) {
        outcome_.choice.push_back(
            {"core " + to_string(core.core().tile), "parameters choose a phase that is not there"});
      }
    }
    if (!outcome_.choice.empty()) return;  // the rest follows from it
    const bool hangs = step_ < program_.sequence.size();
    std::vector<FlowFinding>& findings = hangs ? outcome_.hang : outcome_.leftover;
    if (hangs) {
      const Wait& wait = std::get<Wait>(program_.sequence[step_]);
      findings.push_back({"sequence step " + std::to_string(step_), "waits for ever for fifo " + fifo(wait.fifo).name});
    }
    for (const FlowStream& stream : streams_) {
      const std::string where = "fifo " + fifo(stream.fifo).name;
      int64_t left = 0;
      for (const FlowTransfer& transfer : stream.transfers) left += transfer.left;
      if (left > 0) {
        findings.push_back({where, std::to_string((left + stream.pieces - 1) / stream.pieces) +
                                       " objects of its transfers do not move"});
      }
      if (hangs) continue;
      const bool half = std::ranges::any_of(stream.consumers, [](const FlowEnd& end) {
        return std::ranges::any_of(end.rings, [](const FlowRing* ring) { return ring->full > 0; });
      });
      const bool kept = std::ranges::any_of(stream.producer.rings, [](const FlowRing* ring) { return ring->full > 0; });
      if (half || kept || stream.piece > 0 || stream.producer.sent > 0) {
        findings.push_back({where, "objects are left in it at the end"});
      }
    }
    for (const FlowCore& core : cores_) {
      if (!core.idle()) findings.push_back({"core " + to_string(core.core().tile), waiting(core)});
    }
    for (size_t i = 0; i < parameters_.size(); ++i) {
      if (parameters_[i].handed) {
        findings.push_back({"parameters " + program_.parameters[i].name, "handed over and not taken"});
      }
    }
  }

  const Program& program_;
  const Counts& counts_;
  const DeviceSpec& device_;
  std::deque<FlowRing> rings_{};  // addresses stay
  std::vector<FlowStream> streams_{};
  std::vector<FlowParameters> parameters_{};
  std::vector<FlowCore> cores_{};
  size_t step_ = 0;
  int64_t budget_ = kLongestFlow;
  FlowOutcome outcome_{};
};

}  // namespace

FlowOutcome run_flow(const Program& program, const Counts& counts, const DeviceSpec& device) {
  return Flow(program, counts, device).run();
}

}  // namespace skald::npu
