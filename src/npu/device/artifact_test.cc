#include "npu/device/artifact.h"

#include <gtest/gtest.h>

namespace skald::npu {
namespace {

TEST(Artifact, ArgumentsOfAProgram) {
  Program program;
  program.arguments = {{"A", {Element::kBf16, {64, 32}}, Access::kRead},
                       {"B", {Element::kI8, {5}}, Access::kReadWrite},
                       {"C", {Element::kF32, {2, 3, 4}}, Access::kWrite}};
  const std::vector<ArtifactArgument> expected = {
      {"A", 4096, Access::kRead}, {"B", 5, Access::kReadWrite}, {"C", 96, Access::kWrite}};
  EXPECT_EQ(expected, arguments_of(program));
}

TEST(Artifact, ConfigurationIsTheXclbinUnlessNamed) {
  EXPECT_EQ("m", configuration_of({.name = "m"}));
  // FIPS 180-2, B.1
  EXPECT_EQ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            configuration_of({.name = "m", .xclbin = {'a', 'b', 'c'}}));
  EXPECT_EQ("suite", configuration_of({.name = "m", .configuration = "suite", .xclbin = {'a'}}));
}

}  // namespace
}  // namespace skald::npu
