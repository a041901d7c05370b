#include "npu_encoder_cases.h"

#include <filesystem>

#include "hub/hub.h"

namespace skald::cli {

Result<void> add_encoder_cases(npu::suite::Cases& cases, const EncoderSource& source) {
  SKALD_TRY(const std::filesystem::path path, hub::find_model(source.model));
  const std::filesystem::path sample = path.parent_path().parent_path() / "samples" / "minute.ogg";
  SKALD_TRY(const auto trace, npu::suite::trace_recording(path, source.audio.empty() ? sample.string() : source.audio));
  npu::suite::add_encoder_cases(cases, source.model, trace);
  return {};
}

}  // namespace skald::cli
