#include "hub/verify.h"

#include <algorithm>
#include <array>
#include <memory>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "hub/hf_cache.h"
#include "model/checkpoint.h"
#include "model/random_checkpoint.h"
#include "model/tensor_list.h"

namespace skald::hub {
namespace {

namespace fs = std::filesystem;

constexpr auto kOpenAi = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"tiny.en", "d3dd57d32accea0b295c96e26691aa14d8822fac7d9d27d5dc00b4ca2826dd03"},
    {"tiny", "65147644a518d12f04e32d6f3b26facc3f8dd46e5390956a9424a650c0ce22b9"},
    {"base.en", "25a8566e1d0c1e2231d1c762132cd20e0f96a85d16145c3a00adf5d1ac670ead"},
    {"base", "ed3a0b6b1c0edf879ad9b11b1af5a0e6ab5db9205f891f668f8b0e6c6326e34e"},
    {"small.en", "f953ad0fd29cacd07d5a9eda5624af0f6bcf2258be67c92b79389873d91e0872"},
    {"small", "9ecf779972d90ba49c06d968637d720dd632c55bbf19d441fb42bf17a411e794"},
    {"medium.en", "d7440d1dc186f76616474e0ff0b3b6b879abc9d1a4926b7adfa41db2d497ab4f"},
    {"medium", "345ae4da62f9b3d59415adc60127b97c714f32e89e936602e85993674d08dcb1"},
    {"large-v1", "e4b87e7e0bf463eb8e6956e646f1e277e901512310def2c24bf0e11bd3c28e9a"},
    {"large-v2", "81f7c96c852ee8fc832187b0132e569d6c3065a3252ed18e56effd0b6a73e524"},
    {"large-v3", "e5b1a55b89c1367dacf97e3e19bfd829a01529dbfdeefa8caeb59b3f1b81dadb"},
    {"large-v3-turbo", "aff26ae408abcba5fbf8813c21e62b0941638c5f6eebfb145be0c9839262a19a"},
});

/// The hash that a file should have, by its place.
std::string expected_hash(const fs::path& file) {
  std::error_code error;
  const fs::path blob = fs::read_symlink(file, error);
  if (!error && blob.parent_path().filename() == "blobs") return blob.filename().string();
  if (file.extension() != ".pt") return {};
  const auto name = published_name(file.stem().string());
  return std::string(name ? openai_sha256(*name).value_or("") : "");
}

bool same(const model::Dims& a, const model::Dims& b) {
  const auto sizes = [](const model::Dims& d) {
    return std::array{d.mel_bands, d.audio_ctx,  d.audio_state, d.audio_heads, d.audio_layers, d.audio_ffn,
                      d.text_ctx,  d.text_state, d.text_heads,  d.text_layers, d.text_ffn,     d.vocab};
  };
  return sizes(a) == sizes(b);
}

}  // namespace

std::optional<std::string_view> openai_sha256(std::string_view name) {
  const auto* found = std::ranges::find(kOpenAi, name, &std::pair<std::string_view, std::string_view>::first);
  return found == kOpenAi.end() ? std::nullopt : std::optional(found->second);
}

Result<ModelCheck> check_model(const fs::path& path) {
  ModelCheck check;
  {
    SKALD_TRY(const auto checkpoint, model::open_checkpoint(path));
    const auto tensors = model::tensor_list(checkpoint->dims());
    for (const model::NamedShape& t : tensors) SKALD_CHECK(checkpoint->tensor(t.name, t.shape));
    check.tensors = tensors.size();
    for (const std::string_view name : model::dims_names()) {
      const auto dims = model::named_dims(name);
      if (dims && same(*dims, checkpoint->dims())) check.published.emplace_back(name);
    }
  }
  std::vector<fs::path> files;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      if (it->is_regular_file(error)) files.push_back(it->path());
    }
  } else {
    files.push_back(path);
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    FileCheck one{.name = file.filename().string(), .expected = expected_hash(file)};
    SKALD_TRY(one.match, match_hash(file, one.expected));
    check.files.push_back(std::move(one));
  }
  return check;
}

}  // namespace skald::hub
