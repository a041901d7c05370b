#include "files.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <numbers>

namespace skald::e2e {

namespace fs = std::filesystem;

TempDir::TempDir() {
  std::string name = (fs::temp_directory_path() / "skald_e2e_XXXXXX").string();
  path_ = ::mkdtemp(name.data());
}

TempDir::~TempDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<std::string> TempDir::list(const std::string& name) const {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(path_ / name, ignored)) {
    names.push_back(fs::relative(entry.path(), path_ / name).string());
  }
  std::ranges::sort(names);
  return names;
}

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string sample(const std::string& name) {
  return std::string(SKALD_SOURCE_DIR) + "/samples/" + name;
}

namespace {

void put(std::string& out, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xFFU));
}

}  // namespace

std::string wav(const WavFormat& format, const std::string& payload) {
  const int sample_bytes = format.tag == 3 ? 4 : 2;
  const auto frame = static_cast<uint32_t>(format.channels * sample_bytes);
  std::string out = "RIFF";
  put(out, static_cast<uint32_t>(36 + payload.size()), 4);
  out += "WAVEfmt ";
  put(out, 16, 4);
  put(out, static_cast<uint32_t>(format.tag), 2);
  put(out, static_cast<uint32_t>(format.channels), 2);
  put(out, static_cast<uint32_t>(format.rate), 4);
  put(out, static_cast<uint32_t>(format.rate) * frame, 4);
  put(out, frame, 2);
  put(out, static_cast<uint32_t>(8 * sample_bytes), 2);
  out += "data";
  put(out, static_cast<uint32_t>(payload.size()), 4);
  return out + payload;
}

std::string tone(double seconds, int channels, int rate) {
  std::string payload;
  const int count = static_cast<int>(seconds * rate);
  for (int i = 0; i < count; ++i) {
    const double value = 8000 * std::sin(2 * std::numbers::pi * 440 * i / rate);
    for (int c = 0; c < channels; ++c) put(payload, static_cast<uint32_t>(static_cast<int>(value)), 2);
  }
  return wav({.channels = channels, .rate = rate}, payload);
}

std::string copy_model(const TempDir& directory, const std::string& name) {
  const fs::path target = directory / name;
  fs::create_directories(target);
  for (const auto& entry : fs::directory_iterator(fs::path(SKALD_SOURCE_DIR) / "models" / "mini.en")) {
    fs::create_symlink(entry.path(), target / entry.path().filename());
  }
  return target.string();
}

void replace(const std::string& model, const std::string& file, const std::string& bytes) {
  const std::string path = model + "/" + file;
  fs::remove(path);
  write(path, bytes);
}

void edit_json(const std::string& model, const std::string& file, const std::function<void(nlohmann::json&)>& edit) {
  nlohmann::json json = nlohmann::json::parse(read(model + "/" + file));
  edit(json);
  replace(model, file, json.dump());
}

void edit_weights(const std::string& model, const std::function<void(nlohmann::json&)>& edit) {
  const std::string bytes = read(model + "/model.safetensors");
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  nlohmann::json header = nlohmann::json::parse(bytes.substr(8, length));
  edit(header);
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  const auto new_length = static_cast<uint64_t>(text.size());
  std::string out(8, '\0');
  std::memcpy(out.data(), &new_length, sizeof new_length);
  replace(model, "model.safetensors", out + text + bytes.substr(8 + length));
}

}  // namespace skald::e2e
