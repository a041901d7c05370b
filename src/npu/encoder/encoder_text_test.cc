// mini.en's encoder as text for the toolchain: what it needs of the device, and that nobody changed it unawares. The
// text has 18,000 lines, so tests/data/npu/mini.en.txt holds its hash; SKALD_UPDATE_GOLDENS=1 writes that anew.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/file.h"
#include "model/random_checkpoint.h"
#include "npu/emit/emit.h"
#include "npu/emit/text_check_for_tests.h"
#include "npu/encoder/encoder_weights.h"
#include "npu/program/counts.h"
#include "npu/program/text.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/encoder_search.h"
#include "npu/suite/lookups.h"

namespace skald::npu {
namespace {

using plan::EncoderPrecision;

constexpr const char* kGolden = SKALD_SOURCE_DIR "/tests/data/npu/mini.en.txt";

Program program_of(EncoderPrecision precision) {
  const auto dims = model::named_dims("mini.en").value();
  return plan::plan_encoder(best_encoder(encoder_problem(dims, 1500, precision)).value(), {}, "npu1").value();
}

/// FNV-1a, 64 bits.
uint64_t hash_of(const std::string& text) {
  uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

/// A line for each thing that is counted.
std::string described(const Program& program, const std::string& text) {
  const Counts counts = count(program, kNpu1);
  int64_t locks = 0;
  int64_t descriptors = 0;
  for (const auto& [tile, of] : counts.tiles) {
    locks += of.locks;
    descriptors += of.all_descriptors();
  }
  const SequenceCounts& sequence = counts.sequence;
  std::string lines;
  const auto add = [&](const char* what, auto number) {
    lines += std::string(what) + " " + std::to_string(number) + "\n";
  };
  add("text", hash_of(text));
  add("lines", std::ranges::count(text, '\n'));
  add("locks", locks);
  add("tile descriptors", descriptors);
  add("sequence descriptors", sequence.descriptor_writes);
  add("pushes", sequence.pushes_to_stream + sequence.pushes_from_stream);
  add("parameter writes", sequence.parameter_writes);
  add("waits", sequence.waits);
  // Controller operations of the transaction: registers, descriptors and their addresses, queues, waits.
  add("operations", sequence.parameter_writes + sequence.hand_overs + sequence.descriptor_writes +
                        sequence.address_patches + sequence.token_requests + sequence.pushes_to_stream +
                        sequence.pushes_from_stream + sequence.waits);
  return lines;
}

TEST(EncoderText, IsAsItWas) {
  std::string found;
  for (const EncoderPrecision precision : {EncoderPrecision::kInt8, EncoderPrecision::kBf16}) {
    const Program program = program_of(precision);
    const auto text = emit(program, catalogue_code());
    ASSERT_TRUE(text) << to_string(text.error());
    found += std::string(precision == EncoderPrecision::kInt8 ? "i8" : "bf16") + "\n" + described(program, *text);
  }
  if (std::getenv("SKALD_UPDATE_GOLDENS") != nullptr) {  // NOLINT(concurrency-mt-unsafe): one thread
    ASSERT_TRUE(write_file(kGolden, found));
  }
  const auto golden = read_file(kGolden);
  ASSERT_TRUE(golden) << to_string(golden.error());
  EXPECT_EQ(*golden, found) << "if this is meant, SKALD_UPDATE_GOLDENS=1 writes it anew";
}

/// Cores that hold nothing too large for one of npu1, with what the toolchain makes of the text besides.
TEST(EncoderText, IsWellFormed) {
  for (const EncoderPrecision precision : {EncoderPrecision::kInt8, EncoderPrecision::kBf16}) {
    const Program program = program_of(precision);
    const auto text = emit(program, catalogue_code());
    ASSERT_TRUE(text) << to_string(text.error());
    for (const std::string& problem : samples::problems(*text)) ADD_FAILURE() << problem;
    EXPECT_EQ(*text, *emit(program, catalogue_code()));
    const auto parsed = parse(print(program));
    ASSERT_TRUE(parsed) << to_string(parsed.error());
    EXPECT_EQ(program, *parsed);
  }
}

}  // namespace
}  // namespace skald::npu
