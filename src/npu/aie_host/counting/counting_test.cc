// The recorder and the schedulers, by bodies small enough to count by hand.

#include "npu/aie_host/counting/cost.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <vector>

#include "npu/aie_host/counting/operations.h"
#include "npu/aie_host/counting/recording.h"
#include "npu/aie_host/counting/schedule.h"

namespace skald::npu::counting {
namespace {

namespace hook = aie::counted::detail;
using hook::Token;

alignas(64) std::array<std::byte, 0x10000> image{};

const std::byte* in_bank(int bank, int offset = 0) {
  return image.data() + static_cast<std::size_t>(bank) * 0x4000 + static_cast<std::size_t>(offset);
}

Cost cost_of(const std::function<void()>& kernel) {
  Recording recording(image);
  kernel();
  return cost(recording.finish());
}

void loop(int trips, LoopKind kind, int minimum, const std::function<void(int)>& body, int line = 1) {
  hook::begin_loop({.file = "test", .line = line}, kind, minimum);
  for (int i = 0; i < trips; ++i) {
    hook::begin_iteration();
    body(i);
    hook::end_iteration();
  }
  hook::end_loop();
}

/// Load, multiply, shift and store 32 int16: the vector scale of MLIR-AIE's programming guide, section 4c.
void scale_int16(int i) {
  const Token loaded = hook::record_load(Op::kLoad, in_bank(0, 64 * (i % 128)), 64);
  const Token product = hook::record(Op::kIntMul, 1024, loaded);
  const Token narrow = hook::record(Op::kSrs, 512, product);
  hook::record_store(Op::kStore, in_bank(1, 64 * (i % 128)), 64, narrow);
}

TEST(Latency, FollowsStagesAndBypasses) {
  EXPECT_EQ(latency(Op::kLoad, Op::kIntMac, false), 7);
  EXPECT_EQ(latency(Op::kIntMac, Op::kIntMac, true), 2);
  EXPECT_EQ(latency(Op::kBf16Mac, Op::kBf16Mac, true), 4);
  EXPECT_EQ(latency(Op::kVectorAlu, Op::kVectorAlu, false), 1);
  EXPECT_EQ(latency(Op::kVectorAlu, Op::kIntMac, false), 2);
  EXPECT_EQ(latency(Op::kIntMac, Op::kSrs, false), 5);
  EXPECT_EQ(latency(Op::kSrs, Op::kStore, false), 4);
  EXPECT_EQ(latency(Op::kLoadUps, Op::kIntMac, true), 7);
  EXPECT_EQ(latency(Op::kScalarMul, Op::kStore, false), 2);
}

TEST(Text, BundlesAreAsLongAsListed) {
  // From the listing that bundle_bytes names.
  EXPECT_EQ(bundle_bytes(0, 0), 2);              // nop
  EXPECT_EQ(bundle_bytes(1, 16), 4);             // paddb
  EXPECT_EQ(bundle_bytes(2, 20 + 22), 8);        // movx, mov
  EXPECT_EQ(bundle_bytes(3, 21 + 20 + 22), 10);  // st, movx, mov
  EXPECT_EQ(bundle_bytes(4, 21 + 22 + 21 + 26), 14);
  EXPECT_EQ(bundle_bytes(6, 126), 16);
}

TEST(Scale, PipelinedStartsEveryTwoCycles) {
  const Cost found = cost_of([] { loop(32, LoopKind::kPipelined, 16, scale_int16); });
  ASSERT_EQ(found.fault, "");
  ASSERT_EQ(found.loops.size(), 1U);
  EXPECT_EQ(found.loops[0].interval, 2);  // two stores an iteration, one store port
  EXPECT_EQ(found.loops[0].resource_bound, 2);
  // Loads at 0 and 1, multiply at 8, stores that shift at 13 and 14: 15 bundles.
  EXPECT_EQ(found.cycles, 15 + 31 * 2 + kCallCycles);
}

TEST(Scale, PlainRunsOneIterationAfterTheOther) {
  const Cost found = cost_of([] { loop(32, LoopKind::kPlain, 0, scale_int16); });
  EXPECT_EQ(found.cycles, 32 * 15 + kLoopSetup + kCallCycles);
}

TEST(Scale, NeedsAMinimumTripCountToOverlap) {
  const Cost found = cost_of([] { loop(32, LoopKind::kPipelined, 1, scale_int16); });
  EXPECT_EQ(found.loops[0].interval, 15);  // one stage: nothing overlaps
}

TEST(Banks, SharedBankHoldsTheLoadsUp) {
  const auto body = [](int bank_of_b) {
    return [bank_of_b](int i) {
      const Token a = hook::record_load(Op::kLoad, in_bank(0, 32 * (i % 64)), 32);
      const Token b = hook::record_load(Op::kLoad, in_bank(bank_of_b, 32 * (i % 64) + 4096), 32);
      hook::record(Op::kIntMul, 1024, a, b);
    };
  };
  EXPECT_EQ(cost_of([&] { loop(64, LoopKind::kPipelined, 16, body(1)); }).loops[0].interval, 1);
  EXPECT_EQ(cost_of([&] { loop(64, LoopKind::kPipelined, 16, body(0)); }).loops[0].interval, 2);
}

TEST(Recurrence, AccumulatorDistances) {
  const auto chain = [](Op op, unsigned bits) {
    Token sum = {};
    loop(64, LoopKind::kPipelined, 16, [&](int) { sum = hook::record(op, bits, {}, {}, sum); });
  };
  EXPECT_EQ(cost_of([&] { chain(Op::kBf16Mac, 512); }).loops[0].interval, 4);
  EXPECT_EQ(cost_of([&] { chain(Op::kIntMac, 1024); }).loops[0].interval, 2);
}

TEST(Recurrence, FourIndependentAccumulatorsKeepTheBf16UnitBusy) {
  const Cost found = cost_of([] {
    std::array<Token, 4> sums{};
    loop(64, LoopKind::kPipelined, 16, [&](int) {
      for (Token& sum : sums) {
        sum = hook::record(Op::kBf16Mac, 512, {}, {}, sum, 128);
      }
    });
  });
  EXPECT_EQ(found.loops[0].interval, 4);
  EXPECT_EQ(found.macs, 64 * 4 * 128);
  EXPECT_EQ(found.multiplies, 256);
}

TEST(Fusion, WideningLoadIsOneOperation) {
  const Cost found = cost_of([] {
    loop(64, LoopKind::kPipelined, 16, [](int) {
      const Token loaded = hook::record_load(Op::kLoad, in_bank(0), 32);
      hook::record(Op::kUps, 512, loaded);
    });
  });
  EXPECT_EQ(found.loops[0].interval, 1);
  EXPECT_EQ(found.loops[0].length, 1);
}

TEST(Fusion, AccumulatorsOfTheSizeOfVectorsGoToMemoryAsTheyAre) {
  // Load 32 int32, make an accumulator of them, add products, store the accumulator unshifted: four loads on port A,
  // four stores, nothing else besides the multiply.
  const Cost found = cost_of([] {
    loop(64, LoopKind::kPipelined, 16, [](int i) {
      const Token loaded = hook::record_load(Op::kLoad, in_bank(0, 128 * i), 128);
      const Token sum = hook::record(Op::kUps, 1024, loaded);
      const Token made = hook::record(Op::kIntMac, 1024, {}, {}, sum);
      hook::record_store(Op::kStore, in_bank(1, 128 * i), 128, hook::record(Op::kSrs, 1024, made));
    });
  });
  EXPECT_EQ(found.loops[0].interval, 4);
  // Loads at 0 to 3, multiply at 3 + 7 - 3 + 1, stores from 5 later.
  EXPECT_EQ(found.loops[0].length, 8 + 5 + 4);
}

TEST(Memory, StoreThenLoadOfTheSameBytesIsACycle) {
  const Cost found = cost_of([] {
    loop(64, LoopKind::kPipelined, 16, [](int) {
      const Token sum = hook::record_load(Op::kLoadAccumulator, in_bank(0), 32);
      hook::record_store(Op::kStoreAccumulator, in_bank(0), 32, hook::record(Op::kBf16Mac, 256, {}, {}, sum));
    });
  });
  // Load to multiply 7 - 3 + 1, multiply to store 6, store to the next load 1.
  EXPECT_EQ(found.loops[0].interval, 12);
  EXPECT_EQ(found.loops[0].length, 12);
}

TEST(Nesting, CyclesAreThoseOfTheFullTripCounts) {
  const Cost found =
      cost_of([] { loop(10, LoopKind::kPlain, 0, [](int) { loop(32, LoopKind::kPipelined, 16, scale_int16, 2); }); });
  EXPECT_EQ(found.cycles, 10 * (15 + 31 * 2) + 1 + kCallCycles);
  ASSERT_EQ(found.loops.size(), 2U);
  EXPECT_EQ(found.loops[1].times, 10);
}

TEST(Nesting, LoadsBeforeAndStoresAfterOverlapWithTheInnerLoop) {
  const auto kernel = [] {
    Token sum = hook::record_load(Op::kLoadAccumulator, in_bank(0), 64);
    loop(16, LoopKind::kPipelined, 16, [&](int) {
      const Token a = hook::record_load(Op::kLoad, in_bank(1), 32);
      sum = hook::record(Op::kIntMac, 512, a, {}, sum);
    });
    hook::record_store(Op::kStoreAccumulator, in_bank(0), 64, sum);
  };
  // Laid out: loads at 0 and 1, multiply at 7, stores at 12 and 13; fifteen further iterations every 2 cycles.
  EXPECT_EQ(cost_of(kernel).cycles, 14 + 15 * 2 + kCallCycles);
}

/// A load and a store of one bank need two cycles, of two that take turns one.
TEST(Banks, ThatTakeTurnsDoNotMeet) {
  const auto interval = [](bool turns) {
    const Cost found = cost_of([turns] {
      loop(16, LoopKind::kPipelined, 16, [turns](int i) {
        const int bank = turns ? i % 2 : 0;
        const Token loaded = hook::record_load(Op::kLoad, in_bank(bank, 64 * i), 32);
        hook::record_store(Op::kStore, in_bank(bank, 0x2000 + 64 * i), 32, loaded);
      });
    });
    return found.loops.front().interval;
  };
  EXPECT_EQ(interval(false), 2);
  EXPECT_EQ(interval(true), 1);
}

/// Its text is told apart, so that several kernels can share it.
TEST(Calls, AreFunctionsOfTheirOwn) {
  const Cost found = cost_of([] {
    for (int i = 0; i < 2; ++i) {
      hook::begin_call({.file = "function", .line = 3});
      loop(8, LoopKind::kPlain, 0, [](int) { hook::record(Op::kScalarAlu, 32); });
      hook::end_call();
    }
  });
  ASSERT_EQ(found.called.size(), 1U);
  EXPECT_EQ(found.called.front().name, "function:3");
  EXPECT_GT(found.called.front().text_bytes, kFunctionBytes);
  EXPECT_EQ(found.text_bytes, found.called.front().text_bytes + kFunctionBytes);
}

TEST(Calls, AreWalls) {
  const Cost found = cost_of([] {
    hook::begin_call({.file = "test", .line = 9});
    hook::record(Op::kScalarAlu, 32);
    hook::end_call();
    hook::record(Op::kSoftFloatMul, 32);
  });
  EXPECT_EQ(found.cycles, 1 + kCallCycles + operation(Op::kSoftFloatMul).call + kCallCycles);
}

TEST(Brackets, FaultsAreTold) {
  EXPECT_NE(cost_of([] { hook::begin_loop({.file = "t", .line = 1}, LoopKind::kPlain, 0); }).fault, "");
  EXPECT_NE(cost_of([] { hook::begin_iteration(); }).fault, "");
  EXPECT_NE(cost_of([] { hook::end_loop(); }).fault, "");
  EXPECT_NE(cost_of([] { hook::end_call(); }).fault, "");
  EXPECT_NE(cost_of([] {
              hook::begin_loop({.file = "t", .line = 1}, LoopKind::kPlain, 0);
              hook::record(Op::kScalarAlu, 32);
              hook::end_loop();
            }).fault,
            "");
}

TEST(Hooks, DoNothingWithoutARecording) {
  EXPECT_EQ(hook::record(Op::kIntMul, 512).id, 0U);
}

/// A body of pseudo-random operations and operands.
Graph random_graph(std::uint32_t seed) {
  const auto next = [&seed](std::uint32_t below) {
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8U) % below;
  };
  GraphBuilder builder;
  Block block;
  std::vector<Placed> placed;
  constexpr std::array<Op, 8> kOps = {Op::kLoad, Op::kLoadAccumulator, Op::kIntMac,     Op::kBf16Mac, Op::kVectorAlu,
                                      Op::kSrs,  Op::kStore,           Op::kStoreNarrow};
  for (std::uint32_t i = 0; i < 24; ++i) {
    Recorded op{.op = kOps[next(8)], .count = static_cast<std::uint16_t>(1 + next(2)), .bits = 256, .uses = {}};
    op.bank = operation(op.op).memory != 0 ? static_cast<std::uint8_t>(next(4)) : 0;
    if (i > 0 && next(2) != 0) {
      const std::uint32_t from = next(i);
      if (operation(block.ops[from].op).made != 0) {
        op.uses.push_back({.from = From::kHere, .op = from});
      }
    }
    block.ops.push_back(op);
    placed.push_back(builder.add(op, placed, nullptr, nullptr));
  }
  builder.add_carried(block, placed, true);
  return builder.graph();
}

void expect_legal(const Graph& graph, const std::vector<int>& start, int interval) {
  for (const Edge& edge : graph.edges) {
    if (interval == 0 && edge.distance != 0) {
      continue;
    }
    EXPECT_GE(start[static_cast<std::size_t>(edge.to)] + interval * edge.distance,
              start[static_cast<std::size_t>(edge.from)] + edge.cycles);
  }
}

TEST(Schedules, AreLegalForRandomBodies) {
  for (std::uint32_t seed = 1; seed < 200; ++seed) {
    const Graph graph = random_graph(seed);
    const Schedule straight = list_schedule(graph);
    expect_legal(graph, straight.start, 0);
    const Pipeline pipeline = modulo_schedule(graph, 100, straight.length);
    if (pipeline.interval != 0) {
      expect_legal(graph, pipeline.start, pipeline.interval);
      EXPECT_GE(pipeline.interval, pipeline.resource_bound);
      EXPECT_GE(pipeline.interval, pipeline.recurrence_bound);
      EXPECT_LE(pipeline.vector_registers, kVectorRegisters);
      EXPECT_LE(pipeline.accumulators, kAccumulators);
    }
    EXPECT_LE(code_bytes(graph, straight), straight.length * 16);
    EXPECT_GE(code_bytes(graph, straight), straight.length * kShortestBundle);
  }
}

/// The body of a loop over blocks of 4 x 4 bfloat16 products of depth 32, accumulators loaded and stored.
void multiply_block(int i) {
  std::array<Token, 16> sums{};
  for (std::size_t k = 0; k < sums.size(); ++k) {
    sums[k] = hook::record_load(Op::kLoadAccumulator, in_bank(2, 64 * static_cast<int>(k)), 64);
  }
  for (int k = 0; k < 4; ++k) {
    std::array<Token, 4> left{};
    std::array<Token, 4> right{};
    for (std::size_t j = 0; j < 4; ++j) {
      left[j] = hook::record_load(Op::kLoad, in_bank(0), 64);
      right[j] = hook::record_load(Op::kLoad, in_bank(1), 64);
    }
    for (std::size_t j = 0; j < 16; ++j) {
      sums[j] = hook::record(Op::kBf16Mac, 512, left[j / 4], right[j % 4], sums[j], 256);
    }
  }
  for (std::size_t k = 0; k < sums.size(); ++k) {
    hook::record_store(Op::kStoreAccumulator, in_bank(3, 1024 * (i % 16) + 64 * static_cast<int>(k)), 64, sums[k]);
  }
}

TEST(Schedules, OfAProductKeepTheMultiplierBusyAndFitTheCore) {
  Recording recording(image);
  loop(8, LoopKind::kPipelined, 2, multiply_block);
  const Trace trace = recording.finish();
  const Block& block = trace.blocks[trace.loops.at(0).runs.back().block];
  GraphBuilder builder;
  std::vector<Placed> placed;
  for (const Recorded& op : block.ops) {
    placed.push_back(builder.add(op, placed, nullptr, nullptr));
  }
  builder.add_carried(block, placed, true);
  const Graph& graph = builder.graph();
  const Pipeline pipeline = modulo_schedule(graph, 2, list_schedule(graph).length);
  ASSERT_EQ(pipeline.interval, 64);  // as many cycles as multiplies
  expect_legal(graph, pipeline.start, pipeline.interval);
  // Slots and banks, counted again: one multiply, one store, two loads of which one an accumulator's, one access a
  // bank.
  std::array<std::array<int, 5>, 64> used{};
  std::array<std::array<int, 5>, 64> banks{};
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const auto cycle = static_cast<std::size_t>(pipeline.start[i] % 64);
    const std::size_t kind = node.op == Op::kBf16Mac            ? 0
                             : node.op == Op::kStoreAccumulator ? 1
                             : node.op == Op::kLoadAccumulator  ? 2
                                                                : 3;
    ++used[cycle][kind];
    if (node.bank != 0) {
      ++banks[static_cast<std::size_t>((pipeline.start[i] + operation(node.op).memory) % 64)][node.bank];
    }
  }
  for (std::size_t cycle = 0; cycle < 64; ++cycle) {
    EXPECT_LE(used[cycle][0], 1);
    EXPECT_LE(used[cycle][1], 1);
    EXPECT_LE(used[cycle][2], 1);
    EXPECT_LE(used[cycle][2] + used[cycle][3], 2);
    for (const int accesses : banks[cycle]) {
      EXPECT_LE(accesses, 1);
    }
  }
  EXPECT_LE(pipeline.vector_registers, kVectorRegisters);
  EXPECT_LE(pipeline.accumulators, kAccumulators);
}

TEST(Recording, IsDeterministic) {
  const auto kernel = [] {
    loop(7, LoopKind::kPlain, 0, [](int) { loop(32, LoopKind::kPipelined, 16, scale_int16, 2); });
  };
  const Cost first = cost_of(kernel);
  const Cost second = cost_of(kernel);
  EXPECT_EQ(first.cycles, second.cycles);
  EXPECT_EQ(first.text_bytes, second.text_bytes);
}

}  // namespace
}  // namespace skald::npu::counting
