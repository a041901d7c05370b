#include "engine/fallback_encoder.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"

namespace skald::engine {
namespace {

/// What either encoder made.
class EitherAudio final : public model::EncodedAudio {
 public:
  EitherAudio(std::unique_ptr<model::EncodedAudio> made, int most, bool of_second)
      : most_(most), of_second_(of_second), audio_(std::move(made)) {}
  int windows() const override { return audio_->windows(); }
  int positions() const override { return audio_->positions(); }
  int width() const override { return audio_->width(); }
  const float* host_f32(int window) const override { return audio_->host_f32(window); }
  Result<void> to_host_f32(int window, std::span<float> out) const override { return audio_->to_host_f32(window, out); }

  model::EncodedAudio& audio() { return *audio_; }
  bool of_second() const { return of_second_; }
  Result<void> change_to(model::Encoder& second) {
    SKALD_TRY(audio_, second.make_output(most_));
    of_second_ = true;
    return {};
  }

 private:
  int most_;
  bool of_second_;
  std::unique_ptr<model::EncodedAudio> audio_;
};

}  // namespace

Result<std::unique_ptr<model::EncodedAudio>> FallbackEncoder::make_output(int windows) {
  SKALD_TRY(auto made, active().make_output(windows));
  return std::make_unique<EitherAudio>(std::move(made), windows, second_ != nullptr);
}

Result<void> FallbackEncoder::encode(const model::WindowBatch& batch, model::EncodedAudio& out) {
  auto& either = static_cast<EitherAudio&>(out);
  if (!second_) {
    auto encoded = first_->encode(batch, either.audio());
    if (encoded || encoded.error().code == ErrorCode::kInvalidArgument) return encoded;
    const DeviceReport report = first_->report();
    why_ = fmt::format("in place of {}, which failed after {} windows: {}: {}", report.device, report.calls,
                       encoded.error().where, encoded.error().message);
    log().warn("the rest runs {}", why_);
    SKALD_TRY(second_, make_second_());
  }
  if (!either.of_second()) SKALD_CHECK(either.change_to(*second_));
  return second_->encode(batch, either.audio());
}

std::vector<DeviceReport> FallbackEncoder::reports() const {
  std::vector<DeviceReport> reports;
  if (first_) reports.push_back(first_->report());
  if (!second_) return reports;
  reports.push_back(second_->report());
  reports.back().note = why_;
  return reports;
}

}  // namespace skald::engine
