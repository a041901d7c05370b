#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>

namespace skald {

spdlog::logger& log() {
  static spdlog::logger logger = [] {
    spdlog::logger made("skald", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made.set_pattern("%n: %l: %v");
    made.set_level(spdlog::level::off);
    return made;
  }();
  return logger;
}

}  // namespace skald
