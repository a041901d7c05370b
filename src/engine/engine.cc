#include "skald/engine.h"

#include <chrono>
#include <exception>
#include <new>
#include <utility>

#include "audio/audio_source.h"
#include "engine/batcher.h"
#include "engine/machine.h"
#include "engine/transcriber.h"

namespace skald {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Runs `body`; what the standard library or a callback throws becomes an error.
template <class Body>
auto guarded(const std::string& where, const Body& body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, where, "there is not enough memory",
                "use a smaller model, or close other programs");
  } catch (const std::exception& e) {
    return fail(ErrorCode::kInternal, where, e.what(), "please report this");
  }
}

}  // namespace

struct Engine::Impl {
  explicit Impl(std::unique_ptr<engine::Machine> opened)
      : machine(std::move(opened)), batcher(*machine), info(machine->info()) {}

  std::unique_ptr<engine::Machine> machine;
  engine::Batcher batcher;
  ModelInfo info;
  std::atomic<bool> load_told{false};  // the first transcript carries the time of loading

  Result<Transcript> run(audio::AudioSource& source, const TranscribeOptions& options, const Callbacks& callbacks) {
    SKALD_TRY(Transcript transcript, engine::transcribe(batcher, source, options, callbacks));
    if (!load_told.exchange(true)) transcript.timings.load = info.load_seconds;
    return transcript;
  }
};

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

const ModelInfo& Engine::info() const {
  return impl_->info;
}

Result<Engine> Engine::load(const LoadOptions& options) {
  return guarded(options.model, [&]() -> Result<Engine> {
    const auto begin = Clock::now();
    SKALD_CHECK(validate(options));
    SKALD_TRY(auto machine, engine::Machine::open(options));
    auto impl = std::make_unique<Impl>(std::move(machine));
    impl->info.load_seconds = seconds_since(begin);
    return Engine(std::move(impl));
  });
}

Result<void> Engine::check(const TranscribeOptions& options) const {
  return guarded(impl_->info.name, [&]() -> Result<void> {
    SKALD_CHECK(validate(options));
    return engine::check_settings(*impl_->machine, options);
  });
}

Result<Transcript> Engine::transcribe(const std::string& path, const TranscribeOptions& options,
                                      const Callbacks& callbacks) {
  return guarded(path, [&]() -> Result<Transcript> {
    SKALD_CHECK(check(options));
    const auto begin = Clock::now();
    SKALD_TRY(const auto source, audio::open_audio(path));
    const double opening = seconds_since(begin);
    SKALD_TRY(Transcript transcript, impl_->run(*source, options, callbacks));
    transcript.timings.audio += opening;
    transcript.timings.total += opening;
    return transcript;
  });
}

Result<Transcript> Engine::transcribe(std::span<const float> samples, const TranscribeOptions& options,
                                      const Callbacks& callbacks) {
  return guarded("samples", [&]() -> Result<Transcript> {
    SKALD_CHECK(check(options));
    const auto source = audio::audio_from_samples(samples);
    return impl_->run(*source, options, callbacks);
  });
}

}  // namespace skald
