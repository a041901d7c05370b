#include <utility>

#include "npu/plan/encoder_streams.h"
#include "npu/plan/pieces.h"

namespace skald::npu::plan {
namespace {

constexpr int32_t kGroupsOfQueries = 16;  // of four: all

/// One core's phases.
class CorePlanner {
 public:
  CorePlanner(const EncoderProblem& problem, const EncoderLayout& layout, const ResidentStreams& streams,
              Program& program, int column, int row)
      : problem_(problem), layout_(layout), core_(streams, program, column, row) {}

  /// In the order of EncoderChoice. Choices within a product keep what multiplies there once.
  void run() const {
    core_.run({int8() && !problem_.whole ? Steps{} : core_.product(false, bf16_ends()),
               int8() ? core_.product(true, int8_ends()) : Steps{}, attention(), norm()});
  }

 private:
  bool int8() const { return problem_.precision == EncoderPrecision::kInt8; }

  /// In the order of EncoderEnd.
  std::vector<Steps> int8_ends() const {
    return {core_.finish("dequantise_panels_64x128", false), core_.finish("dequantise_panels_64x128", true),
            core_.requantise()};
  }

  /// The same; in int8 this is the stem alone.
  std::vector<Steps> bf16_ends() const {
    const auto plain = [&](bool terms) { return int8() ? Steps{} : core_.finish("finish_panels_64x128", terms); };
    return {plain(false), plain(true), core_.finish("finish_gelu_panels_64x128", false),
            problem_.whole ? core_.finish("finish_gelu_panels_64x128", true) : Steps{}};
  }

  Steps attention() const {
    const int64_t blocks = key_blocks(problem_);
    const auto last = static_cast<int32_t>(problem_.positions - (blocks - 1) * kKeys - 1);
    Steps item = core_.queries();
    if (blocks > 1) item.push_back(loop(blocks - 1, core_.keys({}, constant(kGroupsOfQueries))));
    append(item, core_.keys({call("attention_mask_bf16_32",
                                  {core_.scores(), buffer(core_.lanes()), constant(last), constant(0), constant(0),
                                   constant(0), constant(0), constant(kGroupsOfQueries)})},
                            constant(kGroupsOfQueries)));
    item.push_back(loop(int8() ? 2 : 4, core_.results(int8())));
    return loop_by(kRounds, std::move(item));
  }

  /// Plain: what the layers' products are given.
  Steps norm() const {
    std::vector<std::string> ends{int8() ? "give_panels_i8" : "give_panels_bf16"};
    if (int8() && problem_.whole) ends.emplace_back("give_panels_bf16");
    return core_.norm(problem_.width, layout_.norm_strips, ends);
  }

  const EncoderProblem& problem_;
  const EncoderLayout& layout_;
  ResidentCore core_;
};

}  // namespace

ResidentStreams add_encoder_cores(const EncoderProblem& problem, const EncoderLayout& layout, Program& program) {
  const ResidentStreams streams = add_resident_streams(program, static_cast<int>(kArray), problem.choices.depth);
  for (int column = 0; column < kArray; ++column) {
    for (int row = 0; row < kArray; ++row) CorePlanner(problem, layout, streams, program, column, row).run();
  }
  return streams;
}

}  // namespace skald::npu::plan
