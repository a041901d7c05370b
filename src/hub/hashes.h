#pragma once
// The two hashes that a hub names files by.

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skald::hub {

/// SHA-256 of a file, 64 hexadecimal digits: what large files are named by. Errors: those of MappedFile::open.
Result<std::string> sha256_of(const std::filesystem::path& file);

/// SHA-1 of "blob SIZE\0" and the file, 40 digits: what git names it by. Errors: those of MappedFile::open.
Result<std::string> git_blob_of(const std::filesystem::path& file);

/// Whether `name` is one of the two of `file`, by its length; kNone for a name of another kind.
enum class Match { kNone, kEqual, kDifferent };
Result<Match> match_hash(const std::filesystem::path& file, std::string_view name);

}  // namespace skald::hub
