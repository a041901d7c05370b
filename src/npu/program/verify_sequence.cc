// The sequence: transfers, tokens, parameters.

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "npu/program/verify_rules.h"

namespace skald::npu::verifying {
namespace {

bool ends_at_host(const Context& c, const Fifo& fifo) {
  return std::ranges::any_of(fifo.consumers,
                             [&c](const Consumer& consumer) { return c.kind(consumer.tile) == TileKind::kInterface; });
}

/// A transfer and what it is about.
struct TransferUse {
  const Context& context;
  const Transfer& transfer;
  const Fifo& fifo;
  const HostArgument& argument;
  std::string where{};

  bool to_array() const { return context.kind(fifo.producer) == TileKind::kInterface; }
  bool to_host() const { return ends_at_host(context, fifo); }
  int64_t bytes() const { return bytes_of(argument.block.type); }
  /// Without a pattern: all from the offset to the argument's end.
  int64_t elements() const {
    const int64_t whole = elements_of(argument.block);
    return pattern_elements(transfer.pattern, whole - std::clamp<int64_t>(transfer.offset, 0, whole));
  }
};

template <class Visit>
void for_each_transfer(const Context& c, const Visit& visit) {
  for (size_t i = 0; i < c.program.sequence.size(); ++i) {
    const Transfer* transfer = std::get_if<Transfer>(&c.program.sequence[i]);
    if (transfer == nullptr) continue;
    const Fifo& fifo = c.fifo(transfer->fifo);
    visit(TransferUse{.context = c,
                      .transfer = *transfer,
                      .fifo = fifo,
                      .argument = c.program.arguments[static_cast<size_t>(transfer->argument)],
                      .where = "sequence step " + std::to_string(i) + ", fifo " + fifo.name});
  }
}

/// Whether the levels are those of a plain stretch.
bool contiguous(const Pattern& pattern) {
  int64_t next = 1;
  for (size_t level = pattern.size(); level-- > 0;) {
    if (pattern[level].size > 1 && pattern[level].stride != next) return false;
    next *= pattern[level].size;
  }
  return true;
}

void transfer_fifo(const Context& c, Report& report) {
  for_each_transfer(c, [&](const TransferUse& use) {
    if (use.to_array() || use.to_host()) return;
    report(use.where, "this stream has no end at an interface tile", "transfer through one that has");
  });
}

void transfer_argument(const Context& c, Report& report) {
  for_each_transfer(c, [&](const TransferUse& use) {
    if (!use.to_array() && !use.to_host()) return;
    const Access access = use.argument.access;
    if (use.to_array() ? access == Access::kWrite : access == Access::kRead) {
      report(use.where,
             "moves " + std::string(use.to_array() ? "from" : "to") + " argument " + use.argument.name +
                 ", which is declared the other way",
             "correct the argument's access");
    }
    if (use.argument.block.type != use.fifo.block.type) {
      report(use.where, "argument " + use.argument.name + " has another type than the stream", "give both one type");
    }
  });
}

void transfer_bounds(const Context& c, Report& report) {
  for_each_transfer(c, [&](const TransferUse& use) {
    const int64_t whole = elements_of(use.argument.block);
    const int64_t offset = use.transfer.offset;
    const int64_t reach = pattern_reach(use.transfer.pattern, use.elements());
    if (offset >= 0 && offset <= whole && reach < whole - offset) return;
    report(use.where,
           "goes " + text(reach) + " elements beyond offset " + text(offset) + " in argument " + use.argument.name +
               ", which has " + text(whole),
           "stay inside the argument");
  });
}

void transfer_objects(const Context& c, Report& report) {
  for_each_transfer(c, [&](const TransferUse& use) {
    const int64_t object = elements_of(use.fifo.block);
    if (use.elements() > 0 && use.elements() % object == 0) return;
    report(use.where, "moves " + text(use.elements()) + " elements, an object has " + text(object),
           "move whole objects, or the array waits for the rest for ever");
  });
}

void transfer_granularity(const Context& c, Report& report) {
  for_each_transfer(c, [&](const TransferUse& use) {
    const Pattern& pattern = use.transfer.pattern;
    const auto words = [&](int64_t elements) { return elements * use.bytes() % kStreamWordBytes == 0; };
    bool whole = words(use.transfer.offset);
    for (size_t i = 0; i < pattern.size(); ++i) {
      const bool fastest = i + 1 == pattern.size();
      whole &= fastest ? words(pattern[i].size) && (pattern[i].stride == 1 || words(1)) : words(pattern[i].stride);
    }
    if (whole) return;
    report(use.where, "offset, innermost size or a stride is no multiple of 4 bytes, or small elements are scattered",
           "lay the argument out so that whole words move");
  });
}

void transfer_limits(const Context& c, Report& report) {
  const ToolchainLimits& tools = c.device->tools;
  for_each_transfer(c, [&](const TransferUse& use) {
    const Pattern& pattern = use.transfer.pattern;
    if (pattern.size() > static_cast<size_t>(tools.sequence_dimensions)) {
      report(use.where, std::to_string(pattern.size()) + " levels", "there are 4; make several transfers");
      return;
    }
    const bool plain = contiguous(pattern);
    for (size_t i = 0; i < pattern.size(); ++i) {
      const Dim& dim = pattern[i];
      const bool fastest = i + 1 == pattern.size();
      const bool again = i == 0 && (dim.stride == 0 || pattern.size() == 4);
      const int64_t size = fastest ? dim.size * use.bytes() / kStreamWordBytes : dim.size;
      const int64_t most = !again ? (plain ? size : tools.memcpy_size)
                                  : (dim.stride == 0 ? c.device->interface.dma.repeat : tools.memcpy_repeat);
      const bool still = dim.stride == 0 && i > 0 && dim.size > 1;
      if (size <= most && !still && dim.stride * use.bytes() / kStreamWordBytes <= tools.memcpy_step) continue;
      report(use.where, "level " + std::to_string(i) + " is " + text(dim.size) + " with stride " + text(dim.stride),
             "inner levels to 1023 words, the outermost of four to 64 (256 with stride 0, which it alone may have), "
             "strides to 2^20 words");
      return;
    }
  });
}

void transfer_overlap(const Context& c, Report& report) {
  for_each_transfer(c, [&](const TransferUse& use) {
    if (!use.to_host()) return;
    Pattern dims = use.transfer.pattern;
    std::ranges::sort(dims, {}, &Dim::stride);
    int64_t extent = 1;
    for (const Dim& dim : dims) {
      if (dim.size == 1) continue;
      if (dim.stride < extent) {
        report(use.where, "writes elements of argument " + use.argument.name + " more than once",
               "every element once: strides at least as long as what lies between");
        return;
      }
      extent = (dim.size - 1) * dim.stride + extent;
    }
  });
}

void wait_token(const Context& c, Report& report) {
  std::map<int, int> tokens;
  for (size_t i = 0; i < c.program.sequence.size(); ++i) {
    const SequenceStep& step = c.program.sequence[i];
    if (const Transfer* transfer = std::get_if<Transfer>(&step)) tokens[transfer->fifo] += transfer->token ? 1 : 0;
    const Wait* wait = std::get_if<Wait>(&step);
    if (wait == nullptr) continue;
    if (tokens[wait->fifo]-- > 0) continue;
    report("sequence step " + std::to_string(i),
           "waits for a token that no transfer of " + c.fifo(wait->fifo).name + " asked for",
           "set the token of the transfer: without one this waits for ever");
  }
}

void token_waited(const Context& c, Report& report) {
  std::map<int, int> tokens;
  std::map<int, bool> open;  // the last output of each stream was not waited for
  for (const SequenceStep& step : c.program.sequence) {
    if (const Transfer* transfer = std::get_if<Transfer>(&step)) {
      tokens[transfer->fifo] += transfer->token ? 1 : 0;
      if (ends_at_host(c, c.fifo(transfer->fifo))) open[transfer->fifo] = !transfer->token;
    } else if (const Wait* wait = std::get_if<Wait>(&step)) {
      --tokens[wait->fifo];
    }
  }
  for (const auto& [fifo, left] : tokens) {
    if (left <= 0) continue;
    report(named("fifo", c.fifo(fifo).name), text(left) + " tokens are never waited for", "wait once for each token");
  }
  for (const auto& [fifo, unwaited] : open) {
    if (!unwaited) continue;
    report(named("fifo", c.fifo(fifo).name), "the last output is not waited for",
           "give it a token and wait: the launch would end before its data are there");
  }
}

/// Transfers of a channel that are not known to be done: a channel does its tasks in order, so a wait ends all up to
/// it.
struct Queues {
  explicit Queues(const Context& context) : c(context) {}

  void start(const Transfer& transfer) {
    waiting[transfer.fifo].push_back(transfer.token);
    const Fifo& fifo = c.fifo(transfer.fifo);
    tile_of[transfer.fifo] = fifo.producer;
    for (const Consumer& consumer : fifo.consumers) {
      if (c.kind(consumer.tile) == TileKind::kInterface) tile_of[transfer.fifo] = consumer.tile;
    }
  }
  void wait(int fifo) {
    std::deque<bool>& queue = waiting[fifo];
    const auto token = std::ranges::find(queue, true);
    if (token != queue.end()) queue.erase(queue.begin(), token + 1);
  }
  size_t of_tile(Tile tile) const {
    size_t live = 0;
    for (const auto& [fifo, queue] : waiting) live += tile_of.at(fifo) == tile ? queue.size() : 0;
    return live;
  }

  const Context& c;
  std::map<int, std::deque<bool>> waiting{};
  std::map<int, Tile> tile_of{};
};

void live_transfers(const Context& c, Report& report) {
  Queues queues(c);
  std::set<Tile> told;
  for (const SequenceStep& step : c.program.sequence) {
    if (const Wait* wait = std::get_if<Wait>(&step)) queues.wait(wait->fifo);
    const Transfer* transfer = std::get_if<Transfer>(&step);
    if (transfer == nullptr) continue;
    queues.start(*transfer);
    const Tile tile = queues.tile_of[transfer->fifo];
    const auto most = static_cast<size_t>(c.device->tools.live_transfers);
    if (queues.of_tile(tile) <= most || !told.insert(tile).second) continue;
    report("tile " + to_string(tile), "more than " + std::to_string(most) + " transfers may be under way at once",
           "wait for tokens in between, or move more with each");
  }
}

void queue_depth(const Context& c, Report& report) {
  Queues queues(c);
  std::set<int> told;
  for (const SequenceStep& step : c.program.sequence) {
    if (const Wait* wait = std::get_if<Wait>(&step)) queues.wait(wait->fifo);
    const Transfer* transfer = std::get_if<Transfer>(&step);
    if (transfer == nullptr) continue;
    queues.start(*transfer);
    const auto most = static_cast<size_t>(c.device->interface.dma.queue_depth);
    if (queues.waiting[transfer->fifo].size() <= most || !told.insert(transfer->fifo).second) continue;
    report(named("fifo", c.fifo(transfer->fifo).name),
           "more than " + std::to_string(most) + " transfers may be queued at its channel",
           "wait for tokens in between, or move more with each");
  }
}

void parameter_index(const Context& c, Report& report) {
  for (const SequenceStep& step : c.program.sequence) {
    const WriteParameter* write = std::get_if<WriteParameter>(&step);
    if (write == nullptr) continue;
    const Parameters& given = c.program.parameters[static_cast<size_t>(write->parameters)];
    if (write->index >= 0 && write->index < given.words) continue;
    report(named("parameters", given.name), "word " + text(write->index) + " of " + text(given.words) + " is written",
           "it would overwrite what lies behind");
  }
}

bool awaits(const Context& c, Tile tile) {
  bool found = false;
  for (const Core& core : c.program.cores) {
    if (core.tile != tile) continue;
    for_each_step(core.body,
                  [&found](const Step& step, int) { found |= std::holds_alternative<AwaitParameters>(step.action); });
  }
  return found;
}

void hand_over(const Context& c, Report& report) {
  const size_t count = c.program.parameters.size();
  std::vector<bool> written(count);
  std::vector<int> handed(count);
  for (const SequenceStep& step : c.program.sequence) {
    if (const WriteParameter* write = std::get_if<WriteParameter>(&step)) {
      written[static_cast<size_t>(write->parameters)] = true;
    } else if (const HandOver* hand = std::get_if<HandOver>(&step)) {
      written[static_cast<size_t>(hand->parameters)] = false;
      ++handed[static_cast<size_t>(hand->parameters)];
    }
  }
  for (size_t i = 0; i < count; ++i) {
    const Parameters& given = c.program.parameters[i];
    const std::string where = named("parameters", given.name);
    if (written[i]) report(where, "words are written that are not handed over", "hand over after the last write");
    if (awaits(c, given.tile) != (handed[i] > 0)) {
      report(where, handed[i] > 0 ? "handed over to a core that does not await them" : "awaited but never handed over",
             "each await of the core takes one hand-over of the sequence");
    }
  }
}

/// The lock of a hand-over is set, not added to, and words are overwritten at once.
void parameter_rewrite(const Context& c, Report& report) {
  std::set<int> taken;  // handed over, and nothing was waited for since
  for (const SequenceStep& step : c.program.sequence) {
    if (std::holds_alternative<Wait>(step)) taken.clear();
    const WriteParameter* write = std::get_if<WriteParameter>(&step);
    const HandOver* hand = std::get_if<HandOver>(&step);
    const int index = write != nullptr ? write->parameters : hand != nullptr ? hand->parameters : -1;
    if (index >= 0 && taken.erase(index) > 0) {
      report(named("parameters", c.program.parameters[static_cast<size_t>(index)].name),
             "written or handed over again before anything was waited for",
             "wait for an output of the work that the first hand-over started");
    }
    if (hand != nullptr) taken.insert(index);
  }
}

}  // namespace

std::span<const Row> sequence_rows() {
  static constexpr Row kRows[] = {
      {{"transfer-fifo", "transfers go through streams that end at an interface tile", "program.h"}, 1, transfer_fifo},
      {{"transfer-argument", "a transfer agrees with its argument's access and type", "program.h"},
       1,
       transfer_argument},
      {{"transfer-bounds", "a transfer stays in its argument", "mlir-aie.md, accepted although wrong"},
       1,
       transfer_bounds},
      {{"transfer-objects", "a transfer moves whole objects", "mlir-aie.md, accepted although wrong"},
       1,
       transfer_objects},
      {{"transfer-granularity", "offsets, sizes and strides are multiples of 4 bytes", "mlir-aie.md, rejected"},
       1,
       transfer_granularity},
      {{"transfer-limits", "four levels; 1023 words, 64 repeats, strides of 2^20 words", "mlir-aie.md, rejected"},
       1,
       transfer_limits},
      {{"transfer-overlap", "an output is written once", "the later would destroy the earlier"}, 1, transfer_overlap},
      {{"wait-token", "a wait has a token to wait for", "mlir-aie.md: more dma_waits than tokens hang"}, 1, wait_token},
      {{"token-waited", "every token and the last output of each stream are waited for",
        "npu.md 4.6: a launch ends with its sequence"},
       1,
       token_waited},
      {{"live-transfers", "at most 8 transfers of an interface tile are under way", "npu.md pitfall 20"},
       1,
       live_transfers},
      {{"queue-depth", "at most 4 transfers of a channel are under way",
        "npu.md 1.2; mlir-aie.md, accepted although wrong"},
       1,
       queue_depth},
      {{"parameter-index", "a written word is one of the parameters", "mlir-aie.md, accepted although wrong"},
       1,
       parameter_index},
      {{"hand-over", "what is written is handed over, to a core that awaits it", "program.h"}, 1, hand_over},
      {{"parameter-rewrite", "parameters are not touched again before a wait",
        "mlir-aie aiex.set_lock: the lock is set, not added to"},
       1,
       parameter_rewrite},
  };
  return kRows;
}

}  // namespace skald::npu::verifying
