// Words of tokens, with the vocabularies carried in the program.

#include "text/words.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

namespace skald::text {
namespace {

const Tokenizer& english() {
  static const Tokenizer kTokenizer = Tokenizer::load(std::nullopt, 51864).value();
  return kTokenizer;
}

const Tokenizer& multilingual() {
  static const Tokenizer kTokenizer = Tokenizer::load(std::nullopt, 51865).value();
  return kTokenizer;
}

std::vector<std::string> words_of(const Tokenizer& tokenizer, std::string_view text, std::string_view language) {
  std::vector<int32_t> tokens = tokenizer.encode(text);
  tokens.push_back(tokenizer.special().end_of_text);
  std::vector<std::string> words;
  size_t count = 0;
  for (const WordTokens& word : split_words(tokenizer, tokens, language)) {
    words.push_back(word.word);
    count += word.tokens.size();
  }
  EXPECT_EQ(count, tokens.size());
  return words;
}

TEST(Words, BeginWithBlanksAndPunctuation) {
  EXPECT_EQ(words_of(english(), " Hello, world! It's late.", "en"),
            (std::vector<std::string>{" Hello", ",", " world", "!", " It's", " late", ".", "<|endoftext|>"}));
}

TEST(Words, PiecesOfAWordStayTogether) {
  EXPECT_EQ(words_of(english(), " antidisestablishmentarianism", "en"),
            (std::vector<std::string>{" antidisestablishmentarianism", "<|endoftext|>"}));
}

TEST(Words, CharactersOfSeveralTokensAreWhole) {
  for (const std::string& word : words_of(multilingual(), " 👩‍🚀 naïve Über 日本語", "en")) {
    EXPECT_EQ(word.find("\xEF\xBF\xBD"), std::string::npos) << word;
  }
}

TEST(Words, LanguagesWithoutBlanks) {
  const std::vector<std::string> words = words_of(multilingual(), "日本語を話す", "ja");
  EXPECT_GT(words.size(), 4U);
  std::string all;
  for (const std::string& word : words) all += word;
  EXPECT_EQ(all, "日本語を話す<|endoftext|>");
}

TEST(Words, BrokenBytesAreWords) {
  // A lone first byte of two: the text has a replacement character there, so the piece is as whole as it gets.
  const std::vector<std::string> words = words_of(multilingual(), "a\xC3 b", "en");
  EXPECT_EQ(std::accumulate(words.begin(), words.end(), std::string()), "a\xEF\xBF\xBD b<|endoftext|>");
}

TEST(Words, NothingIsNothing) {
  EXPECT_TRUE(split_words(english(), {}, "en").empty());
}

}  // namespace
}  // namespace skald::text
