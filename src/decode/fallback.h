#pragma once
// The temperature ladder: decode_with_fallback of openai/whisper transcribe.py.

#include <optional>
#include <vector>

#include "decode/decoding.h"

namespace skald::decode {

/// first, first + step, ... up to 1: numpy.arange(first, 1 + 1e-6, step) to the last bit. Only `first` without a step,
/// or when it lies above 1.
std::vector<double> temperature_ladder(double first, std::optional<double> step);

/// Whether a result is too repetitive (compression ratio) or too unlikely (mean log-probability) and the next rung
/// should be tried. Unlikely text over probable silence is not: there is nothing to find.
bool needs_fallback(const Settings& settings, const WindowResult& result);

}  // namespace skald::decode
