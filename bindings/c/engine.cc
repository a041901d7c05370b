#include <span>
#include <utility>

#include "support.h"

// What a signal handler may touch.
static_assert(std::atomic<bool>::is_always_lock_free);

namespace skald::c {
namespace {

Callbacks callbacks_of(const skald_callbacks& given) {
  Callbacks callbacks;
  if (given.on_language != nullptr) {
    callbacks.on_language = [given](const std::string& code, double probability) {
      given.on_language(given.user, code.c_str(), probability);
    };
  }
  if (given.on_segment != nullptr) {
    callbacks.on_segment = [given](const Segment& segment) { given.on_segment(given.user, to_c(segment)); };
  }
  if (given.on_progress != nullptr) {
    callbacks.on_progress = [given](double done, double total) { given.on_progress(given.user, done, total); };
  }
  if (given.cancel != nullptr) callbacks.cancel = &given.cancel->requested;
  return callbacks;
}

/// Transcribes a path or samples.
template <class Audio>
Result<void> transcribe(skald_engine* engine, const Audio& audio, const skald_options* options,
                        const skald_callbacks* given, skald_transcript** out) {
  if (auto checked = not_null(engine, "engine"); !checked) return checked;
  const auto callbacks = take_in(given);
  if (!callbacks) return std::unexpected(callbacks.error());
  auto transcript = engine->engine.transcribe(audio, options == nullptr ? TranscribeOptions{} : options->transcribe,
                                              callbacks_of(*callbacks));
  if (!transcript) return std::unexpected(std::move(transcript).error());
  auto made = std::make_unique<skald_transcript>();
  if (!transcript->complete) {
    made->error = std::make_unique<skald_error>();
    made->error->error = transcript->error.value_or(Error{.message = "it is not complete"});
    made->error->line = to_string(made->error->error);
  }
  made->transcript = *std::move(transcript);
  *out = made.release();
  return {};
}

}  // namespace
}  // namespace skald::c

using namespace skald::c;  // NOLINT(google-build-using-namespace): the functions below are C's
using skald::Result;

skald_code skald_engine_load(const skald_options* options, skald_engine** out, skald_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto given = not_null(out, "out"); !given) return given;
    *out = nullptr;
    auto engine = skald::Engine::load(options == nullptr ? skald::LoadOptions{} : options->load);
    if (!engine) return std::unexpected(std::move(engine).error());
    *out = new skald_engine{*std::move(engine)};
    return {};
  });
}

void skald_engine_free(skald_engine* engine) {
  delete engine;
}

skald_code skald_engine_info(const skald_engine* engine, skald_model_info* out, skald_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto given = not_null(engine, "engine"); !given) return given;
    const skald::ModelInfo& info = engine->engine.info();
    return hand_out({.size = 0,
                     .name = info.name.c_str(),
                     .path = info.path.c_str(),
                     .multilingual = info.multilingual,
                     .languages = info.languages,
                     .mel_bands = info.mel_bands,
                     .width = info.width,
                     .encoder_layers = info.encoder_layers,
                     .decoder_layers = info.decoder_layers,
                     .vocabulary = info.vocabulary,
                     .parameters = info.parameters,
                     .device = info.device.c_str(),
                     .isa = info.isa.c_str(),
                     .compute_type = info.compute_type.c_str(),
                     .threads = info.threads,
                     .load_seconds = info.load_seconds},
                    out);
  });
}

skald_code skald_engine_check(const skald_engine* engine, const skald_options* options, skald_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto given = not_null(engine, "engine"); !given) return given;
    return engine->engine.check(options == nullptr ? skald::TranscribeOptions{} : options->transcribe);
  });
}

skald_cancel* skald_cancel_new(void) {
  return new (std::nothrow) skald_cancel;
}

void skald_cancel_request(skald_cancel* cancel) {
  if (cancel != nullptr) cancel->requested.store(true);
}

void skald_cancel_reset(skald_cancel* cancel) {
  if (cancel != nullptr) cancel->requested.store(false);
}

void skald_cancel_free(skald_cancel* cancel) {
  delete cancel;
}

skald_code skald_transcribe_file(skald_engine* engine, const char* path, const skald_options* options,
                                 const skald_callbacks* callbacks, skald_transcript** out, skald_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto given = not_null(out, "out"); !given) return given;
    *out = nullptr;
    if (auto given = not_null(path, "path"); !given) return given;
    return transcribe(engine, std::string(path), options, callbacks, out);
  });
}

skald_code skald_transcribe_samples(skald_engine* engine, const float* samples, size_t count,
                                    const skald_options* options, const skald_callbacks* callbacks,
                                    skald_transcript** out, skald_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto given = not_null(out, "out"); !given) return given;
    *out = nullptr;
    if (count > 0) {
      if (auto given = not_null(samples, "samples"); !given) return given;
    }
    return transcribe(engine, std::span(samples, count), options, callbacks, out);
  });
}
