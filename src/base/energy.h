#pragma once
// What the processor takes, by the counters of its packages (RAPL) where Linux shows them to this user.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace skald {

/// Joules of all packages together; other processes are in them too.
class EnergyMeter {
 public:
  /// `root`: what the kernel's power capping shows, docs.kernel.org/power/powercap/powercap.html.
  explicit EnergyMeter(const std::filesystem::path& root = "/sys/class/powercap");

  /// Since the call before, or the construction; nothing: this machine does not tell, or not this user. Pre: the
  /// counters went round once at most, which takes minutes.
  std::optional<double> joules();

 private:
  struct Package {
    std::filesystem::path counter;
    int64_t range = 0;  ///< microjoules: where it begins again at 0
    int64_t last = 0;
  };
  std::vector<Package> packages_;
};

}  // namespace skald
