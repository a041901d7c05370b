#pragma once
// Readers of the files that hold a vocabulary, from memory. All check what they read: a damaged or hostile file gives
// kBadModel with the file and the place in it.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "text/vocabulary.h"

namespace skald::text {

/// OpenAI's format: lines of a token in base64, a blank and its id, which is also its priority.
Result<Vocabulary> parse_tiktoken(std::string_view content, const VocabularySpec& spec, const std::string& where);

/// Hugging Face's tokenizer.json: model.vocab and model.merges ("a b" or ["a", "b"]).
/// Errors: also kUnsupported for a tokenizer that is no BPE.
Result<Vocabulary> parse_tokenizer_json(std::string_view content, const VocabularySpec& spec, const std::string& where);

/// Contents and names of the older pair of files.
struct VocabularyPair {
  std::string_view vocab_json;
  std::optional<std::string_view> merges_txt;  ///< none: the order of ids is the priority
  std::string vocab_where;
  std::string merges_where;
};

/// vocab.json (an object from token to id) and merges.txt ("a b" a line).
Result<Vocabulary> parse_vocab_json(const VocabularyPair& files, const VocabularySpec& spec);

}  // namespace skald::text
