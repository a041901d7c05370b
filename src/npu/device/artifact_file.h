#pragma once
// An artifact as one file: all that a real device needs to run a model's encoder, made by `skald npu build`. The table
// of its fields is in docs/NPU.md.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "npu/device/artifact.h"

namespace skald::npu {

/// What an artifact is for.
struct ArtifactPlan {
  std::string device;     ///< DeviceSpec::name: "npu1"
  std::string precision;  ///< "int8", "bfloat16"
  int64_t positions = 0;
  int64_t mel_bands = 0;
  int64_t width = 0;
  int64_t heads = 0;
  int64_t hidden = 0;
  int64_t layers = 0;
  int64_t windows = 1;         ///< of a launch
  int64_t weights_layout = 0;  ///< version of the order that weights are packed in
  int64_t weight_bytes = 0;
  std::string program;  ///< hash_text() of the Program: layout, sequence, numbers of int8
  bool operator==(const ArtifactPlan&) const = default;
};

/// What it was made from.
struct ArtifactOrigin {
  std::string text;     ///< SHA-256 of the emitted MLIR-AIE text, 64 digits
  std::string dialect;  ///< of that text (kMlirAieVersion)
  std::string tools;    ///< core compiler: "Peano", "Chess"
  bool operator==(const ArtifactOrigin&) const = default;
};

struct ArtifactFile {
  ArtifactPlan plan;
  ArtifactOrigin origin;
  Artifact artifact;  ///< without a Program
  std::vector<AddressPatch> patches;
  std::string where;  ///< the file it was read from, for messages
};

/// The file's bytes; patches are taken from the instructions. Errors: those of address_patches; kInvalidArgument: a
/// patch outside of its argument, no xclbin.
Result<std::string> artifact_bytes(const ArtifactFile& file);

/// The reverse. `where` is what messages call the bytes; every input is safe. Errors: kBadModel: they are not an
/// artifact, incomplete, or a hash is not that of its section; kUnsupported: of a newer version; what artifact_bytes
/// refuses.
Result<ArtifactFile> parse_artifact(std::span<const std::byte> bytes, const std::string& where);

/// Complete, or not there at all. Errors: those of artifact_bytes and skald::write_file.
Result<void> write_artifact(const std::filesystem::path& path, const ArtifactFile& file);

/// Errors: those of MappedFile::open and parse_artifact.
Result<ArtifactFile> read_artifact(const std::filesystem::path& path);

/// Whether what `plan` says is what is `wanted`; else the first thing in which they differ. Errors: kUnsupported:
/// another device; kBadModel: another encoder, precision, layout of weights, Program.
Result<void> check_plan(const ArtifactPlan& plan, const ArtifactPlan& wanted, const std::string& where);

}  // namespace skald::npu
