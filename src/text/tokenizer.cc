#include "text/tokenizer.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <new>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "text/bpe.h"
#include "text/embedded.h"
#include "text/languages.h"
#include "text/unicode.h"
#include "text/vocabulary_files.h"

namespace skald::text {
namespace {

constexpr size_t kMaxFile = size_t{64} << 20U;  // the largest of Whisper's tokenizer.json has 4 MB
constexpr int32_t kGpt2Tokens = 50256;          // lines of gpt2.tiktoken
constexpr int32_t kMultilingualTokens = 50257;  // lines of multilingual.tiktoken; the last is empty

/// Where a vocabulary came from.
struct Loaded {
  Vocabulary vocabulary;
  std::string source;
};

bool is_there(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

/// A tokenizer's file; one that is too large or no file at all is the model's defect.
Result<std::string> read_model_file(const std::filesystem::path& path) {
  auto content = read_file(path, kMaxFile);
  if (!content && content.error().code == ErrorCode::kInvalidArgument) {
    Error error = std::move(content).error();
    error.code = ErrorCode::kBadModel;
    return std::unexpected(std::move(error));
  }
  return content;
}

Result<Vocabulary> read_pair(const std::filesystem::path& vocab, const std::filesystem::path& merges,
                             const VocabularySpec& spec) {
  SKALD_TRY(const std::string vocab_json, read_model_file(vocab));
  VocabularyPair files{.vocab_json = vocab_json,
                       .merges_txt = std::nullopt,
                       .vocab_where = vocab.string(),
                       .merges_where = merges.string()};
  std::string merges_txt;
  if (is_there(merges)) {
    SKALD_TRY(merges_txt, read_model_file(merges));
    files.merges_txt = merges_txt;
  }
  return parse_vocab_json(files, spec);
}

Result<Loaded> load_vocabulary(const std::optional<std::filesystem::path>& directory, const VocabularySpec& spec) {
  if (directory) {
    const std::filesystem::path all = *directory / "tokenizer.json";
    const std::filesystem::path vocab = *directory / "vocab.json";
    const std::filesystem::path merges = *directory / "merges.txt";
    if (is_there(vocab) && (is_there(merges) || !is_there(all))) {
      SKALD_TRY(Vocabulary vocabulary, read_pair(vocab, merges, spec));
      return Loaded{.vocabulary = std::move(vocabulary), .source = "vocab.json"};
    }
    if (is_there(all)) {
      SKALD_TRY(const std::string content, read_model_file(all));
      SKALD_TRY(Vocabulary vocabulary, parse_tokenizer_json(content, spec, all.string()));
      return Loaded{.vocabulary = std::move(vocabulary), .source = "tokenizer.json"};
    }
  }
  const bool gpt2 = spec.tokens == kGpt2Tokens;
  SKALD_TRY(Vocabulary vocabulary, parse_tiktoken(gpt2 ? embedded_gpt2() : embedded_multilingual(), spec, "built-in"));
  return Loaded{.vocabulary = std::move(vocabulary), .source = "built-in"};
}

/// Names of the special tokens below the first timestamp, from end_of_text on (tokenizer.py get_encoding).
std::vector<std::string> special_names(const SpecialTokens& special) {
  std::vector<std::string> names = {"<|endoftext|>", "<|startoftranscript|>"};
  for (const Language& language : languages().first(static_cast<size_t>(special.languages))) {
    names.push_back("<|" + std::string(language.code) + "|>");
  }
  for (const char* name :
       {"<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"}) {
    names.emplace_back(name);
  }
  return names;
}

// tokenizer.py non_speech_tokens: suppressed when they are one token, alone or after a blank.
constexpr auto kSymbols = std::to_array<std::string_view>(
    {"\"",  "#",  "(",  ")",  "*",   "+",  "/",  ":",   ";",   "<",  "=",  ">",  "@",  "[",   "\\",  "]",
     "^",   "_",  "`",  "{",  "|",   "}",  "~",  "「",  "」",  "『", "』", "<<", ">>", "<<<", ">>>", "--",
     "---", "-(", "-[", "('", "(\"", "((", "))", "(((", ")))", "[[", "]]", "{{", "}}", "♪♪",  "♪♪♪"});
// Musical signs of U+2640..267F: where one takes several tokens, the first is suppressed.
constexpr auto kMusic = std::to_array<std::string_view>({"♩", "♪", "♫", "♬", "♭", "♮", "♯"});

std::vector<int32_t> find_non_speech(const Vocabulary& vocabulary) {
  std::vector<int32_t> found = {encode_text(vocabulary, " -").front(), encode_text(vocabulary, " '").front()};
  const auto add = [&](std::string_view symbol, bool music) {
    for (const char* lead : {"", " "}) {
      const std::vector<int32_t> ids = encode_text(vocabulary, lead + std::string(symbol));
      if (ids.size() == 1 || music) found.push_back(ids.front());
    }
  };
  for (const std::string_view symbol : kSymbols) add(symbol, false);
  for (const std::string_view symbol : kMusic) add(symbol, true);
  std::ranges::sort(found);
  const auto repeated = std::ranges::unique(found);
  found.erase(repeated.begin(), repeated.end());
  return found;
}

}  // namespace

struct Tokenizer::Impl {
  SpecialTokens special;
  std::string source;
  Vocabulary vocabulary;
  std::vector<std::string> names;  // special tokens from end_of_text on, without timestamps
  std::vector<int32_t> non_speech;
};

Result<SpecialTokens> special_tokens(int vocab) {
  constexpr int kEnglish = 51864;
  constexpr int kMultilingual99 = 51865;
  constexpr int kMultilingual100 = 51866;
  if (vocab != kEnglish && vocab != kMultilingual99 && vocab != kMultilingual100) {
    return fail(ErrorCode::kUnsupported, "vocab_size", "no Whisper vocabulary has " + std::to_string(vocab) + " tokens",
                "51864, 51865 and 51866 are known");
  }
  SpecialTokens special;
  special.multilingual = vocab != kEnglish;
  special.languages = vocab == kMultilingual100 ? 100 : 99;
  special.end_of_text = special.multilingual ? kMultilingualTokens : kGpt2Tokens;
  special.start_of_transcript = special.end_of_text + 1;
  special.language_begin = special.start_of_transcript + 1;
  special.translate = special.language_begin + special.languages;
  special.transcribe = special.translate + 1;
  special.start_of_lm = special.translate + 2;
  special.start_of_prev = special.translate + 3;
  special.no_speech = special.translate + 4;
  special.no_timestamps = special.translate + 5;
  special.timestamp_begin = special.translate + 6;
  return special;
}

Result<Tokenizer> Tokenizer::load(const std::optional<std::filesystem::path>& directory, int vocab) try {
  SKALD_TRY(const SpecialTokens special, special_tokens(vocab));
  const VocabularySpec spec{.tokens = special.end_of_text, .empty_last = special.multilingual};
  SKALD_TRY(Loaded loaded, load_vocabulary(directory, spec));
  std::vector<int32_t> non_speech = find_non_speech(loaded.vocabulary);
  return Tokenizer(std::make_unique<const Impl>(Impl{.special = special,
                                                     .source = std::move(loaded.source),
                                                     .vocabulary = std::move(loaded.vocabulary),
                                                     .names = special_names(special),
                                                     .non_speech = std::move(non_speech)}));
} catch (const std::bad_alloc&) {
  return fail(ErrorCode::kOutOfMemory, directory ? directory->string() : "tokenizer", "no memory for the vocabulary");
}

const SpecialTokens& Tokenizer::special() const {
  return impl_->special;
}

const std::string& Tokenizer::source() const {
  return impl_->source;
}

std::vector<int32_t> Tokenizer::encode(std::string_view text) const {
  if (valid_utf8_prefix(text) == text.size()) return encode_text(impl_->vocabulary, text);
  return encode_text(impl_->vocabulary, replace_invalid_utf8(text));
}

std::string_view Tokenizer::bytes(int32_t token) const {
  return token >= 0 && token < impl_->vocabulary.size() ? impl_->vocabulary.bytes(token) : std::string_view{};
}

std::string Tokenizer::decode(std::span<const int32_t> tokens) const {
  std::string text;
  for (const int32_t token : tokens) {
    if (token >= impl_->special.timestamp_begin) continue;
    if (token >= impl_->special.end_of_text) {
      text.append(impl_->names[static_cast<size_t>(token - impl_->special.end_of_text)]);
    } else {
      text.append(bytes(token));
    }
  }
  return valid_utf8_prefix(text) == text.size() ? text : replace_invalid_utf8(text);
}

const std::vector<int32_t>& Tokenizer::non_speech_tokens() const {
  return impl_->non_speech;
}

std::vector<int32_t> Tokenizer::sot_sequence(std::string_view language, bool translate) const {
  const SpecialTokens& special = impl_->special;
  if (!special.multilingual) return {special.start_of_transcript};
  return {special.start_of_transcript, language_token(language).value_or(special.language_begin),
          translate ? special.translate : special.transcribe};
}

std::optional<int32_t> Tokenizer::language_token(std::string_view code) const {
  const auto known = languages().first(static_cast<size_t>(impl_->special.languages));
  const auto found = std::ranges::find(known, code, &Language::code);
  if (found == known.end()) return std::nullopt;
  return impl_->special.language_begin + static_cast<int32_t>(found - known.begin());
}

Tokenizer::Tokenizer(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

}  // namespace skald::text
