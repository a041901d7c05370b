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
