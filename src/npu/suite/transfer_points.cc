#include <algorithm>
#include <string>
#include <utility>

#include "npu/sim/catalogue_kernels.h"
#include "npu/sim/simulation.h"
#include "npu/suite/array_points.h"
#include "npu/suite/predict.h"

namespace skald::npu {
namespace {

constexpr Tile kInterface{0, 0};
constexpr Tile kMemory{0, 1};
constexpr Tile kCore{0, 2};

constexpr int64_t kObjectWords = 64;

Block words(int64_t count) {
  return {.type = Element::kI32, .shape = {count}};
}

/// A core that hands objects on as fast as it can.
Core drain(int fifo) {
  Loop loop{.count = {.value = -1}, .body = {}};
  loop.body = {Step{Acquire{.fifo = fifo}}, Step{Release{.fifo = fifo}}};
  return {.tile = kCore, .body = {Step{std::move(loop)}}};
}

struct Task {
  bool reads = true;  ///< host to array
  int64_t words = 0;  ///< of a transfer
  int transfers = 1;  ///< one after the other, of the same channel
};

/// Transfers between host memory and a core.
Program moving(const Task& task) {
  Program p{.name = "moving", .device = "npu1_1col"};
  p.arguments = {{.name = "buffer",
                  .block = words(task.words * task.transfers),
                  .access = task.reads ? Access::kRead : Access::kWrite}};
  p.fifos = {{.name = "data",
              .producer = task.reads ? kInterface : kCore,
              .consumers = {{.tile = task.reads ? kCore : kInterface}},
              .block = words(std::min(task.words, kObjectWords))}};
  p.cores = {drain(0)};
  for (int i = 0; i < task.transfers; ++i) {
    p.sequence.emplace_back(Transfer{.fifo = 0,
                                     .argument = 0,
                                     .offset = i * task.words,
                                     .pattern = {{task.words, 1}},
                                     .token = i + 1 == task.transfers});
  }
  p.sequence.emplace_back(Wait{.fifo = 0});
  return p;
}

/// Cycles from the first word of the first transfer to the last of the last, as a trace of the channel shows them.
Result<double> span_of(const Program& program, const sim::TimeModel& time) {
  SKALD_TRY(const auto simulation, sim::Simulation::load(program, sim::catalogue_kernels(),
                                                         {.values = false, .timeline = true, .time = time}));
  SKALD_TRY(const sim::Report report, simulation->launch({}));
  double begin = report.cycles;
  double end = 0;
  for (const sim::Bar& bar : report.timeline) {
    if (!bar.track.starts_with("stream")) continue;
    begin = std::min(begin, bar.begin);
    end = std::max(end, bar.end);
  }
  return end - begin;
}

/// Cycles between the starts of two transfers of a channel, the eighth and the first, a transfer.
Result<double> gap_of(bool reads, const sim::TimeModel& time) {
  SKALD_TRY(const double eight, span_of(moving({.reads = reads, .words = 64, .transfers = 8}), time));
  SKALD_TRY(const double one, span_of(moving({.reads = reads, .words = 64, .transfers = 1}), time));
  return (eight - one) / 7;
}

/// Cycles of the controller for one write of a register.
Result<double> write_cycles(const sim::TimeModel& time) {
  constexpr int kWrites = 100;
  Program p = moving({.words = 64});
  p.parameters = {{.name = "words", .tile = kCore, .words = 16}};
  SKALD_TRY(const sim::Report few, costs_of(p, time));
  Program longer = p;
  longer.sequence.insert(longer.sequence.begin(), kWrites, WriteParameter{.value = 1});
  SKALD_TRY(const sim::Report many, costs_of(longer, time));
  return (many.cycles - few.cycles) / kWrites;
}

/// Cycles that a stream is busy with one object, between tiles of the array.
Result<double> object_cycles(Tile from, Tile to, const Block& block, const sim::TimeModel& time) {
  constexpr int64_t kObjects = 8;
  Program p{.name = "object", .device = "npu1_1col"};
  p.arguments = {{.name = "buffer", .block = block, .access = Access::kRead}};
  p.arguments[0].block.shape[0] *= kObjects;
  p.fifos = {{.name = "in", .producer = kInterface, .consumers = {{.tile = from}}, .block = block},
             {.name = "data", .producer = from, .consumers = {{.tile = to}}, .block = block},
             {.name = "out", .producer = to, .consumers = {{.tile = kInterface}}, .block = block}};
  const Tile tiles[] = {from, to};
  for (int i = 0; i < 2; ++i) {
    if (tiles[i].row == 1) {
      p.links.push_back({.inputs = {i}, .outputs = {i + 1}, .offsets = {0}});
      continue;
    }
    Loop loop{.count = {.value = -1}, .body = {}};
    loop.body = {Step{Acquire{.fifo = i}}, Step{Acquire{.fifo = i + 1}}, Step{Release{.fifo = i}},
                 Step{Release{.fifo = i + 1}}};
    p.cores.push_back({.tile = tiles[i], .body = {Step{std::move(loop)}}});
  }
  p.sequence = {Transfer{.fifo = 0, .argument = 0}, Transfer{.fifo = 2, .argument = 0, .token = true}, Wait{.fifo = 2}};
  SKALD_TRY(const sim::Report report, costs_of(p, time));
  return report.streams[1].busy / static_cast<double>(report.streams[1].objects);
}

constexpr std::string_view kThroughput = "xdna-emu, shim throughput finding 2026-05-25";
constexpr std::string_view kDispatch = "xdna-emu, controller dispatch finding 2026-05-25";
constexpr std::string_view kStreams = "xdna-emu, dma-stream-resources";

constexpr double kSpanBand = 0.10;   ///< suggested for DMA spans
constexpr double kChainBand = 0.30;  ///< the measured chains differ among themselves by this: 2400 to 3430 a task

struct TransferPoint {
  std::string_view id;
  std::string_view what;
  std::string_view source;
  double expected;
  Task task;
  double band;
  bool calibrates;
  std::string_view remark;
};

constexpr TransferPoint kTransfers[] = {
    {"read_16384",
     "host to array, 16,384 words",
     kThroughput,
     17963,
     {true, 16384, 1},
     kSpanBand,
     true,
     "interface_read_words and _start: a fit over all sizes"},
    {"read_8192", "host to array, 8192 words", kThroughput, 9121, {true, 8192, 1}, kSpanBand, true, "the same fit"},
    {"read_4096", "host to array, 4096 words", kThroughput, 5304, {true, 4096, 1}, kSpanBand, true, "the same fit"},
    {"write_16384",
     "array to host, 16,384 words",
     kThroughput,
     16525,
     {false, 16384, 1},
     kSpanBand,
     true,
     "interface_write_words and _start: a fit over all sizes"},
    {"write_8192", "array to host, 8192 words", kThroughput, 8357, {false, 8192, 1}, kSpanBand, true, "the same fit"},
    {"write_4096", "array to host, 4096 words", kThroughput, 4261, {false, 4096, 1}, kSpanBand, true, "the same fit"},
    {"write_2048", "array to host, 2048 words", kThroughput, 2217, {false, 2048, 1}, kSpanBand, true, "the same fit"},
    {"reads_4", "4 tasks of 64 words, host to array", kDispatch, 10503, {true, 64, 4}, kChainBand, false, {}},
    {"reads_8",
     "8 tasks of 64 words, host to array",
     kDispatch,
     24827,
     {true, 64, 8},
     kChainBand,
     false,
     "3430 cycles a task here, 2700 in the same finding's steady state"},
    {"writes_2", "2 tasks of 64 words, array to host", kDispatch, 3365, {false, 64, 2}, kChainBand, false, {}},
    {"writes_4", "4 tasks of 64 words, array to host", kDispatch, 7446, {false, 64, 4}, kChainBand, false, {}},
    {"writes_8", "8 tasks of 64 words, array to host", kDispatch, 22025, {false, 64, 8}, kChainBand, false, {}},
};

struct ObjectPoint {
  std::string_view id;
  std::string_view what;
  std::string_view source;
  double expected;
  Tile from;
  Tile to;
  Element type;
  int64_t elements;
  std::string_view remark;
};

const ObjectPoint kObjects[] = {
    {"stream_i16",
     "1024 int16 through one stream",
     "MLIR-AIE programming guide, section 4c",
     512,
     kMemory,
     kCore,
     Element::kI16,
     1024,
     {}},
    {"memory_256", "256 words through a memory tile", kStreams, 251, kMemory, kCore, Element::kI32, 256, {}},
    {"core_256", "256 words from a compute tile's DMA", "xdna-emu, DMA bank access width 2026-07-14", 244, kCore,
     kMemory, Element::kI32, 256, "measured between events inside the transfer"},
};

}  // namespace

Result<std::vector<PublishedPoint>> transfer_points(const sim::TimeModel& time) {
  std::vector<PublishedPoint> points;
  for (const TransferPoint& row : kTransfers) {
    SKALD_TRY(const double cycles, span_of(moving(row.task), time));
    points.push_back(
        {row.id, row.what, row.source, "cycles", row.expected, cycles, row.band, row.calibrates, row.remark});
  }
  SKALD_TRY(const double read_gap, gap_of(true, time));
  SKALD_TRY(const double write_gap, gap_of(false, time));
  SKALD_TRY(const double write, write_cycles(time));
  points.push_back({"read_gap", "from task to task, host to array", kDispatch, "cycles", 2700, read_gap, kSpanBand,
                    true, "push_read"});
  points.push_back({"write_gap", "from task to task, array to host", kDispatch, "cycles", 2870, write_gap, kSpanBand,
                    true, "push_write"});
  points.push_back({"register_write", "one write of a register by the controller",
                    "xdna-emu, control-path calibration 2026-05-04", "cycles", 100.5, write, kSpanBand, true,
                    "register_write"});
  for (const ObjectPoint& row : kObjects) {
    SKALD_TRY(const double cycles, object_cycles(row.from, row.to, {row.type, {row.elements}}, time));
    points.push_back({row.id, row.what, row.source, "cycles", row.expected, cycles, kSpanBand, false, row.remark});
  }
  return points;
}

}  // namespace skald::npu
