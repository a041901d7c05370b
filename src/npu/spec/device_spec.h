#pragma once
// What an NPU is and may: every number that legality, planning and the time model ask for, each with its source.
//
// Sources: TM = mlir-aie, AIETargetModel.h/.cpp; AM020-n = AMD AM020 (AIE-ML architecture manual), chapter n, A:
// appendix; EMU = xdna-emu, docs (file named); DRV = amdxdna driver; WX = whisper-xdna; AIE/AIEX = mlir-aie's verifiers
// of that dialect; XRT = Xilinx runtime.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "npu/spec/element.h"

namespace skald::npu {

inline constexpr int64_t kKiB = 1024;
inline constexpr int kStreamWordBytes = 4;  ///< a stream carries one 32-bit word a cycle: AM020-2, table 3
inline constexpr int kHostArguments = 5;    ///< buffers of a launch: XRT group ids 3 to 7; mlir-aie's test wrapper

/// Kinds of tiles, by row.
enum class TileKind : uint8_t { kInterface, kMemory, kCompute };

/// Where the tiles are. Rows from the south.
struct Geometry {
  int columns = 0;
  int rows = 6;               ///< TM; EMU arch/tile-topology.md
  int memory_row = 1;         ///< TM
  int first_compute_row = 2;  ///< TM

  constexpr int compute_rows() const { return rows - first_compute_row; }
  constexpr int compute_tiles() const { return columns * compute_rows(); }
  constexpr bool contains(int column, int row) const {
    return column >= 0 && column < columns && row >= 0 && row < rows;
  }
  constexpr TileKind kind(int row) const {
    if (row == 0) return TileKind::kInterface;
    return row == memory_row ? TileKind::kMemory : TileKind::kCompute;
  }
};

/// Data memory of a tile.
struct MemorySpec {
  int64_t bytes = 0;
  int logical_banks = 0;   ///< as the toolchain places buffers: TM getNumBanks
  int physical_banks = 0;  ///< single-port, 128 bits wide: AM020-2, AM020-5
  int64_t bank_bytes() const { return logical_banks == 0 ? 0 : bytes / logical_banks; }
};

/// A tile's DMA engine and what its descriptors can say. Counts of words are of 32 bits.
struct DmaSpec {
  int channels_in = 0;               ///< stream to memory (S2MM)
  int channels_out = 0;              ///< memory to stream (MM2S)
  int descriptors = 0;               ///< of the tile
  int descriptors_of_a_channel = 0;  ///< those that one channel reaches
  bool by_parity = false;            ///< even channels reach the lower half of the descriptors, odd ones the upper
  int dimensions = 0;                ///< of addresses, beside iteration
  int wrap_bits = 0;                 ///< size of a dimension; the outermost has none
  int step_bits = 0;                 ///< words, stored less 1
  int length_bits = 0;               ///< words
  int iteration = 64;                ///< 6 bits, stored less 1: EMU dma-reference.md
  int queue_depth = 4;               ///< tasks of a channel: AM020-3, AM020-5
  int repeat = 256;                  ///< runs of a task, 8 bits, stored less 1: EMU dma-reference.md; AIEX

  constexpr int64_t largest_wrap() const { return (int64_t{1} << wrap_bits) - 1; }
  constexpr int64_t largest_step() const { return int64_t{1} << step_bits; }
  constexpr int64_t largest_length() const { return (int64_t{1} << length_bits) - 1; }
};

/// Semaphores of a tile.
struct LockSpec {
  int count = 0;
  int largest_value = 63;  ///< 6 bits: TM; AM020
};

/// Streams between a tile and its neighbours, as they leave (masters) and enter (slaves) its switch.
struct SwitchSpec {
  int north_out = 0, south_out = 0, east_out = 0, west_out = 0;
  int north_in = 0, south_in = 0, east_in = 0, west_in = 0;
  int masters = 0;  ///< all, with those of core, DMA, control and FIFO
  int slaves = 0;
};

struct TileSpec {
  MemorySpec memory;
  DmaSpec dma;
  LockSpec locks;
  SwitchSpec ports;
};

/// What mlir-aie refuses beyond the hardware's fields, or lets pass although it is wrong (reference/mlir-aie.md).
struct ToolchainLimits {
  int64_t descriptor_dimension = 512;      ///< largest size in aie.dma_bd, although its message says 1023: AIE
  int64_t core_wrap = 255;                 ///< words; 256 is written as 0 without a message
  int64_t memcpy_size = 1023;              ///< words, the inner sizes of dma_memcpy_nd: AIEX
  int64_t memcpy_repeat = 64;              ///< outermost size of dma_memcpy_nd with a stride: AIEX
  int64_t memcpy_step = int64_t{1} << 20;  ///< words: AIEX
  int sequence_dimensions = 4;             ///< of a transfer, the outermost being the repeat: AIEX
  int live_transfers = 8;         ///< of an interface tile; 9 wedged, 16 wedged, 12 passed: EMU shim-bd-pool finding
  int64_t alignment = 64;         ///< of sizes in core memory, as nothing aligns buffers; a 512-bit access
  int64_t largest_stack = 16384;  ///< more overlaps buffers with the default allocator
};

/// A core.
struct CoreSpec {
  int64_t text_bytes = 16 * kKiB;   ///< 1024 x 128 bits: AM020-2, AM020-4
  int64_t text_budget = 12 * kKiB;  ///< ours, of kernels; the rest for code between them and what compilers add
  int64_t stack_default = 0x400;    ///< mlir-aie; overflows silently with Peano's code: WX, whole_array.py 0xD00
  int load_bytes = 64;              ///< a cycle, two loads of 256 bits: AM020-2
  int store_bytes = 32;             ///< a cycle: AM020-2
  int cascade_bits = 512;           ///< TM
  // Multiply-accumulates a cycle: AM020-4; AM020-A table 14; mlir-aie programming guide, section 4c.
  int macs_i4 = 512;
  int macs_i8 = 256;
  int macs_i16_i8 = 128;
  int macs_i16 = 64;
  int macs_bf16 = 128;

  /// Of products whose factors both have that type; 0: the core has none.
  constexpr int macs(Element type) const {
    switch (type) {
      case Element::kI8: return macs_i8;
      case Element::kI16: return macs_i16;
      case Element::kBf16: return macs_bf16;
      default: return 0;
    }
  }
};

/// Packet-switched streams (nothing we plan uses them).
struct PacketSpec {
  int id_bits = 5;      ///< AM020-2; AIE
  int type_bits = 3;    ///< the same
  int match_slots = 4;  ///< of a slave port: EMU arch/stream-switch-model.md
};

/// One operating point: clock of the controller and of the array, MHz.
struct OperatingPoint {
  int controller_mhz = 0;
  int array_mhz = 0;
};

struct ClockSpec {
  double array_ghz = 1.028;  ///< Phoenix under load whatever is asked for: EMU, QoS clock finding of 2026-08-04
  /// DRV npu1_regs.c lines 50-58
  std::array<OperatingPoint, 8> points{
      {{400, 800}, {600, 1024}, {600, 1024}, {600, 1024}, {600, 1024}, {720, 1309}, {720, 1309}, {847, 1600}}};
  int operations_per_column = 2048;  ///< a cycle, 8-bit: DRV npu1_regs.c line 79
};

/// Host memory as the array sees it.
struct HostMemorySpec {
  double sustained_low_gb_s = 16;        ///< reads and writes together, implied by measured GEMMs: WX
  double sustained_high_gb_s = 23;       ///< the same
  double npu_beside_cpu = 682.0 / 1082;  ///< rate of the NPU, and
  double cpu_beside_npu = 542.0 / 829;   ///< of the CPU, while both use the memory: WX
  double interface_gb_s_per_ghz = 8;  ///< one interface tile, each direction: two channels of a word a cycle: AM020-3
};

/// What the host pays. Microseconds.
struct HostCosts {
  double empty_launch_us = 45;      ///< mlir-aie issue 2381; XRT issue 9018
  double simple_launch_us = 60;     ///< the same
  double ordinary_launch_us = 128;  ///< 107 to 148: mlir-aie issue 2944
  double listed_share = 0.76;       ///< of a run's cost when it goes in a run list: WX bench/probe_xrt_chain.py
  double context_switch_us = 1405;  ///< 2.81 ms a pair: WX
  double context_create_us = 2500;  ///< WX bench/probe_ctx.py
  double resume_us = 120'000;       ///< first launch after 5 s idle: mlir-aie issue 2944; DRV
  int contexts = 6;                 ///< DRV npu1_regs.c, hwctx_limit; the seventh fails: WX
  int list_entries = 64;            ///< of a run list: DRV
  int in_flight = 4;                ///< submissions of a context: DRV
};

/// What the controller that runs the sequence takes. Array cycles.
struct ControllerCosts {
  double write = 100;                ///< a register: EMU control-path calibration 2026-05-04
  double block_write = 203;          ///< eight words: the same
  double block_word = 13;            ///< each further word: the same
  double mask_write = 210;           ///< the same
  double push_out_of_memory = 2700;  ///< a task of an MM2S queue: EMU npu-controller-dispatch-overhead 2026-05-25
  double push_into_memory = 2870;    ///< a task of an S2MM queue: the same
  double first_sync = 8000;          ///< EMU emu-dma-wait-mailbox-latency 2026-05-11
  double first_drain = 30'500;       ///< core start to first output, +-16 %: EMU host-firmware-dispatch
};

struct DeviceSpec {
  std::string_view name;
  std::string_view hardware;
  Geometry geometry;
  TileSpec compute;
  TileSpec memory;
  TileSpec interface;
  CoreSpec core;
  ToolchainLimits tools;
  PacketSpec packets;
  ClockSpec clock;
  HostMemorySpec host_memory;
  HostCosts host;
  ControllerCosts controller;

  constexpr const TileSpec& tile(int row) const {
    switch (geometry.kind(row)) {
      case TileKind::kInterface: return interface;
      case TileKind::kMemory: return memory;
      case TileKind::kCompute: return compute;
    }
    return compute;
  }

  /// Memory of all compute tiles (L1) and of all memory tiles (L2).
  constexpr int64_t l1_bytes() const { return geometry.compute_tiles() * compute.memory.bytes; }
  constexpr int64_t l2_bytes() const { return geometry.columns * memory.memory.bytes; }

  /// 10^12 operations a second of all compute tiles at `ghz` with `macs` a cycle and tile; two operations a MAC.
  constexpr double peak_tops(double ghz, int macs) const { return 2.0 * macs * geometry.compute_tiles() * ghz / 1000; }
};

/// Phoenix and Hawk Point (PCI 1022:1502): the columns that applications get of the five physical ones (DRV
/// npu1_regs.c, first_col = 1), and partitions of one to three of them (TM).
inline constexpr DeviceSpec npu1_with(std::string_view name, int columns) {
  return {
      .name = name,
      .hardware = "AMD Phoenix / Hawk Point (XDNA1, AIE2)",
      .geometry = {.columns = columns},
      .compute = {.memory = {.bytes = 64 * kKiB,
                             .logical_banks = 4,
                             .physical_banks = 8},  // TM; AM020-2
                                                    // AM020-2; TM getNumBDs; fields: EMU dma-reference.md
                  .dma = {.channels_in = 2,
                          .channels_out = 2,
                          .descriptors = 16,
                          .descriptors_of_a_channel = 16,
                          .dimensions = 3,
                          .wrap_bits = 8,
                          .step_bits = 13,
                          .length_bits = 14},
                  .locks = {.count = 16},  // TM getNumLocks
                  // TM getNumSource/DestSwitchboxConnections
                  .ports = {.north_out = 6,
                            .south_out = 4,
                            .east_out = 4,
                            .west_out = 4,
                            .north_in = 4,
                            .south_in = 6,
                            .east_in = 4,
                            .west_in = 4,
                            .masters = 23,
                            .slaves = 25}},
      .memory = {.memory = {.bytes = 512 * kKiB,
                            .logical_banks = 8,
                            .physical_banks = 16},  // TM; AM020-5
                                                    // AM020-5; TM isBdChannelAccessible: 24 descriptors for even
                                                    // channels, 24 for odd ones
                 .dma = {.channels_in = 6,
                         .channels_out = 6,
                         .descriptors = 48,
                         .descriptors_of_a_channel = 24,
                         .by_parity = true,
                         .dimensions = 4,
                         .wrap_bits = 10,
                         .step_bits = 17,
                         .length_bits = 17},
                 .locks = {.count = 64},
                 .ports = {.north_out = 6,
                           .south_out = 4,
                           .north_in = 4,
                           .south_in = 6,
                           .masters = 17,
                           .slaves = 18}},  // no lateral streams: TM; AM020-5
      .interface = {.memory = {},
                    .dma = {.channels_in = 2,
                            .channels_out = 2,
                            .descriptors = 16,
                            .descriptors_of_a_channel = 16,
                            .dimensions = 3,
                            .wrap_bits = 10,
                            .step_bits = 20,
                            .length_bits = 32},  // AM020-3
                    .locks = {.count = 16},
                    .ports = {.north_out = 6,
                              .south_out = 6,
                              .east_out = 4,
                              .west_out = 4,
                              .north_in = 4,
                              .south_in = 8,
                              .east_in = 4,
                              .west_in = 4,
                              .masters = 22,
                              .slaves = 23}},
      .core = {},
      .tools = {},
      .packets = {},
      .clock = {},
      .host_memory = {},
      .host = {},
      .controller = {},
  };
}

inline constexpr DeviceSpec kNpu1 = npu1_with("npu1", 4);
inline constexpr DeviceSpec kNpu1OneColumn = npu1_with("npu1_1col", 1);
inline constexpr DeviceSpec kNpu1TwoColumns = npu1_with("npu1_2col", 2);
inline constexpr DeviceSpec kNpu1ThreeColumns = npu1_with("npu1_3col", 3);

// What follows from others.
static_assert(kNpu1.geometry.compute_tiles() == 16);
static_assert(kNpu1OneColumn.geometry.compute_tiles() == 4);
static_assert(kNpu1.l1_bytes() == 1024 * kKiB && kNpu1.l2_bytes() == 2048 * kKiB);
static_assert(kNpu1.compute.memory.bytes == 0x10000 && kNpu1.memory.memory.bytes == 0x80000);
static_assert(kNpu1.core.text_bytes == 1024 * 128 / 8 && kNpu1.core.text_budget < kNpu1.core.text_bytes);
static_assert(kNpu1.clock.operations_per_column == 2 * kNpu1.core.macs_i8 * kNpu1.geometry.compute_rows());
static_assert(kNpu1.peak_tops(1.028, kNpu1.core.macs_i8) > 8.42 && kNpu1.peak_tops(1.028, kNpu1.core.macs_i8) < 8.43);
static_assert(kNpu1.peak_tops(1.028, kNpu1.core.macs_bf16) > 4.21 &&
              kNpu1.peak_tops(1.028, kNpu1.core.macs_bf16) < 4.22);
static_assert(kNpu1.memory.dma.descriptors == 2 * kNpu1.memory.dma.descriptors_of_a_channel);
static_assert(kNpu1.compute.dma.largest_length() * kStreamWordBytes >= kNpu1.compute.memory.bytes - kStreamWordBytes);
static_assert(kNpu1.tools.core_wrap == kNpu1.compute.dma.largest_wrap());
static_assert(kNpu1.tools.memcpy_size == kNpu1.interface.dma.largest_wrap());
static_assert(kNpu1.tools.memcpy_step == kNpu1.interface.dma.largest_step());
static_assert(kNpu1.tools.memcpy_repeat == kNpu1.interface.dma.iteration);
// Streams northward of a tile are those southward into the tile above, and the other way round.
static_assert(kNpu1.interface.ports.north_out == kNpu1.memory.ports.south_in &&
              kNpu1.memory.ports.north_out == kNpu1.compute.ports.south_in &&
              kNpu1.compute.ports.south_out == kNpu1.memory.ports.north_in &&
              kNpu1.memory.ports.south_out == kNpu1.interface.ports.north_in &&
              kNpu1.compute.ports.east_out == kNpu1.compute.ports.west_in);
static_assert(kNpu1.host_memory.interface_gb_s_per_ghz ==
              kNpu1.interface.dma.channels_in * static_cast<double>(kStreamWordBytes));

/// All devices, the whole array first.
std::span<const DeviceSpec> device_specs();

/// The device of that name. Errors: kNotFound.
Result<const DeviceSpec*> find_device(std::string_view name);

}  // namespace skald::npu
