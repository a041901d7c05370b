#pragma once
// The directory of a zip archive whose members are stored as they are: what torch.save writes.
// Source: PKWARE, APPNOTE.TXT 6.3.9, sections 4.3.7 to 4.3.16 and 4.5.3.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace skald::model {

struct ZipMember {
  std::string name;
  std::span<const std::byte> bytes;  ///< within the file
};

/// Errors: kBadModel: no archive, a member outside of the file; kUnsupported: a compressed or encrypted member.
Result<std::vector<ZipMember>> parse_zip(std::span<const std::byte> file, const std::string& where);

}  // namespace skald::model
