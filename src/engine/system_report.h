#pragma once
// What this machine and build have, what is missing, and what to do about it: `skald doctor` shows it.

#include <cstdint>
#include <string>
#include <vector>

#include "base/cpu_features.h"

namespace skald::engine {

/// One operation of the kernel table and the instruction set its chosen implementation is written for.
struct KernelUse {
  std::string operation;  ///< "gemm_f32"
  Isa chosen = Isa::kScalar;
  std::vector<Isa> available;  ///< sets with an implementation of their own, whether or not this processor runs them
};

/// A model that is found by its name.
struct ModelReport {
  std::string name;
  std::string path;
  int64_t parameters = 0;
  std::string problem;  ///< why it cannot be opened; empty: it can
};

/// A kind of recording and whether FFmpeg's libraries here decode it.
struct FormatReport {
  std::string name;  ///< "mp3"
  bool readable = false;
};

struct Problem {
  std::string what;
  std::string fix;
};

struct SystemReport {
  std::string cpu;
  CpuFeatures features;
  Isa best = Isa::kScalar;
  Isa chosen = Isa::kScalar;  ///< what a transcription would use; `best` when SKALD_CPU is wrong
  std::string forced;         ///< SKALD_CPU as set
  int threads = 0;
  int64_t memory_total = 0;      ///< bytes
  int64_t memory_available = 0;  ///< bytes that can be had without swapping
  std::vector<KernelUse> kernels;
  std::vector<ModelReport> models;
  std::vector<std::string> model_directories;  ///< where models are looked for
  std::vector<std::string> ffmpeg;             ///< "libavformat 59.27.100"
  std::vector<FormatReport> formats;
  std::string npu;  ///< what there is of an NPU
  std::vector<Problem> problems;
};

/// Looks at everything; opens every model that is found (header only).
SystemReport inspect_system();

}  // namespace skald::engine
