#include "npu_report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace skald::cli {
namespace {

namespace fs = std::filesystem;

TEST(NpuHostReport, OfAMachineWithout) {
  const fs::path nowhere = fs::temp_directory_path() / "skald_no_such_machine";
  const NpuHostReport report = inspect_npu({nowhere, nowhere, nowhere, nowhere});
  const std::string text = as_text(report);
  for (const char* part : {"npu1", "4 columns", "16 x 64 KiB", "int8 8.42 TOPS", "bf16 4.21 TFLOPS", "no NPU 1022:1502",
                           "fix: ", "modprobe", "cannot be used yet: device"}) {
    EXPECT_NE(std::string::npos, text.find(part)) << part << "\n" << text;
  }
  const auto json = nlohmann::json::parse(as_json(report));
  EXPECT_FALSE(json["usable"].get<bool>());
  EXPECT_EQ("device: no NPU 1022:1502", json["reason"].get<std::string>());
  EXPECT_EQ(16, json["device"]["compute_tiles"].get<int>());
  EXPECT_EQ(6, json["device"]["contexts"].get<int>());
  EXPECT_EQ(9U, json["checks"].size());
  EXPECT_FALSE(json.contains("pci"));
}

TEST(NpuHostReport, OfAMachineWithOne) {
  const fs::path root = fs::temp_directory_path() / ("skald_npu_report_" + std::to_string(getpid()));
  const auto put = [&](const std::string& path, const std::string& content) {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path) << content;
  };
  const std::string npu = "sys/bus/pci/devices/0000:c4:00.1";
  put(npu + "/vendor", "0x1022\n");
  put(npu + "/device", "0x1502\n");
  put(npu + "/revision", "0x00\n");
  put(npu + "/fw_version", "1.5.5.391\n");
  put(npu + "/power/control", "on\n");
  fs::create_directory_symlink("../../drivers/amdxdna", root / npu / "driver");
  put("sys/module/amdxdna/version", "2.21\n");
  put("dev/accel/accel0", "");
  put("proc/sys/kernel/osrelease", "6.14.1\n");
  put("proc/self/limits", "Max locked memory         unlimited            unlimited            bytes     \n");
  NpuHostReport report = inspect_npu({root / "sys", root / "dev", root / "proc", root / "firmware"});
  report.checks = npu::check_host(report.facts, {.built = true, .version = "2.21.75", .reason = ""});
  EXPECT_NE(std::string::npos, as_text(report).find("The NPU can be used.")) << as_text(report);
  EXPECT_EQ(std::string::npos, as_text(report).find("fix:"));
  const auto json = nlohmann::json::parse(as_json(report));
  EXPECT_TRUE(json["usable"].get<bool>());
  EXPECT_TRUE(json["reason"].is_null());
  EXPECT_EQ("1.5.5.391", json["pci"]["firmware"].get<std::string>());
  EXPECT_EQ("6.14.1", json["kernel"].get<std::string>());
  fs::remove_all(root);
}

}  // namespace
}  // namespace skald::cli
