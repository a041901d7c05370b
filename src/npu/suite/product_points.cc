#include <array>

#include "npu/spec/device_spec.h"
#include "npu/suite/array_points.h"
#include "npu/suite/predict.h"

namespace skald::npu {
namespace {

struct ProductPoint {
  std::string_view id;
  std::string_view what;
  std::string_view source;
  double milliseconds;
  std::array<int64_t, 3> size;  ///< M, K, N
  MatmulShape tile;
  double band;
  std::string_view remark;
};

constexpr std::string_view kWhisperXdna = "whisper-xdna, README";
constexpr double kProductBand = 0.15;  ///< suggested for the wall time of a product
constexpr double kLaunchBand = 0.30;   ///< suggested for launches: half of this call

const ProductPoint kProducts[] = {
    {"call_512",
     "bf16 512 x 512 x 512, tile 64/64/32, call",
     kWhisperXdna,
     0.267,
     {512, 512, 512},
     {64, 64, 32},
     kLaunchBand,
     "through pyxrt"},
    {"call_1536",
     "bf16 1536 x 1536 x 384, tile 64/64/32, call",
     kWhisperXdna,
     1.03,
     {1536, 1536, 384},
     {64, 64, 32},
     kProductBand,
     {}},
    {"call_scores",
     "bf16 1536 x 64 x 1536, tile 32/64/64, call",
     kWhisperXdna,
     0.78,
     {1536, 64, 1536},
     {32, 64, 64},
     kProductBand,
     "386 GFLOPS; up to 440 in the same source"},
};

constexpr OpenPoint kOpen[] = {
    {"bf16 1536 x 5120 x 1280, tile 64/64/32", "13.3 ms",
     "10.8 ms here: 18 GB/s there, 23 GB/s in the product of 1536 x 1536 x 384 of the same source; what slows the "
     "larger one "
     "(translation of more pages, perhaps) is not modelled"},
    {"bf16 1536 x 64 x 1536, tile 64/64/32", "1.85 ms",
     "0.74 ms here: rows of 128 bytes to host memory, which cost no more than others in the model"},
    {"scores of int16 products (open-xdna, TIB)", "1.01 ms for 512^3", "tiles not published"},
    {"bf16 2048 x 4096 x 2048 (IREE)", "17.7 ms", "tiles and clock not published"},
    {"core start to first output", "30,500 cycles, +-16 %", "firmware's work, part of the launch that is assumed"},
    {"first core event after load", "8326 ns", "the same"},
    {"activity of a port, runs of 16 words", "16, 16, 16, 16", "objects are moved whole, words are not followed"},
    {"memory stalls of a test design", "220 to 244 events", "DMA and core do not meet on a bank here"},
    {"lock-heavy loop", "2129 cycles", "the loop's source is not published"},
    {"skew of a broadcast event", "4 and 2 cycles a hop", "events are not simulated"},
    {"spread of repeated runs", "2 %", "the simulator is deterministic"},
    {"fused additions against two launches", "0.323, 0.275, 0.558 ms", "no such kernel yet"},
    {"run list", "24 % less", "launch costs are the host's, assumed"},
};

}  // namespace

Result<std::vector<PublishedPoint>> product_points(const sim::TimeModel& time) {
  std::vector<PublishedPoint> points;
  for (const ProductPoint& row : kProducts) {
    SKALD_TRY(const plan::PlannedOperator planned, plan::plan_operator({.name = "matmul",
                                                                        .sizes = {row.size.begin(), row.size.end()},
                                                                        .type = "bf16",
                                                                        .finish = "none",
                                                                        .tile = row.tile},
                                                                       std::string(kNpu1.name)));
    SKALD_TRY(const Prediction prediction, predict(planned, time));
    points.push_back(
        {row.id, row.what, row.source, "ms", row.milliseconds, prediction.call_ms, row.band, false, row.remark});
  }
  return points;
}

std::span<const OpenPoint> open_points() {
  return kOpen;
}

}  // namespace skald::npu
