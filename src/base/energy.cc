#include "base/energy.h"

#include <charconv>
#include <string>
#include <system_error>

#include "base/file.h"

namespace skald {
namespace {

std::optional<int64_t> number_in(const std::filesystem::path& file) {
  const auto text = read_file(file);
  int64_t number = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), number).ec != std::errc{}) return {};
  return number;
}

}  // namespace

EnergyMeter::EnergyMeter(const std::filesystem::path& root) {
  std::error_code error;
  for (std::filesystem::directory_iterator zone(root, error), end; !error && zone != end; zone.increment(error)) {
    // Zones below a package, its cores or its memory, are part of it, or are "psys" with more than it.
    const auto name = read_file(zone->path() / "name");
    if (!name || !name->starts_with("package-")) continue;
    const auto range = number_in(zone->path() / "max_energy_range_uj");
    const auto now = number_in(zone->path() / "energy_uj");
    if (range && now) packages_.push_back({zone->path() / "energy_uj", *range, *now});
  }
}

std::optional<double> EnergyMeter::joules() {
  if (packages_.empty()) return {};
  int64_t microjoules = 0;
  for (Package& package : packages_) {
    const auto now = number_in(package.counter);
    if (!now) return {};
    microjoules += *now - package.last + (*now < package.last ? package.range : 0);
    package.last = *now;
  }
  return static_cast<double>(microjoules) * 1e-6;
}

}  // namespace skald
