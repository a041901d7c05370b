// Speed of every kernel of every family this processor runs, on Whisper's shapes. GEMMs stand beside the multiply-add
// peak of the same instructions, measured in the same process just before.
//
//   build/bench/kernels_bench --benchmark_filter='gemm_f32/avx512'
//
// Threads share the rows of one product, as the encoder's tiles do. FLOP/s: all threads together, by the clock.
// best_FLOP/s and peak_%: the first thread alone, its fastest call by processor time, so that a busy machine hides
// less.

#include <benchmark/benchmark.h>
#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <string>
#include <type_traits>

#include "base/aligned_buffer.h"
#include "base/cpu_features.h"
#include "base/random.h"
#include "base/rounding.h"
#include "cpu/kernels/kernels.h"

namespace skald::cpu {
namespace {

/// Processor time of this thread: the share of the peak must not depend on who else uses the machine.
double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

constexpr int kPeakRounds = 400000;

/// FLOP/s of twelve independent chains: two units with a latency of four or five cycles have them filled.
template <class Burst>
double best_rate(const Burst& burst, double flops) {
  double best = 0;
  for (int repeat = 0; repeat < 5; ++repeat) {
    const double start = thread_seconds();
    burst();
    best = std::max(best, flops / (thread_seconds() - start));
  }
  return best;
}

__attribute__((target("avx512f"))) void burst_avx512() {
  __m512 x[12];
  for (auto& v : x) v = _mm512_set1_ps(1);
  const __m512 factor = _mm512_set1_ps(0.5F);
  for (int i = 0; i < kPeakRounds; ++i) {
#pragma GCC unroll 12
    for (auto& v : x) v = _mm512_fmadd_ps(v, factor, factor);
  }
  for (auto& v : x) benchmark::DoNotOptimize(v);
}

__attribute__((target("avx512bf16"))) void burst_avx512bf16() {
  __m512 x[12];
  for (auto& v : x) v = _mm512_set1_ps(1);
  const auto pairs = reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3F803F80));
  for (int i = 0; i < kPeakRounds; ++i) {
#pragma GCC unroll 12
    for (auto& v : x) v = _mm512_dpbf16_ps(v, pairs, pairs);
  }
  for (auto& v : x) benchmark::DoNotOptimize(v);
}

__attribute__((target("avx2,fma"))) void burst_avx2() {
  __m256 x[12];
  for (auto& v : x) v = _mm256_set1_ps(1);
  const __m256 factor = _mm256_set1_ps(0.5F);
  for (int i = 0; i < kPeakRounds; ++i) {
#pragma GCC unroll 12
    for (auto& v : x) v = _mm256_fmadd_ps(v, factor, factor);
  }
  for (auto& v : x) benchmark::DoNotOptimize(v);
}

/// FLOP/s one thread can reach with the multiply-adds of `isa`; 0 for the scalar family, which has none.
double peak(Isa isa) {
  constexpr double kFlopsPerLane = 2.0 * 12 * kPeakRounds;
  switch (isa) {
    case Isa::kScalar: return 0;
    case Isa::kAvx2:
    case Isa::kAvxVnni: return best_rate(burst_avx2, 8 * kFlopsPerLane);
    case Isa::kAvx512:
    case Isa::kAvx512Vnni:
    case Isa::kAvx512Bf16:
    case Isa::kAmx: return best_rate(burst_avx512, 16 * kFlopsPerLane);
  }
  return 0;
}

/// The same in products of bfloat16.
double peak_bf16(Isa isa) {
  constexpr double kFlopsPerLane = 2.0 * 12 * kPeakRounds;
  return isa >= Isa::kAvx512Bf16 ? best_rate(burst_avx512bf16, 32 * kFlopsPerLane) : peak(isa);
}

/// Of integers: as many more as are narrower than a float32.
template <int Narrower>
double peak_integer(Isa isa) {
  return Narrower * peak(isa);
}

AlignedBuffer<float> random_floats(size_t count) {
  AlignedBuffer<float> x(count);
  KeyedRandom random(1, count, 0);
  for (float& v : x.span()) v = static_cast<float>(2 * random.uniform() - 1);
  return x;
}

size_t size(int rows, int columns) {
  return static_cast<size_t>(rows) * static_cast<size_t>(columns);
}

struct GemmShape {
  int m = 0;
  int n = 0;
  int k = 0;
  Epilogue epilogue = Epilogue::kNone;
};

/// Calls `product` as long as it is measured; counters of `flops` and of the bytes of W.
template <class Product>
void measure(benchmark::State& state, double peak_rate, double flops, double weight_bytes, const Product& product) {
  double best = INFINITY;
  for (auto _ : state) {
    const double start = thread_seconds();
    product();
    benchmark::ClobberMemory();
    best = std::min(best, thread_seconds() - start);
  }
  state.counters["FLOP/s"] =
      benchmark::Counter(flops * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  if (state.thread_index() != 0) return;
  state.counters["best_FLOP/s"] = flops / best;
  if (peak_rate > 0) state.counters["peak_%"] = 100 * flops / best / peak_rate;
  state.counters["W_bytes/s"] =
      benchmark::Counter(weight_bytes * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

/// Shares are of `peak_of`, what the products of that kind could reach.
template <class Product>
void gemm(benchmark::State& state, Isa isa, void (*Kernels::*kernel)(const Product&) noexcept, double (*peak_of)(Isa),
          GemmShape shape) {
  using A = std::remove_cvref_t<decltype(*Product{}.a)>;
  using W = std::remove_cvref_t<decltype(*Product{}.w)>;
  const double peak_rate = state.thread_index() == 0 ? peak_of(isa) : 0;
  const int rows = (shape.m + state.threads() - 1) / state.threads();
  const AlignedBuffer<A> a(size(rows, shape.k));
  constexpr bool kFourBits = std::is_same_v<Product, GemmI8I4>;
  const AlignedBuffer<W> w(kFourBits ? packed_size_i4(shape.n, shape.k)
                                     : size(round_up(shape.n, kPanel), round_up(shape.k, kGroup<A>)));
  const AlignedBuffer<int8_t> step(kFourBits ? steps_i4(shape.n, shape.k) : 0);
  const AlignedBuffer<int32_t> block_sum(kFourBits ? steps_i4(rows, shape.k) : 0);
  const auto scale = random_floats(size(shape.n, 1) + kPanel + static_cast<size_t>(rows));
  const AlignedBuffer<int32_t> offset(size(shape.n, 1) + kPanel);
  AlignedBuffer<float> c(size(rows, shape.n));
  Product g;
  g.a = a.data();
  g.lda = shape.k;
  g.w = w.data();
  if constexpr (requires { g.w_scale; }) {
    g.a_scale = scale.data();
    g.w_scale = scale.data();
  }
  if constexpr (requires { g.offset; }) g.offset = offset.data();
  if constexpr (kFourBits) {
    g.block_sum = block_sum.data();
    g.step = step.data();
  }
  g.bias = scale.data();
  g.c = c.data();
  g.ldc = shape.n;
  g.m = rows;
  g.n = shape.n;
  g.k = shape.k;
  g.epilogue = shape.epilogue;
  measure(state, peak_rate, 2.0 * rows * shape.n * shape.k, static_cast<double>(w.size() * sizeof(W) + step.size()),
          [&] { (kernels(isa).*kernel)(g); });
}

void layer_norm(benchmark::State& state, Isa isa, int rows, int width) {
  const auto x = random_floats(size(rows, width));
  const auto gain = random_floats(static_cast<size_t>(width));
  AlignedBuffer<float> y(x.size());
  for (auto _ : state) {
    kernels(isa).layer_norm_f32(x.data(), gain.data(), gain.data(), y.data(), rows, width);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * int64_t{rows} * width);
}

void softmax(benchmark::State& state, Isa isa, int rows, int n) {
  auto x = random_floats(size(rows, n));
  for (auto _ : state) {
    kernels(isa).softmax_f32(x.data(), rows, n, n, 1);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * int64_t{rows} * n);
}

void attend(benchmark::State& state, Isa isa, int n) {
  constexpr int kHeadWidth = 64;
  const auto q = random_floats(kHeadWidth);
  const auto keys = random_floats(size(n, kHeadWidth));
  const auto values = random_floats(size(n, kHeadWidth));
  AlignedBuffer<float> scores(static_cast<size_t>(n));
  AlignedBuffer<float> out(kHeadWidth);
  for (auto _ : state) {
    kernels(isa).attend_f32({.q = q.data(),
                             .keys = keys.data(),
                             .values = values.data(),
                             .stride = kHeadWidth,
                             .n = n,
                             .e = kHeadWidth,
                             .scale = 0.125F,
                             .scores = scores.data(),
                             .out = out.data()});
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * int64_t{n} * kHeadWidth * 2 * 4);
}

void top_k(benchmark::State& state, Isa isa, int k) {
  constexpr int kVocabulary = 51865;
  const auto x = random_floats(kVocabulary);
  const AlignedBuffer<uint64_t> mask((kVocabulary + 63) / 64);
  AlignedBuffer<int32_t> ids(static_cast<size_t>(k));
  AlignedBuffer<float> values(static_cast<size_t>(k));
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        kernels(isa).top_k_f32(x.data(), mask.data(), 0, kVocabulary, k, ids.data(), values.data()));
  }
  state.SetItemsProcessed(state.iterations() * kVocabulary);
}

template <class... Args>
void add(const std::string& name, int threads, Args... args) {
  benchmark::RegisterBenchmark(name.c_str(), args...)->Threads(threads)->UseRealTime()->Unit(benchmark::kMicrosecond);
}

void add_gemms(Isa isa, const std::string& suffix) {
  // Whisper base: projections, feed-forward, attention of one head in row blocks; decoder steps of 1 and 5 hypotheses,
  // the vocabulary; one shape each of tiny and large.
  constexpr GemmShape kEncoder[] = {{1500, 512, 512},
                                    {1500, 2048, 512, Epilogue::kGelu},
                                    {1500, 512, 2048, Epilogue::kResidual},
                                    {1500, 384, 384},
                                    {1500, 1280, 1280}};
  constexpr GemmShape kOneThread[] = {{64, 1500, 64}, {64, 64, 1500}, {1, 512, 512},   {5, 512, 512},  {1, 2048, 512},
                                      {5, 512, 2048}, {8, 2048, 512}, {1, 51865, 512}, {5, 51865, 512}};
  const auto add_one = [&](const GemmShape& s, int threads) {
    const std::string shape = std::to_string(s.m) + "x" + std::to_string(s.n) + "x" + std::to_string(s.k);
    const std::string of = "/" + suffix + "/" + shape;
    add("gemm_f32" + of, threads, gemm<GemmF32>, isa, &Kernels::gemm_f32, peak, s);
    add("gemm_bf16" + of, threads, gemm<GemmBf16>, isa, &Kernels::gemm_bf16, peak_bf16, s);
    add("gemm_i8" + of, threads, gemm<GemmI8>, isa, &Kernels::gemm_i8, peak_integer<4>, s);
    add("gemm_i8i4" + of, threads, gemm<GemmI8I4>, isa, &Kernels::gemm_i8i4, peak_integer<4>, s);
    add("gemm_i16" + of, threads, gemm<GemmI16>, isa, &Kernels::gemm_i16, peak_integer<2>, s);
  };
  for (const GemmShape& s : kEncoder) {
    add_one(s, 1);
    add_one(s, 2);
  }
  for (const GemmShape& s : kOneThread) add_one(s, 1);
}

void add_all(Isa isa) {
  const std::string suffix = to_string(isa);
  add_gemms(isa, suffix);
  add("layer_norm_f32/" + suffix + "/1500x512", 1, layer_norm, isa, 1500, 512);
  add("softmax_f32/" + suffix + "/64x1500", 1, softmax, isa, 64, 1500);
  add("attend_f32/" + suffix + "/1500", 1, attend, isa, 1500);
  add("attend_f32/" + suffix + "/100", 1, attend, isa, 100);
  add("top_k_f32/" + suffix + "/1", 1, top_k, isa, 1);
  add("top_k_f32/" + suffix + "/10", 1, top_k, isa, 10);
}

}  // namespace
}  // namespace skald::cpu

int main(int argc, char** argv) {
  using skald::Isa;
  for (const Isa isa : skald::kIsas) {
    if (!skald::runs(isa)) continue;
    skald::cpu::add_all(isa);
    std::printf("%s: %.1f GFLOP/s multiply-add peak of one thread\n", skald::to_string(isa),
                skald::cpu::peak(isa) * 1e-9);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
