#include "decode/decoding.h"

#include <algorithm>

namespace skald::decode {

int slots_needed(const Settings& settings, int windows) {
  int group = 1;
  for (const double temperature : settings.temperatures) {
    group = std::max(group, temperature > 0 ? settings.best_of : settings.beam_size.value_or(1));
  }
  return windows * (group + 1);  // one stays empty: for the rungs to come, and for alignment
}

}  // namespace skald::decode
