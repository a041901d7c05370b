#pragma once
// Text that repeats itself: what a decoder falls into when it has lost the audio.

#include <cstddef>
#include <cstdint>
#include <span>

namespace skald::decode {

/// How much of `sampled` is left when the copies at its end go: all of it, unless its text tokens (those below
/// `timestamp_begin`) end in a phrase that stands there `repeats` times or more in a row, and long enough to be no
/// ordinary speech (24 tokens of the last 224). Then: up to the first copy's last token, with the timestamp behind it.
/// repeats <= 1: all of it.
size_t without_loop(std::span<const int32_t> sampled, int32_t timestamp_begin, int repeats);

}  // namespace skald::decode
