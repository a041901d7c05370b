// Times of the CPU encoder and decoder on random weights of a published shape:
//   encoder_bench [MODEL [THREADS [REPEATS [COMPUTE_TYPE]]]]        (base, all processors, 5, float32)
// Prints the best of the repeats in milliseconds: on the clock, and of processor time over all threads, which other
// programs on the machine disturb less.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "cpu/cpu_model.h"
#include "model/random_checkpoint.h"

namespace {

using namespace skald;

template <class T>
T value_of(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", to_string(result.error()).c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

template <class F>
void bench(const std::string& what, int repeats, const F& f) {
  double best = 1e30;
  double best_cpu = 1e30;
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t cpu = std::clock();
    f();
    best_cpu = std::min(best_cpu, 1e3 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
    best = std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::printf("%-24s %9.2f ms %9.2f ms cpu\n", what.c_str(), best, best_cpu);
}

std::vector<float> noise(size_t count) {
  KeyedRandom random(1, 0, 0);
  std::vector<float> values(count);
  for (float& v : values) v = static_cast<float>(2 * random.uniform() - 1);
  return values;
}

void bench_encoder(model::Encoder& encoder, const model::Dims& dims, model::EncodedAudio& out, int repeats) {
  for (const int positions : {100, 500, dims.audio_ctx}) {
    const auto mel = noise(static_cast<size_t>(2 * positions) * static_cast<size_t>(dims.mel_bands));
    model::WindowBatch batch;
    batch.windows = 1;
    batch.frames = 2 * positions;
    batch.mel = mel;
    value_of(encoder.encode(batch, out));  // the first call of a size allocates
    bench("encoder, " + std::to_string(positions) + " positions", repeats,
          [&] { value_of(encoder.encode(batch, out)); });
  }
}

/// Steps of one token each after a prompt, every hypothesis a fork of the first.
void bench_decoder(model::Decoder& decoder, const model::EncodedAudio& audio, int slots, int repeats) {
  std::vector<model::Slot> open;
  bench("decoder, window", repeats, [&] {
    if (!open.empty()) decoder.close(open.front());
    open.assign(1, value_of(decoder.open(audio, 0)));
  });
  const std::vector<int32_t> prompt(32, 7);
  model::StepIn start{.slot = open.front(), .tokens = prompt};
  model::StepOut none;
  bench("decoder, prompt of 32", 1, [&] { value_of(decoder.step({&start, 1}, {&none, 1})); });
  std::vector<model::Candidate> top(static_cast<size_t>(slots) * 12);
  for (int count = 1; count <= slots; count += std::max(slots - 1, 1)) {
    while (std::ssize(open) < count) open.push_back(value_of(decoder.fork(open.front())));
    std::vector<model::StepIn> in(static_cast<size_t>(count));
    std::vector<model::StepOut> out(static_cast<size_t>(count));
    for (size_t i = 0; i < in.size(); ++i) {
      in[i] = {.slot = open[i], .tokens = std::span(prompt).first(1)};
      out[i].text.top = std::span(top).subspan(12 * i, 6);
      out[i].timestamps.top = std::span(top).subspan(12 * i + 6, 6);
    }
    bench("decoder, step of " + std::to_string(count), 4 * repeats, [&] { value_of(decoder.step(in, out)); });
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "base";
  const int threads = argc > 2 ? std::atoi(argv[2]) : available_cpus();
  const int repeats = argc > 3 ? std::atoi(argv[3]) : 5;
  const auto checkpoint = value_of(model::make_random_checkpoint(value_of(model::named_dims(name))));
  const model::Dims dims = checkpoint->dims();
  ThreadPool pool(std::max(threads, 1));
  const bool int8 = argc > 4 && std::string(argv[4]) == "int8";
  const cpu::Context context{.pool = &pool,
                             .isa = value_of(select_isa()),
                             .compute = int8 ? cpu::ComputeType::kInt8 : cpu::ComputeType::kFloat32};
  std::printf("%s, %d threads, %s, %s\n", name.c_str(), pool.threads(), to_string(context.isa),
              to_string(context.compute));
  const auto encoder = value_of(cpu::make_encoder(*checkpoint, context));
  const auto out = value_of(encoder->make_output(1));
  bench_encoder(*encoder, dims, *out, repeats);
  const model::TokenClasses tokens{
      .end_of_text = dims.vocab - 1608, .no_speech = dims.vocab - 1503, .timestamp_begin = dims.vocab - 1501};
  const auto decoder = value_of(cpu::make_decoder(*checkpoint, tokens, 5, 1, context));
  bench_decoder(*decoder, *out, 5, repeats);
}
