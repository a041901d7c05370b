#pragma once
// Defensive parsing of the small JSON texts beside and inside model files.

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skald::model {

inline constexpr size_t kMaxConfigBytes = 4 << 20;  // the largest generation_config.json has 16 KiB

/// Parses one whole JSON text. Errors (kBadModel, with `where`): not JSON, a name that stands twice in one object,
/// nesting deeper than 32; kOutOfMemory.
Result<nlohmann::json> parse_json(std::string_view text, const std::string& where);

/// A text file of a model. Errors: those of read_file, but kBadModel for a size that no such file has: a damaged model,
/// not a wrong argument.
Result<std::string> read_model_text(const std::filesystem::path& path, size_t limit = kMaxConfigBytes);

/// A name from a file as it may be shown in a one-line message: quoted, control bytes replaced, cut to 100 bytes.
std::string shown(std::string_view name);

}  // namespace skald::model
