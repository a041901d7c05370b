#pragma once
// A vocabulary in the files that Hugging Face programs read.

#include <filesystem>

#include "base/result.h"
#include "text/tokenizer.h"

namespace skald::hub {

/// Writes vocab.json, merges.txt, added_tokens.json and tokenizer_config.json to a directory. Pre: the priority of a
/// merge is the id of the token it makes, as in the vocabularies that the program carries.
/// Errors: those of write_file.
Result<void> write_tokenizer_files(const text::Tokenizer& tokenizer, const std::filesystem::path& directory);

}  // namespace skald::hub
