#pragma once
// The costs that the simulator charges beside kernel cycles: those of the device (spec/device_spec.h) that depend on an
// assumption, and those of streams and locks. One set for every Program; sources as in device_spec.h. A number that was
// fitted to a published point says so ("calibrated"); `skald npu validate` lists which points are predicted.

#include "npu/spec/device_spec.h"

namespace skald::npu::sim {

/// Array cycles unless the name says otherwise.
struct TimeModel {
  double clock_ghz = kNpu1.clock.array_ghz;

  // Streams.
  double stream_words = 1.0;           ///< cycles a word: AM020-2, table 3
  double descriptor_switch = 1;        ///< between two descriptors of a channel: EMU dma-stream-resources
  double hop = 2;                      ///< from tile to tile: AM020, latency of a switch port
  double interface_read_words = 1.05;  ///< host to array: EMU shim-throughput finding, calibrated
  double interface_read_start = 747;   ///< from a task's start to its first word: the same fit
  double interface_write_words = 1.0;  ///< array to host: the same finding
  double interface_write_start = 171;

  /// Host memory, shared by all interface tiles, reads and writes together.
  double ddr_gb_s = kNpu1.host_memory.sustained_high_gb_s;

  // Locks.
  double core_lock = 5;     ///< acquire or release: semaphore port 4, arbitration 1: llvm-aie AIE2Schedule.td; EMU
  double memory_lock = 63;  ///< release in a memory tile until the other side sees it: EMU core-compute-timing
  double kernel_call = 12;  ///< call and return, 6 issue cycles each: llvm-aie AIE2Schedule.td

  // The controller.
  double register_write = kNpu1.controller.write;
  double descriptor_write = kNpu1.controller.block_write;
  /// A push as measured is from task to task: its descriptor is part of it. The address patch is taken to be, too.
  double push_read = kNpu1.controller.push_out_of_memory - kNpu1.controller.block_write;
  double push_write = kNpu1.controller.push_into_memory - kNpu1.controller.block_write;
};

}  // namespace skald::npu::sim
