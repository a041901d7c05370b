#pragma once
// Goldens: outputs of the reference implementation, made by tools/make_golden.py.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace skald::golden {

inline std::filesystem::path project_file(const std::string& path) {
  return std::filesystem::path(SKALD_SOURCE_DIR) / path;
}

/// tests/data/golden/NAME; a test that cannot read it fails by the exception.
inline nlohmann::json read_golden(const std::string& name) {
  std::ifstream file(project_file("tests/data/golden/" + name));
  if (!file) throw std::runtime_error("tests/data/golden/" + name + " is missing: run tools/make_golden.py");
  return nlohmann::json::parse(file);
}

}  // namespace skald::golden
