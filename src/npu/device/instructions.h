#pragma once
// The words that a launch's controller executes, as aie-translate writes them ("transaction": mlir-aie
// AIETargetNPU.cpp; npu.md 4.6): which of them get a buffer's address, and whether they are whole.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace skald::npu {

/// An operation that writes the address of a launch's argument, plus an offset, into a descriptor.
struct AddressPatch {
  uint64_t word = 0;      ///< index of its first word
  uint32_t argument = 0;  ///< data argument of the launch, from 0
  uint32_t address = 0;   ///< register of the descriptor
  uint64_t offset = 0;    ///< bytes behind the argument's beginning
  bool operator==(const AddressPatch&) const = default;
};

/// Checks a stream of instruction words: header of four words (columns and generation, operations, bytes), generation
/// 3 = npu1, length as stated. Errors: kUnsupported, kInvalidArgument.
Result<void> check_instructions(const std::vector<uint32_t>& words, const std::string& where);

/// The stream's patches in their order, after all its operations were walked through. Errors: those of
/// check_instructions; kUnsupported: an operation that aie-translate does not write; kInvalidArgument: one that leaves
/// the stream, or another count of them than stated.
Result<std::vector<AddressPatch>> address_patches(const std::vector<uint32_t>& words, const std::string& where);

/// Reads and checks a file of instruction words (insts.bin). Errors: those of read_file(), check_instructions().
Result<std::vector<uint32_t>> read_instructions(const std::filesystem::path& path);

}  // namespace skald::npu
