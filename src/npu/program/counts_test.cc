#include "npu/program/counts.h"

#include <gtest/gtest.h>

#include "npu/program/array_for_tests.h"

namespace skald::npu {
namespace {

// npu.md 5.1: a memory tile takes A + B + 4 C = 6 streams and sends A + B + C = 3; an interface tile sends 2, takes 1;
// a core takes 2, sends 1.
TEST(Counts, ChannelsOfTheWholeArray) {
  const Counts counts = count(array_program(), kNpu1);
  for (int column = 0; column < kColumns; ++column) {
    EXPECT_EQ(counts_of(counts, {column, 0}).channels_out, 2);
    EXPECT_EQ(counts_of(counts, {column, 0}).channels_in, 1);
    EXPECT_EQ(counts_of(counts, {column, 1}).channels_in, 6);
    EXPECT_EQ(counts_of(counts, {column, 1}).channels_out, 3);
    for (int row = 0; row < kRows; ++row) {
      EXPECT_EQ(counts_of(counts, {column, 2 + row}).channels_in, 2);
      EXPECT_EQ(counts_of(counts, {column, 2 + row}).channels_out, 1);
    }
  }
}

TEST(Counts, MemoryLocksAndDescriptorsOfTheWholeArray) {
  const Counts counts = count(array_program(), kNpu1);
  const TileCounts& memory = counts_of(counts, {0, 1});
  constexpr int64_t kTile = kEdge * kEdge;
  EXPECT_EQ(memory.object_bytes, 2 * kTile + 2 * kTile + 2 * 4 * kTile);
  EXPECT_EQ(memory.locks, 2 + 2 + 2 * 4);  // a pair a branch
  // In, channels 0 to 5: A 2, B 2, C 2 each. Out, 0 to 2: A 2, B 2, joined C 2 x 4.
  EXPECT_EQ(memory.descriptors[0], 2 + 2 + 2 + 2 + 8);
  EXPECT_EQ(memory.descriptors[1], 2 + 2 + 2 + 2);
  EXPECT_EQ(memory.north_out, 2);
  EXPECT_EQ(memory.north_in, 4);
  EXPECT_EQ(memory.south_in, 2);
  EXPECT_EQ(memory.south_out, 1);
  const TileCounts& core = counts_of(counts, {0, 2});
  EXPECT_EQ(core.object_bytes, 6 * kTile);
  EXPECT_EQ(core.buffer_bytes, 4 * kTile + 256);
  EXPECT_EQ(core.parameter_bytes, 64);
  EXPECT_EQ(core.stack_bytes, 1024);
  EXPECT_EQ(core.locks, 3 * 2 + 1);  // parameters have one
  EXPECT_EQ(core.all_descriptors(), 6);
  // A rows: that of column i goes east over 3 - i borders and west over i.
  EXPECT_EQ(counts.across.at(1), (std::pair{1, 3}));
  EXPECT_EQ(counts.across.at(3), (std::pair{3, 1}));
}

TEST(Counts, SequenceOfTheWholeArray) {
  const SequenceCounts sequence = count(array_program(), kNpu1).sequence;
  EXPECT_EQ(sequence.parameter_writes, 16);
  EXPECT_EQ(sequence.hand_overs, 16);
  EXPECT_EQ(sequence.descriptor_writes, 12);
  EXPECT_EQ(sequence.pushes_to_stream, 8);
  EXPECT_EQ(sequence.pushes_from_stream, 4);
  EXPECT_EQ(sequence.token_requests, 4);
  EXPECT_EQ(sequence.waits, 4);
}

TEST(Counts, RepeatsTakeDescriptorsUnlessTheChannelRepeats) {
  Program p = array_program();
  p.fifos[a_row(0)].repeat = 3;
  Counts counts = count(p, kNpu1);
  const auto end_of = [&counts](int fifo, bool produces) {
    for (const End& end : counts.ends) {
      if (end.fifo == fifo && end.produces() == produces) return end;
    }
    return End{};
  };
  EXPECT_EQ(end_of(a_row(0), true).descriptors, 6);
  EXPECT_EQ(end_of(a_in(0), false).descriptors, 2);
  EXPECT_EQ(end_of(a_in(0), false).lock_value, 6);
  p.fifos[a_row(0)].depth = p.fifos[a_in(0)].consumers[0].depth = 1;
  counts = count(p, kNpu1);
  EXPECT_EQ(end_of(a_row(0), true).descriptors, 1);
}

TEST(Counts, NeighboursShareMemory) {
  const auto fifo = [](Tile from, Tile to) {
    return Fifo{
        .name = "f", .producer = from, .depth = 3, .consumers = {{.tile = to, .depth = 3}}, .block = {.shape = {64}}};
  };
  EXPECT_TRUE(shares_memory(fifo({0, 2}, {0, 3}), kNpu1));
  EXPECT_TRUE(shares_memory(fifo({0, 2}, {1, 2}), kNpu1));
  EXPECT_TRUE(shares_memory(fifo({1, 2}, {0, 2}), kNpu1));
  EXPECT_FALSE(shares_memory(fifo({0, 2}, {0, 4}), kNpu1));
  EXPECT_FALSE(shares_memory(fifo({0, 1}, {0, 2}), kNpu1));
  EXPECT_EQ(shared_home(fifo({0, 2}, {1, 2})), (Tile{0, 2}));  // the consumer looks west
  EXPECT_EQ(shared_home(fifo({1, 2}, {0, 2})), (Tile{0, 2}));  // the producer does
  EXPECT_TRUE(reaches({1, 2}, {0, 2}, kNpu1));
  EXPECT_FALSE(reaches({0, 2}, {1, 2}, kNpu1));  // no window to the east
  EXPECT_FALSE(reaches({0, 2}, {0, 1}, kNpu1));
  Program p{.name = "p", .device = "npu1", .fifos = {fifo({1, 2}, {0, 2})}};
  const Counts counts = count(p, kNpu1);
  EXPECT_EQ(counts_of(counts, {0, 2}).object_bytes, 3 * 64);
  EXPECT_EQ(counts_of(counts, {0, 2}).locks, 2);
  EXPECT_EQ(counts_of(counts, {1, 2}).object_bytes + counts_of(counts, {1, 2}).channels_out, 0);
}

}  // namespace
}  // namespace skald::npu
