// skald npu build: without the toolchain, and with scripts in its place.

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "expect.h"
#include "files.h"
#include "program.h"

namespace skald::e2e {
namespace {

namespace fs = std::filesystem;

/// The program with the tools of a directory alone.
Outcome npu_build(const TempDir& directory, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"npu", "build"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(Launch{.arguments = arguments,
                    .environment = {{"PATH", directory / "nothing"},
                                    {"SKALD_AIE_TOOLS", directory / "tools"},
                                    {"PEANO_INSTALL_DIR", ""},
                                    {"XILINX_XRT", ""},
                                    {"XDG_CACHE_HOME", directory / "cache"}}});
}

/// Tools that write what they are asked for; the instructions give one descriptor the address of the weights.
void make_tools(const TempDir& directory) {
  const fs::path tools = directory / "tools";
  fs::create_directories(tools / "include/aie_api");
  std::ofstream(tools / "include/aie_api/aie.hpp") << "";
  const std::vector<uint32_t> words = {6U << 24U | 3U << 16U, 4, 1, 64, 0x81, 48, 0, 0, 0, 0, 0x1D004, 0, 1, 0, 64, 0};
  std::ofstream(tools / "insts.bin").write(reinterpret_cast<const char*>(words.data()), 64);
  const std::string output = "while [ $# -gt 0 ]; do [ \"$1\" = -o ] && echo made > \"$2\"; shift; done; exit 0";
  for (const auto& [name, body] : std::vector<std::pair<std::string, std::string>>{
           {"aie-opt", output},
           {"aie-translate", output},
           {"clang++", "echo aie2; " + output},
           {"xclbinutil", ""},
           {"aiecc.py",
            "for a; do case $a in --xclbin-name=*) echo x > \"${a#*=}\";;\n"
            "--npu-insts-name=*) /bin/cp \"${0%/*}/insts.bin\" \"${a#*=}\";; esac; done"}}) {
    std::ofstream(tools / name) << "#!/bin/sh\n" << body << "\n";
    fs::permissions(tools / name, fs::perms::owner_all);
  }
}

TEST(NpuBuild, WithoutTheToolchain) {
  const TempDir directory;
  const Outcome outcome = npu_build(directory, {"mini.en"});
  EXPECT_EQ(2, outcome.exit_code) << outcome.err;
  expect_texts(outcome.out,
               {"mini.en, int8, Program ", "0_emitted.mlir\n", "not done     placing, routing, sequence, instructions",
                "missing      aie-opt: places", "aie-translate", "clang++ of Peano, or xchesscc", "aie_api/aie.hpp",
                "aiecc: links", "xclbinutil", "https://github.com/Xilinx/mlir-aie",
                "https://github.com/Xilinx/llvm-aie", "next         placing", "SKALD_AIE_TOOLS"});
  int kernels = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory / "cache/skald/npu")) {
    EXPECT_NE(".artifact", entry.path().extension()) << entry.path();
    kernels += entry.path().extension() == ".cc" ? 1 : 0;
  }
  EXPECT_GE(kernels, 4);
}

TEST(NpuBuild, WithTheToolchain) {
  const TempDir directory;
  make_tools(directory);
  const std::string file = directory / "a.artifact";
  const Outcome outcome = npu_build(directory, {"mini.en", "--compute-type", "bfloat16", "--output", file});
  EXPECT_EQ(0, outcome.exit_code) << outcome.out << outcome.err;
  expect_texts(outcome.out, {"mini.en, bfloat16, Program ", "linking\n", "artifact     " + file + "\n"});
  expect_texts(outcome.err, {"placing\n", "kernel-resident\n", "linking\n"});
  EXPECT_TRUE(read(file).starts_with("SKALDNPU"));
  EXPECT_TRUE(fs::exists(file + ".build/0_emitted.mlir"));
  EXPECT_TRUE(fs::exists(file + ".build/kernels/kernel.h"));
}

TEST(NpuBuild, AToolThatFails) {
  const TempDir directory;
  make_tools(directory);
  const std::string file = directory / "a.artifact";
  std::ofstream(fs::path(directory / "tools") / "aiecc.py") << "#!/bin/sh\necho 'error: text does not fit'\nexit 1\n";
  const Outcome outcome = npu_build(directory, {"mini.en", "--output", file});
  EXPECT_EQ(2, outcome.exit_code);
  expect_texts(outcome.err, {"linking: aiecc.py failed with status 1: error: text does not fit", "linking.log",
                             "--aie-generate-xclbin", "0_emitted.mlir"});
  EXPECT_FALSE(fs::exists(file));
}

TEST(NpuBuild, Refusals) {
  const TempDir directory;
  expect_refusal(npu_build(directory, {}), 2, {"takes a model", "skald npu build MODEL"});
  expect_refusal(npu_build(directory, {"mini.en", "--compute-type", "float32"}), 2,
                 {"--compute-type", "int8 or bfloat16"});
  expect_refusal(npu_build(directory, {"nothing.en"}), 3, {"nothing.en"});
  expect_refusal(npu_build(directory, {"mini.en", "--output", "/proc/none/a"}), 4, {"/proc/none/a.build"});
}

}  // namespace
}  // namespace skald::e2e
