#include "base/energy.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace skald {
namespace {

class EnergyMeterTest : public ::testing::Test {
 protected:
  EnergyMeterTest() : root_(std::filesystem::path(::testing::TempDir()) / "skald_energy_test") {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
  }
  ~EnergyMeterTest() override { std::filesystem::remove_all(root_); }

  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text << '\n';
  }
  void zone(const std::string& folder, const std::string& name, const std::string& microjoules) const {
    write(folder + "/name", name);
    write(folder + "/max_energy_range_uj", "10000000");
    write(folder + "/energy_uj", microjoules);
  }

  std::filesystem::path root_;
};

TEST_F(EnergyMeterTest, AddsUpPackagesAndNothingElse) {
  zone("intel-rapl:0", "package-0", "1000000");
  zone("intel-rapl:0:0", "core", "500000");
  zone("intel-rapl:1", "package-1", "9000000");
  zone("intel-rapl:2", "psys", "70");
  EnergyMeter meter(root_);
  write("intel-rapl:0/energy_uj", "3500000");
  write("intel-rapl:0:0/energy_uj", "900000");
  write("intel-rapl:1/energy_uj", "1000000");  // once round
  EXPECT_DOUBLE_EQ(2.5 + 2, meter.joules().value());
  write("intel-rapl:0/energy_uj", "3600000");
  EXPECT_DOUBLE_EQ(0.1, meter.joules().value());
}

TEST_F(EnergyMeterTest, SaysWhenItCannotTell) {
  EXPECT_FALSE(EnergyMeter(root_).joules());
  EXPECT_FALSE(EnergyMeter(root_ / "missing").joules());
  zone("intel-rapl:0", "package-0", "no number");
  EXPECT_FALSE(EnergyMeter(root_).joules());
  zone("intel-rapl:0", "package-0", "1");
  EnergyMeter meter(root_);
  std::filesystem::remove(root_ / "intel-rapl:0/energy_uj");
  EXPECT_FALSE(meter.joules());
}

}  // namespace
}  // namespace skald
