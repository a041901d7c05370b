#include "engine/bench.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <new>
#include <utility>

#include "audio/log_mel.h"
#include "base/energy.h"
#include "base/file.h"
#include "base/random.h"
#include "base/result.h"
#include "cpu/cpu_model.h"
#include "cpu/host_audio.h"
#include "engine/machine.h"
#include "model/random_checkpoint.h"
#include "skald/options.h"

namespace skald::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWindows = 8;  // that decode together
constexpr int kBeams = 5;    // the command line's default
constexpr int kTokens = 70;  // of 30 s of speech: 140 words a minute and 1.3 tokens a word, less pauses
constexpr int kPrompt = 4;   // start, language, task, timestamps
constexpr double kWindowSeconds = 30;

std::vector<float> noise(size_t count) {
  KeyedRandom random(1, 0, 0);
  std::vector<float> values(count);
  for (float& v : values) v = static_cast<float>(2 * random.uniform() - 1);
  return values;
}

/// Bytes of the process at most, so far; 0 where it cannot be known.
int64_t peak_memory() {
  const auto status = read_file("/proc/self/status");
  const size_t at = status ? status->find("VmHWM:") : std::string::npos;
  return at == std::string::npos ? 0 : std::strtoll(status->c_str() + at + 6, nullptr, 10) * 1024;
}

/// States of no encoder.
std::unique_ptr<cpu::HostAudio> noise_audio(const model::Dims& dims) {
  auto audio = std::make_unique<cpu::HostAudio>(1, dims.audio_ctx, dims.audio_state);
  audio->resize(1, dims.audio_ctx);
  std::ranges::copy(noise(static_cast<size_t>(dims.audio_ctx) * static_cast<size_t>(dims.audio_state)),
                    audio->window(0));
  return audio;
}

class Bench {
 public:
  /// `encoder`: none is measured where it is null.
  Bench(const model::Dims& dims, const BenchOptions& options, const cpu::Context& context, model::Encoder* encoder,
        model::Decoder& decoder)
      : dims_(dims),
        repeats_(options.repeats),
        pool_(*context.pool),
        encoder_(encoder),
        decoder_(decoder),
        log_mel_(dims.mel_bands, context.isa) {}

  Result<std::vector<BenchResult>> run() {
    SKALD_CHECK(mel());
    if (encoder_ == nullptr) {
      audio_ = noise_audio(dims_);
      SKALD_CHECK(decode());
      return std::move(results_);
    }
    SKALD_CHECK(encode());
    SKALD_CHECK(decode());
    SKALD_CHECK(first_token());
    for (const int windows : {1, kWindows}) SKALD_CHECK(whole(windows));
    return std::move(results_);
  }

 private:
  template <class Body>
  Result<void> measure(BenchResult result, double audio_seconds, const Body& body) {
    return measure(std::move(result), audio_seconds, [] { return Result<void>(); }, body);
  }

  /// Runs `body` once to warm up and then `repeats` times; `result` gets the times. `before` runs before each, not
  /// measured but for energy.
  template <class Before, class Body>
  Result<void> measure(BenchResult result, double audio_seconds, const Before& before, const Body& body) {
    SKALD_CHECK(before());
    SKALD_CHECK(body());
    std::vector<double> times;
    energy_.joules();
    for (int i = 0; i < repeats_; ++i) {
      SKALD_CHECK(before());
      const auto start = Clock::now();
      const std::clock_t cpu = std::clock();
      SKALD_CHECK(body());
      const double cpu_ms = 1e3 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
      times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
      if (times.back() == *std::ranges::min_element(times)) result.cpu_ms = cpu_ms;
    }
    std::ranges::sort(times);
    result.median_ms = times[times.size() / 2];
    result.best_ms = times.front();
    const double joules = energy_.joules().value_or(0);
    if (audio_seconds > 0) {
      result.realtime = 1e3 * audio_seconds / result.median_ms;
      result.joules = joules * 3600 / (audio_seconds * repeats_);
    }
    results_.push_back(std::move(result));
    return {};
  }

  /// Numbers of a window's log-mel.
  size_t window_mel() const { return static_cast<size_t>(audio::kWindowFrames) * static_cast<size_t>(dims_.mel_bands); }

  Result<void> mel() {
    samples_ = noise(static_cast<size_t>(audio::kWindowSamples) + audio::kFftSize);
    mels_.resize(kWindows * window_mel());
    return measure({.what = "mel", .batch = 1}, kWindowSeconds, [&]() -> Result<void> {
      log_mel_.compute(samples_, audio::kWindowFrames, std::span(mels_).first(window_mel()), pool_);
      return {};
    });
  }

  Result<void> encode() {
    SKALD_TRY(audio_, encoder_->make_output(kWindows));
    for (size_t at = window_mel(); at < mels_.size(); at += window_mel()) {
      std::copy_n(mels_.begin(), window_mel(), mels_.begin() + static_cast<std::ptrdiff_t>(at));
    }
    const auto one = [&](int positions, int windows) {
      const auto count = static_cast<size_t>(windows * 2 * positions) * static_cast<size_t>(dims_.mel_bands);
      const model::WindowBatch batch{
          .windows = windows, .frames = 2 * positions, .mel = std::span(std::as_const(mels_)).first(count)};
      const double seconds = windows * kWindowSeconds * positions / dims_.audio_ctx;
      return measure({.what = "encoder", .positions = positions, .batch = windows}, seconds,
                     [&] { return encoder_->encode(batch, *audio_); });
    };
    for (const int positions : {10, 100, 500}) SKALD_CHECK(one(positions, 1));
    SKALD_CHECK(one(dims_.audio_ctx, kWindows));
    return one(dims_.audio_ctx, 1);
  }

  /// Slots over `windows` windows, `beams` each, their prompts read.
  Result<void> open(int windows, int beams) {
    for (const model::Slot slot : slots_) decoder_.close(slot);
    slots_.clear();
    for (int window = 0; window < windows; ++window) {
      SKALD_TRY(const model::Slot slot, decoder_.open(*audio_, window % audio_->windows()));
      slots_.push_back(slot);
    }
    SKALD_CHECK(step(kPrompt));
    for (int beam = 1; beam < beams; ++beam) {
      SKALD_TRY(const model::Slot slot, decoder_.fork(slots_.front()));
      slots_.push_back(slot);
    }
    return {};
  }

  /// A step of all slots.
  Result<void> step(int tokens) {
    tokens_.assign(static_cast<size_t>(tokens), 7);
    in_.assign(slots_.size(), {});
    out_.assign(slots_.size(), {});
    const size_t top = slots_.size() > 1 ? kBeams + 1 : 1;
    candidates_.resize(2 * top * slots_.size());
    for (size_t i = 0; i < slots_.size(); ++i) {
      in_[i].slot = slots_[i];
      in_[i].tokens = tokens_;
      out_[i].text.top = std::span(candidates_).subspan(2 * i * top, top);
      out_[i].timestamps.top = std::span(candidates_).subspan((2 * i + 1) * top, top);
    }
    return decoder_.step(in_, out_);
  }

  Result<void> steps() {
    for (int i = 0; i < kTokens; ++i) SKALD_CHECK(step(1));
    return {};
  }

  /// The same as a beam search that costs most: after each step all go on from one of them.
  Result<void> beam_steps() {
    for (int i = 0; i < kTokens; ++i) {
      SKALD_CHECK(step(1));
      for (model::Slot& slot : std::span(slots_).subspan(1)) {
        decoder_.close(slot);
        SKALD_TRY(slot, decoder_.fork(slots_.front()));
      }
    }
    return {};
  }

  /// Milliseconds of one step, measured over kTokens of them, the first of a window.
  Result<void> step_time(BenchResult result, int windows, int beams) {
    const size_t at = results_.size();
    result.what = "decoder step";
    SKALD_CHECK(measure(
        std::move(result), 0, [&] { return open(windows, beams); },
        [&] { return beams > 1 ? beam_steps() : steps(); }));
    for (double* const ms : {&results_[at].median_ms, &results_[at].best_ms, &results_[at].cpu_ms}) *ms /= kTokens;
    return {};
  }

  Result<void> decode() {
    SKALD_CHECK(measure({.what = "decoder window", .batch = 1}, 0, [&]() -> Result<void> {
      SKALD_TRY(const model::Slot slot, decoder_.open(*audio_, 0));
      decoder_.close(slot);
      return {};
    }));
    for (const int windows : {1, 2, 4, kWindows}) SKALD_CHECK(step_time({.batch = windows}, windows, 1));
    return step_time({.beam = kBeams}, 1, kBeams);
  }

  /// Log-mel, encoder, and the decoder's prompts, after which a token of every window is known.
  Result<void> begin(int windows) {
    const std::span<float> mels = std::span(mels_).first(static_cast<size_t>(windows) * window_mel());
    for (size_t at = 0; at < mels.size(); at += window_mel()) {
      log_mel_.compute(samples_, audio::kWindowFrames, mels.subspan(at, window_mel()), pool_);
    }
    SKALD_CHECK(encoder_->encode({.windows = windows, .frames = 2 * dims_.audio_ctx, .mel = mels}, *audio_));
    return open(windows, 1);
  }

  Result<void> first_token() {
    return measure({.what = "first token", .batch = 1}, 0, [this] { return begin(1); });
  }

  /// From samples to the last token.
  Result<void> whole(int windows) {
    return measure({.what = "whole window", .batch = windows, .tokens = kTokens}, windows * kWindowSeconds,
                   [&]() -> Result<void> {
                     SKALD_CHECK(begin(windows));
                     return steps();
                   });
  }

  model::Dims dims_;
  int repeats_;
  EnergyMeter energy_;
  ThreadPool& pool_;
  model::Encoder* encoder_;
  model::Decoder& decoder_;
  audio::LogMel log_mel_;
  std::vector<float> samples_;
  std::vector<float> mels_;  ///< of kWindows windows
  std::unique_ptr<model::EncodedAudio> audio_;
  std::vector<model::Slot> slots_;
  std::vector<int32_t> tokens_;
  std::vector<model::StepIn> in_;
  std::vector<model::StepOut> out_;
  std::vector<model::Candidate> candidates_;
  std::vector<BenchResult> results_;
};

}  // namespace

DecodingTime decoding_time(const BenchReport& report, int batch, int tokens) {
  DecodingTime time;
  const auto add = [&](const char* what, int of, double times) {
    const auto found = std::ranges::find_if(
        report.results, [&](const BenchResult& result) { return result.what == what && result.batch == of; });
    if (found == report.results.end()) return;
    time.clock_ms += times * found->best_ms;
    time.processor_ms += times * found->cpu_ms;
  };
  add("mel", 1, 1);
  add("decoder window", 1, 1);
  add("decoder step", batch, (tokens + 1.0) / batch);  // a prompt is read like one more token
  return time;
}

Result<BenchReport> bench(const BenchOptions& options) {
  SKALD_CHECK(validate(LoadOptions{.compute_type = options.compute_type, .threads = options.threads}));
  if (options.repeats < 1) return fail(ErrorCode::kInvalidArgument, "repeats", "is below 1", "give 1 or more");
  try {
    SKALD_TRY(const model::Dims dims, model::named_dims(options.shape));
    SKALD_TRY(const auto checkpoint, model::make_random_checkpoint(dims));
    SKALD_TRY(const Isa isa, select_isa());
    ThreadPool pool(options.threads > 0 ? options.threads : available_cpus());
    const cpu::Context context{.pool = &pool, .isa = isa, .compute = compute_type(options.compute_type, isa)};
    const auto start = Clock::now();
    std::unique_ptr<model::Encoder> encoder;
    if (options.encoder) {
      SKALD_TRY(encoder, cpu::make_encoder(*checkpoint, context));
    }
    const model::TokenClasses tokens{
        .end_of_text = dims.vocab - 1608, .no_speech = dims.vocab - 1503, .timestamp_begin = dims.vocab - 1501};
    SKALD_TRY(const auto decoder, cpu::make_decoder(*checkpoint, tokens, kWindows, kWindows, context));
    BenchReport report{.shape = options.shape,
                       .compute_type = to_string(context.compute),
                       .isa = to_string(isa),
                       .threads = pool.threads(),
                       .parameters = checkpoint->parameters()};
    report.load_seconds = std::chrono::duration<double>(Clock::now() - start).count();
    SKALD_TRY(report.results, Bench(dims, options, context, encoder.get(), *decoder).run());
    report.memory = peak_memory();
    return report;
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, options.shape, "there is not enough memory", "use a smaller shape, or int8");
  }
}

}  // namespace skald::engine
