#pragma once
// Temporary directories, recordings and damaged models for the end-to-end tests.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace skald::e2e {

/// A directory that is gone at the end.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }
  /// Names of everything below `name`, sorted.
  std::vector<std::string> list(const std::string& name) const;

 private:
  std::filesystem::path path_;
};

std::string read(const std::string& path);
void write(const std::string& path, const std::string& bytes);

/// Sample files that the project carries: samples/NAME.
std::string sample(const std::string& name);

/// A WAV file's bytes. `tag` 1: 16-bit integers, 3: 32-bit floats; `payload` the sample bytes.
struct WavFormat {
  int tag = 1;
  int channels = 1;
  int rate = 16000;
};
std::string wav(const WavFormat& format, const std::string& payload);

/// 16-bit sine of 440 Hz on every channel.
std::string tone(double seconds, int channels = 1, int rate = 16000);

/// models/mini.en copied below `directory` as NAME; every file is a link until it is changed.
std::string copy_model(const TempDir& directory, const std::string& name);

/// Replaces the link to `file` in a copied model by bytes.
void replace(const std::string& model, const std::string& file, const std::string& bytes);

/// Rewrites a JSON file of a copied model.
void edit_json(const std::string& model, const std::string& file, const std::function<void(nlohmann::json&)>& edit);

/// Rewrites the header of a copied model's weights; the tensor bytes stay.
void edit_weights(const std::string& model, const std::function<void(nlohmann::json&)>& edit);

}  // namespace skald::e2e
