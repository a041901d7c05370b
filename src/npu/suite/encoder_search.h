#pragma once
// The planner's search: which layout of a whole encoder is the fastest by the cost model, and why.
//
// A choice (plan::EncoderChoices) concerns some kinds of phases, and how much memory tiles hold concerns all. As phases
// follow each other, each is simulated by itself, and the best of all combinations is found choice by choice.

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "npu/plan/encoder.h"
#include "npu/sim/time_model.h"
#include "npu/suite/predict.h"

namespace skald::npu {

/// One way to choose, the other choices being those of the result.
struct EncoderAlternative {
  std::string name{};
  plan::EncoderChoices choices{};
  double ms = 0;          ///< of all phases that it concerns, each by itself
  Bounds bounds{};        ///< summed likewise
  std::string why_not{};  ///< not empty: what it breaks
};

struct EncoderDecision {
  std::string name{};      ///< "heads on columns of cores"
  std::string concerns{};  ///< "attention"
  std::vector<EncoderAlternative> alternatives{};
  size_t chosen = 0;

  /// The fastest of the other legal ones; alternatives.size(): there is none that differs.
  size_t next() const;
};

struct EncoderSearch {
  plan::EncoderProblem problem{};  ///< with the choices found
  std::vector<EncoderDecision> decisions{};
  std::vector<PhasePrediction> phases{};  ///< of this layout
  double ms = 0;                          ///< of all phases, each by itself
  int simulated = 0;                      ///< phases
};

/// Deterministic; of alternatives that take the same time the first of the table wins. Errors: those of
/// encoder_layout, and of the simulator.
Result<EncoderSearch> search_encoder(const plan::EncoderProblem& problem, const sim::TimeModel& time);

/// The layout that search_encoder finds with planned_time(): what every launch of this encoder is laid out by.
Result<plan::EncoderProblem> best_encoder(const plan::EncoderProblem& problem);

/// Host memory that layouts are searched for, GB/s: what the plan's targets are stated at.
inline constexpr double kPlannedDdrGbS = 18;

/// That, with the usual clock.
sim::TimeModel planned_time();

/// Alternatives with their times and bounds, and why one was chosen; in ms of the array.
std::string explain_search(const EncoderSearch& search, const sim::TimeModel& time);

}  // namespace skald::npu
