#pragma once
// How a core rounds and whether it saturates: a kernel sets what it wants and leaves what it found, the state that
// cores start in.

#include "kernel.h"

namespace {

/// To the nearest, halves to even; saturating.
struct Modes {
  static void set() {
    aie::set_rounding(aie::rounding_mode::conv_even);
    aie::set_saturation(aie::saturation_mode::saturate);
  }
  static void restore() {
    aie::set_rounding(aie::rounding_mode::floor);
    aie::set_saturation(aie::saturation_mode::none);
  }
};

}  // namespace
