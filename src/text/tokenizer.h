#pragma once
// Whisper's byte-level BPE and its special tokens, equal to openai/whisper tokenizer.py id for id.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skald::text {

/// Ids of the special tokens, a function of the vocabulary's size.
struct SpecialTokens {
  bool multilingual = false;
  int languages = 0;  ///< 99 or 100; the English-only vocabulary has ids for 99 that nothing uses
  int32_t end_of_text = 0;
  int32_t start_of_transcript = 0;
  int32_t language_begin = 0;
  int32_t translate = 0;
  int32_t transcribe = 0;
  int32_t start_of_lm = 0;
  int32_t start_of_prev = 0;
  int32_t no_speech = 0;
  int32_t no_timestamps = 0;
  int32_t timestamp_begin = 0;  ///< <|0.00|>; 1501 of them, 0.02 s apart
};

/// Errors: kUnsupported for a size no Whisper vocabulary has (51864, 51865, 51866).
Result<SpecialTokens> special_tokens(int vocab);

inline constexpr int kTimestamps = 1501;           // <|0.00|> to <|30.00|>; tokenizer.py
inline constexpr double kTimestampSeconds = 0.02;  // seconds a step

/// Immutable after construction; any number of threads may use it.
class Tokenizer {
 public:
  /// From the model's own files in `directory`: vocab.json with merges.txt, else tokenizer.json, else vocab.json alone
  /// (the order of its ids is then the priority of merges, as in OpenAI's own files); where there is none, or no
  /// directory, from the vocabulary carried in the program. All give the same ids for OpenAI's models; the pair is
  /// preferred because it is read in two thirds of the time. `vocab` is the checkpoint's number of tokens.
  /// Errors: kBadModel (damaged or not matching `vocab`), kUnsupported, kPermission, kIo, kOutOfMemory.
  static Result<Tokenizer> load(const std::optional<std::filesystem::path>& directory, int vocab);

  const SpecialTokens& special() const;
  /// "tokenizer.json", "vocab.json" or "built-in": where the vocabulary came from.
  const std::string& source() const;

  /// Ids of ordinary text; text that looks like a special token is ordinary text. Broken UTF-8 becomes U+FFFD as in
  /// the reference. Never fails.
  std::vector<int32_t> encode(std::string_view text) const;

  /// Bytes of one token; empty for a special token or an id out of range.
  std::string_view bytes(int32_t token) const;

  /// Text of the tokens below the first timestamp; special tokens as "<|...|>" (reference: decode() drops timestamps
  /// only); ids out of range are skipped. Incomplete UTF-8 becomes U+FFFD, so that a character is never split.
  std::string decode(std::span<const int32_t> tokens) const;

  /// Tokens that stand for non-speech symbols, sorted (reference: Tokenizer.non_speech_tokens).
  const std::vector<int32_t>& non_speech_tokens() const;

  /// [sot] or [sot, language, task]. `language` is a code. Pre: known (see language_code).
  std::vector<int32_t> sot_sequence(std::string_view language, bool translate) const;

  /// Id of "<|xx|>"; none when this vocabulary lacks the language.
  std::optional<int32_t> language_token(std::string_view code) const;

  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace skald::text
