#include "engine/transcriber.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "decode/decoding.h"
#include "engine/session.h"
#include "npu/encoder/forecast.h"

namespace skald::engine {
namespace {

/// Reports since earlier ones. Others may have used the devices meanwhile: their share is in it.
std::vector<DeviceReport> since(std::vector<DeviceReport> now, const std::vector<DeviceReport>& before) {
  for (DeviceReport& report : now) {
    const auto was = std::ranges::find_if(before, [&](const DeviceReport& earlier) {
      return earlier.stage == report.stage && earlier.device == report.device;
    });
    if (was == before.end()) continue;
    report.seconds -= was->seconds;
    report.calls -= was->calls;
    const std::optional<NpuReport>& npu = was->npu;
    if (report.npu && npu) report.npu->launches -= npu->launches;
  }
  return now;
}

/// What a real NPU would have made of it.
void forecast(Transcript& out, std::optional<double> watts) {
  double cpu = out.timings.total - out.timings.encode;
  double decoding = 0;  // of the NPU
  for (const DeviceReport& report : out.devices) {
    if (report.stage != "decoder" || !report.npu) continue;
    cpu -= report.seconds;
    decoding += 1e-3 * static_cast<double>(report.npu->launches) * (report.npu->step_ms + report.npu->launch_ms);
  }
  for (DeviceReport& report : out.devices) {
    if (report.stage != "encoder" || !report.npu) continue;
    report.npu->decoding_seconds = decoding;
    npu::complete_forecasts(*report.npu, out.duration, cpu, watts);
  }
}

ModelSizes sizes_of(const Machine& machine) {
  const model::Dims& d = machine.dims();
  return {.multilingual = machine.info().multilingual,
          .vocabulary = d.vocab,
          .mel_bands = d.mel_bands,
          .audio_context = d.audio_ctx,
          .audio_width = d.audio_state,
          .audio_heads = d.audio_heads,
          .audio_layers = d.audio_layers,
          .text_context = d.text_ctx,
          .text_width = d.text_state,
          .text_heads = d.text_heads,
          .text_layers = d.text_layers};
}

Result<void> run(Session& session, Batcher& batcher) {
  SKALD_CHECK(session.prepare());
  const bool batched = session.batched();
  const Batcher::Seat seat(batcher, batched ? session.options().batch_size : 1);
  return batched ? transcribe_batched(session) : transcribe_sequential(session);
}

}  // namespace

Result<Transcript> transcribe(Batcher& batcher, audio::AudioSource& source, const TranscribeOptions& options,
                              const Callbacks& callbacks) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const std::vector<DeviceReport> before = batcher.reports();
  Session session(batcher, source, options, callbacks);
  Transcript& out = session.transcript();
  out.task = options.task;
  out.model = batcher.machine().info().name;
  out.sizes = sizes_of(batcher.machine());
  if (auto outcome = run(session, batcher); !outcome) {
    // Nothing finished yet: an error is all there is to tell, but stopping when asked is not an error.
    if (out.attempts.empty() && outcome.error().code != ErrorCode::kCancelled) return std::unexpected(outcome.error());
    out.complete = false;
    out.error = std::move(outcome).error();
  }
  out.devices = since(batcher.reports(), before);
  Transcript transcript = session.finish(std::chrono::duration<double>(Clock::now() - begin).count());
  forecast(transcript, batcher.machine().npu_watts());
  return transcript;
}

Result<void> check_settings(const Machine& machine, const TranscribeOptions& options) {
  SKALD_TRY(const auto language, known_language(machine, options));
  if (auto settings =
          decode::make_settings(options, machine.tokenizer(), language.value_or("en"), machine.dims().text_ctx);
      !settings) {
    return std::unexpected(std::move(settings).error());
  }
  return {};
}

}  // namespace skald::engine
