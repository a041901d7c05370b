#include "npu_encoder_cases.h"

#include <algorithm>
#include <filesystem>
#include <thread>
#include <vector>

#include "audio/log_mel.h"
#include "hub/hub.h"
#include "model/checkpoint.h"

namespace skald::cli {
namespace {

/// (3000, bands) of the first window.
Result<std::vector<float>> first_window(const std::string& path, int bands) {
  SKALD_TRY(const auto source, audio::open_audio(path));
  ThreadPool pool(static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  const audio::LogMel log_mel(bands);
  SKALD_TRY(audio::MelStream stream, audio::MelStream::open(*source, log_mel, pool));
  std::vector<float> mel(static_cast<size_t>(audio::kWindowFrames) * static_cast<size_t>(bands));
  const auto content = std::min<int64_t>(stream.content_frames(), audio::kWindowFrames);
  SKALD_CHECK(stream.window(0, static_cast<int>(content), audio::kWindowFrames, mel));
  return mel;
}

}  // namespace

Result<void> add_encoder_cases(npu::suite::Cases& cases, const EncoderSource& source) {
  SKALD_TRY(const std::filesystem::path path, hub::find_model(source.model));
  SKALD_TRY(const auto checkpoint, model::open_checkpoint(path));
  const std::filesystem::path sample = path.parent_path().parent_path() / "samples" / "minute.ogg";
  SKALD_TRY(const std::vector<float> mel,
            first_window(source.audio.empty() ? sample.string() : source.audio, checkpoint->dims().mel_bands));
  SKALD_TRY(const auto trace, npu::suite::trace_encoder(*checkpoint, mel));
  npu::suite::add_encoder_cases(cases, source.model, trace);
  return {};
}

}  // namespace skald::cli
