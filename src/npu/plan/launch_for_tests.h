#pragma once
// Programs of the planner on the simulated array.

#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <vector>

#include "npu/program/verify.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/sim/simulation.h"
#include "npu/suite/lookups.h"

namespace skald::npu::plan {

/// Runs a program once, which must be legal, with the values of the catalogue's kernels.
inline Result<sim::Report> launch(const Program& program, const std::vector<std::span<std::byte>>& arguments) {
  for (const Violation& violation : verify(program, catalogue_lookup())) ADD_FAILURE() << to_string(violation);
  SKALD_TRY(const auto simulation, sim::Simulation::load(program, sim::catalogue_kernels(), {}));
  return simulation->launch(arguments);
}

}  // namespace skald::npu::plan
