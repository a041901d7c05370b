#pragma once
// What a model of a published shape takes on this machine: encoder, decoder, a whole window. Weights are random, so no
// download is needed; time does not depend on them.

#include <cstdint>
#include <string>
#include <vector>

#include "skald/error.h"

namespace skald::engine {

struct BenchOptions {
  std::string shape = "base";         ///< "tiny", "base.en", "large-v3", "turbo", ...
  std::string compute_type = "auto";  ///< as LoadOptions
  int threads = 0;                    ///< 0: one per core this process may use
  int repeats = 5;                    ///< of each measurement
  bool encoder = true;                ///< false: log-mel and decoder alone, for an encoder that is elsewhere
};

/// One measurement. Those of positions, batch, beam and tokens that are not its own are 0.
struct BenchResult {
  std::string what;      ///< "mel", "encoder", "decoder window", "decoder step", "first token", "whole window"
  int positions = 0;     ///< of the encoder's window
  int batch = 0;         ///< windows at once
  int beam = 0;          ///< hypotheses of one window
  int tokens = 0;        ///< decoded one after the other
  double median_ms = 0;  ///< by the clock
  double best_ms = 0;
  double cpu_ms = 0;    ///< processor time of all threads, of the best
  double realtime = 0;  ///< seconds of audio a second; 0: says nothing
  double joules = 0;    ///< of the processor for an hour of audio, by its own counters; 0: it does not tell
};

struct BenchReport {
  std::string shape;
  std::string compute_type;
  std::string isa;
  int threads = 0;
  int64_t parameters = 0;
  double load_seconds = 0;  ///< packing the weights
  int64_t memory = 0;       ///< bytes of the process at most
  std::vector<BenchResult> results;
};

/// What a window takes of the CPU besides its encoder.
struct DecodingTime {
  double clock_ms = 0;      ///< by the clock
  double processor_ms = 0;  ///< of all threads together
};

/// Log-mel, the decoder's start and `tokens` steps, of one of `batch` windows that decode together; from the best that
/// bench() found. Pre: it measured that batch.
DecodingTime decoding_time(const BenchReport& report, int batch, int tokens);

/// Errors: kNotFound (no such shape), kInvalidArgument (options), kUnsupported (SKALD_CPU), kOutOfMemory.
Result<BenchReport> bench(const BenchOptions& options);

}  // namespace skald::engine
