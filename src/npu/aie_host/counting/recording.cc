#include "npu/aie_host/counting/recording.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "npu/aie_host/counting/fusion.h"
#include "npu/aie_host/counting/operations.h"

namespace skald::npu::counting {
namespace {

using aie::counted::detail::Site;
using aie::counted::detail::Token;

constexpr std::uint32_t kJoined = 0xFFFFFFFF;

std::string name_of(Site site) {
  const std::string_view path = site.file;
  return std::string(path.substr(path.rfind('/') + 1)) + ":" + std::to_string(site.line);
}

std::uint16_t machine_operations(Op op, unsigned bits) {
  const unsigned each = operation(op).made_bits;
  return static_cast<std::uint16_t>(std::max(1U, (bits + each - 1) / each));
}

/// Spells a body as numbers, so that equal bodies are found.
std::vector<std::uint32_t> key_of(const Block& block) {
  std::vector<std::uint32_t> key;
  key.reserve(block.ops.size() * 6 + block.items.size() + 2);
  for (const Recorded& op : block.ops) {
    key.push_back(static_cast<std::uint32_t>(op.op) << 16U | static_cast<std::uint32_t>(op.bank) << 8U |
                  static_cast<std::uint32_t>(op.used_later));
    key.push_back(static_cast<std::uint32_t>(op.count) << 16U | op.bits);
    key.push_back(op.macs);
    key.push_back(static_cast<std::uint32_t>(op.uses.size()));
    for (const Use& use : op.uses) {
      key.push_back(static_cast<std::uint32_t>(use.from) << 30U | static_cast<std::uint32_t>(use.sum) << 29U |
                    static_cast<std::uint32_t>(use.memory) << 28U | use.op);
      key.push_back(use.item);
    }
  }
  for (const Item& item : block.items) {
    key.push_back(static_cast<std::uint32_t>(item.kind) << 30U | item.index);
  }
  return key;
}

/// Adds the orders that accesses to the same bytes impose, within the iteration and from the one before.
void add_memory_orders(std::vector<Recorded>& ops, std::vector<Access>& all, std::span<const Access> all_before) {
  std::sort(all.begin(), all.end(), [](const Access& a, const Access& b) { return a.op < b.op; });
  const auto order = [&ops](const Access& later, const Access& earlier, From from) {
    if ((later.store || earlier.store) && overlap(later, earlier)) {
      ops[later.op].uses.push_back({.from = from, .memory = true, .op = earlier.op});
    }
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      order(all[i], all[j], From::kHere);
    }
    for (const Access& before : all_before) {
      order(all[i], before, From::kBefore);
    }
  }
}

}  // namespace

class Recording::Recorder {
 public:
  explicit Recorder(std::span<const std::byte> image) : image_(image), origins_(1) {
    open_frame({});
    frames_.back().iteration = ++iterations_;
  }

  Token record(Op op, unsigned bits, std::span<const Token> factors, Token sum, unsigned macs) {
    Recorded made{.op = op,
                  .count = machine_operations(op, bits),
                  .bits = static_cast<std::uint16_t>(bits),
                  .macs = macs,
                  .uses = {}};
    if (op == Op::kUps && !factors.empty() && factors[0].id != 0) {
      // An up-shift takes 256 bits, whatever it widens them to.
      made.count = machine_operations(Op::kLoad, origins_[factors[0].id].bits);
    }
    for (const Token factor : factors) {
      add_use(made, factor, false);
    }
    add_use(made, sum, true);
    return append(std::move(made));
  }

  Token join(Token first, Token second) {
    if (first.id == 0 || second.id == 0 || first.id == second.id) {
      return first.id == 0 ? second : first;
    }
    const std::uint32_t bits = origins_[first.id].bits + origins_[second.id].bits;
    joins_.emplace_back(first, second);
    origins_.push_back({.iteration = kJoined, .op = static_cast<std::uint32_t>(joins_.size() - 1), .bits = bits});
    return {.id = static_cast<std::uint32_t>(origins_.size() - 1)};
  }

  Token memory(Op op, const void* address, unsigned bytes, Token value) {
    Recorded made{.op = op,
                  .bank = bank_of(address),
                  .count = machine_operations(op, bytes * 8),
                  .bits = static_cast<std::uint16_t>(bytes * 8),
                  .uses = {}};
    add_use(made, value, false);
    const auto* begin = static_cast<const std::byte*>(address);
    const bool store = operation(op).result == Register::kNone;
    const Token token = append(std::move(made));
    Frame& frame = frames_.back();
    frame.accesses.push_back({.op = static_cast<std::uint32_t>(frame.block.ops.size() - 1),
                              .store = store,
                              .begin = begin,
                              .end = begin + bytes});
    return token;
  }

  void begin_loop(Site site, LoopKind kind, int minimum_trips) {
    open_frame(name_of(site));
    Frame& frame = frames_.back();
    frame.is_loop = true;
    frame.open = false;
    frame.loop = {.site = frame.site, .kind = kind, .minimum_trips = minimum_trips, .runs = {}, .trips = 0};
  }

  void begin_iteration() {
    Frame& frame = frames_.back();
    if (!frame.is_loop || frame.open) {
      fault("an iteration outside of a loop at " + frame.site);
      return;
    }
    frame.open = true;
    frame.before = frame.iteration;
    frame.iteration = ++iterations_;
    frame.nested.clear();
    std::swap(frame.accesses_before, frame.accesses);
    frame.accesses.clear();
    frame.block = {.site = frame.site, .ops = {}, .items = {}};
  }

  void end_iteration() {
    Frame& frame = frames_.back();
    if (!frame.is_loop || !frame.open) {
      fault("the end of an iteration that did not begin at " + frame.site);
      return;
    }
    frame.open = false;
    const std::uint32_t block = close_block(frame);
    if (frame.loop.runs.empty() || frame.loop.runs.back().block != block) {
      frame.loop.runs.push_back({.block = block, .count = 0});
    }
    ++frame.loop.runs.back().count;
    ++frame.loop.trips;
  }

  void end_loop() {
    if (frames_.size() < 2 || !frames_.back().is_loop || frames_.back().open) {
      fault("the end of a loop that did not begin");
      return;
    }
    const Frame done = std::move(frames_.back());
    frames_.pop_back();
    if (done.loop.trips == 0) {
      return;
    }
    Frame& outer = frames_.back();
    outer.nested[done.iteration] = static_cast<std::uint32_t>(outer.block.items.size());
    outer.block.items.push_back({.kind = Item::Kind::kLoop, .index = intern(done.loop)});
  }

  void begin_call(Site site) {
    open_frame(name_of(site));
    frames_.back().iteration = ++iterations_;
  }

  void end_call() {
    if (frames_.size() < 2 || frames_.back().is_loop) {
      fault("the end of a call that did not begin");
      return;
    }
    const std::uint32_t block = close_block(frames_.back());
    frames_.pop_back();
    frames_.back().block.items.push_back({.kind = Item::Kind::kCall, .index = block});
  }

  Trace finish() {
    if (frames_.size() != 1) {
      fault("a loop or call did not end at " + frames_.back().site);
      frames_.resize(1);
    }
    trace_.root = close_block(frames_.front());
    return std::move(trace_);
  }

 private:
  /// Where a token's value was made. A join: `iteration` is kJoined, `op` an index into the joins.
  struct Origin {
    std::uint32_t iteration = 0;
    std::uint32_t op = 0;
    std::uint32_t bits = 0;
  };

  /// The body under construction: a loop's iteration, a called function, or (the first) the kernel.
  struct Frame {
    bool is_loop = false;
    bool open = true;  ///< a loop's frame is closed between iterations
    Loop loop;
    std::string site;
    std::uint32_t iteration = 0;
    std::uint32_t before = 0;
    Block block;
    std::vector<Access> accesses;
    std::vector<Access> accesses_before;
    std::unordered_map<std::uint32_t, std::uint32_t> nested;  ///< last iteration of a nested loop -> item
    std::vector<std::uint32_t> last_key;
  };

  void open_frame(std::string site) {
    Frame frame;
    frame.site = std::move(site);
    frame.block.site = frame.site;
    frames_.push_back(std::move(frame));
  }

  void fault(std::string text) {
    if (trace_.fault.empty()) {
      trace_.fault = std::move(text);
    }
  }

  std::uint8_t bank_of(const void* address) const {
    const auto* at = static_cast<const std::byte*>(address);
    if (image_.empty() || at < image_.data() || at >= image_.data() + image_.size()) {
      return 0;
    }
    return static_cast<std::uint8_t>(1 + ((static_cast<std::size_t>(at - image_.data()) >> 14U) & 3U));
  }

  void add_use(Recorded& op, Token token, bool sum) {
    if (token.id == 0) {
      return;
    }
    const Origin& origin = origins_[token.id];
    if (origin.iteration == kJoined) {
      const auto [first, second] = joins_[origin.op];
      add_use(op, first, sum);
      add_use(op, second, sum);
      return;
    }
    Frame& frame = frames_.back();
    if (origin.iteration == frame.iteration) {
      op.uses.push_back({.from = From::kHere, .sum = sum, .op = origin.op});
    } else if (frame.is_loop && origin.iteration == frame.before) {
      op.uses.push_back({.from = From::kBefore, .sum = sum, .op = origin.op});
    } else if (const auto nested = frame.nested.find(origin.iteration); nested != frame.nested.end()) {
      op.uses.push_back({.from = From::kNested, .sum = sum, .op = origin.op, .item = nested->second});
    } else {
      add_outer_use(op, origin, sum);
    }
  }

  void add_outer_use(Recorded& op, const Origin& origin, bool sum) {
    for (std::size_t level = frames_.size() - 1; level-- > 0;) {
      Frame& outer = frames_[level];
      if (outer.iteration != origin.iteration) {
        continue;
      }
      outer.block.ops[origin.op].used_later = true;
      if (level + 2 == frames_.size()) {
        op.uses.push_back({.from = From::kEnclosing, .sum = sum, .op = origin.op});
      }
      return;
    }
  }

  Token append(Recorded made) {
    Frame& frame = frames_.back();
    if (!frame.open) {
      fault("an operation between iterations of the loop at " + frame.site);
      return {};
    }
    const auto index = static_cast<std::uint32_t>(frame.block.ops.size());
    origins_.push_back({.iteration = frame.iteration, .op = index, .bits = made.bits});
    frame.block.ops.push_back(std::move(made));
    frame.block.items.push_back({.kind = Item::Kind::kOperation, .index = index});
    return {.id = static_cast<std::uint32_t>(origins_.size() - 1)};
  }

  std::uint32_t close_block(Frame& frame) {
    fuse(frame.block.ops, frame.accesses);
    add_memory_orders(frame.block.ops, frame.accesses, frame.accesses_before);
    std::vector<std::uint32_t> key = key_of(frame.block);
    if (frame.is_loop && !frame.loop.runs.empty() && key == frame.last_key) {
      return frame.loop.runs.back().block;
    }
    const auto [place, fresh] =
        blocks_.try_emplace({frame.site, key}, static_cast<std::uint32_t>(trace_.blocks.size()));
    if (fresh) {
      trace_.blocks.push_back(frame.block);
    }
    frame.last_key = std::move(key);
    return place->second;
  }

  std::uint32_t intern(const Loop& loop) {
    std::vector<std::uint32_t> key = {static_cast<std::uint32_t>(loop.kind)};
    for (const Run& run : loop.runs) {
      key.push_back(run.block);
      key.push_back(static_cast<std::uint32_t>(run.count));
    }
    const auto [place, fresh] = loops_.try_emplace({loop.site, key}, static_cast<std::uint32_t>(trace_.loops.size()));
    if (fresh) {
      trace_.loops.push_back(loop);
    }
    return place->second;
  }

  using Key = std::pair<std::string, std::vector<std::uint32_t>>;

  std::span<const std::byte> image_;
  std::vector<Frame> frames_;
  std::vector<Origin> origins_;
  std::vector<std::pair<Token, Token>> joins_;
  std::uint32_t iterations_ = 0;
  std::map<Key, std::uint32_t> blocks_;
  std::map<Key, std::uint32_t> loops_;
  Trace trace_;
};

namespace {
thread_local Recording::Recorder* current = nullptr;
}  // namespace

Recording::Recording(std::span<const std::byte> image) : recorder_(std::make_unique<Recorder>(image)) {
  current = recorder_.get();
}

Recording::~Recording() {
  current = nullptr;
}

Trace Recording::finish() {
  current = nullptr;
  return recorder_->finish();
}

}  // namespace skald::npu::counting

namespace aie::inline counted::detail {

using skald::npu::counting::current;

Token record(Op op, unsigned bits, Token first, Token second, Token accumulator, unsigned macs) {
  if (current == nullptr) {
    return {};
  }
  const std::array<Token, 2> factors = {first, second};
  return current->record(op, bits, factors, accumulator, macs);
}

Token join(Token first, Token second) {
  return current == nullptr ? Token{} : current->join(first, second);
}

Token record_load(Op op, const void* address, unsigned bytes, Token index) {
  return current == nullptr ? Token{} : current->memory(op, address, bytes, index);
}

void record_store(Op op, const void* address, unsigned bytes, Token value) {
  if (current != nullptr) {
    current->memory(op, address, bytes, value);
  }
}

void begin_loop(Site site, LoopKind kind, int minimum_trips) {
  if (current != nullptr) {
    current->begin_loop(site, kind, minimum_trips);
  }
}

void begin_iteration() {
  if (current != nullptr) {
    current->begin_iteration();
  }
}

void end_iteration() {
  if (current != nullptr) {
    current->end_iteration();
  }
}

void end_loop() {
  if (current != nullptr) {
    current->end_loop();
  }
}

void begin_call(Site site) {
  if (current != nullptr) {
    current->begin_call(site);
  }
}

void end_call() {
  if (current != nullptr) {
    current->end_call();
  }
}

}  // namespace aie::inline counted::detail
