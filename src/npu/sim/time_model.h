#pragma once
// The costs that the simulator charges beside kernel cycles. One set for every Program; each number with its source
// ("npu.md" sections are those of docs/NPU.md's list of references) and whether it was fitted to the point that it
// comes from (calibrates) or is a property of the hardware's description (states).

namespace skald::npu::sim {

/// All in array cycles unless the name says otherwise.
struct TimeModel {
  double clock_ghz = 1.028;  ///< Phoenix under load, whatever is asked for: xdna-emu, QoS clock finding 2026-08-04

  // Streams: one 32-bit word a cycle (AM020, chapter 2).
  double stream_words = 1.0;
  double descriptor_switch = 1;  ///< bubble between two descriptors of a channel: xdna-emu, dma-stream-resources
  double hop = 2;                ///< tile to tile: AM020 port-to-port latency
  double interface_read_words =
      1.05;  ///< cycles a word, interface tile to array: xdna-emu, shim throughput (calibrates)
  double interface_read_start = 747;   ///< from start to first word: the same fit
  double interface_write_words = 1.0;  ///< array to interface tile: the same finding
  double interface_write_start = 171;

  // Memory of the host, shared by all interface tiles.
  double ddr_gb_s = 18;  ///< sustained, reads and writes together: 16 to 23 implied by measured GEMMs

  // Locks.
  double core_lock = 5;     ///< acquire or release: semaphore port 4, arbitration 1: llvm-aie schedule; xdna-emu
  double memory_lock = 63;  ///< release in a memory tile until the other side sees it: xdna-emu
  double kernel_call = 12;  ///< call and return, 6 issue cycles each: llvm-aie schedule

  // The controller that runs the sequence.
  double register_write = 100;    ///< one word: xdna-emu, control-path calibration (calibrates)
  double descriptor_write = 203;  ///< a descriptor of eight words: the same
  double address_patch = 100;     ///< adding a buffer's address: unmeasured, taken as one write
  double push_read = 2497;        ///< task queue, so that starts are 2700 apart with their descriptor: dispatch finding
  double push_write = 2667;       ///< the same, 2870 apart
  double wait_token = 0;          ///< once the token is there

  // The host.
  double launch_us = 45;            ///< an empty kernel from call to return: mlir-aie issue 2381 (calibrates)
  double context_switch_us = 1405;  ///< half of a pair: whisper-xdna
};

}  // namespace skald::npu::sim
