// docs/MIGRATING.md: every line that it says is accepted, is.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "files.h"
#include "program.h"

namespace skald::e2e {
namespace {

using Words = std::vector<std::string>;

/// The cells of "| a | b |", without blanks around them.
Words cells_of(const std::string& line) {
  Words cells;
  std::istringstream rest(line.substr(1));
  for (std::string cell; std::getline(rest, cell, '|');) {
    const size_t first = cell.find_first_not_of(' ');
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, cell.find_last_not_of(' ') - first + 1));
  }
  return cells;
}

/// The words between backticks, as a shell splits them: double quotes hold one together.
Words words_of(const std::string& cell) {
  Words words;
  const size_t begin = cell.find('`');
  const size_t end = cell.find('`', begin + 1);
  if (begin == std::string::npos || end == std::string::npos) return words;
  std::string word;
  bool quoted = false;
  bool any = false;
  for (const char c : cell.substr(begin + 1, end - begin - 1) + " ") {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (c == ' ' && !quoted) {
      if (any) words.push_back(word);
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  return words;
}

/// The rows of the table under a heading.
std::vector<Words> table_of(const std::string& heading) {
  std::ifstream file(std::filesystem::path(SKALD_SOURCE_DIR) / "docs" / "MIGRATING.md");
  std::vector<Words> rows;
  bool here = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) here = line == "## " + heading;
    if (here && line.starts_with("| `")) rows.push_back(cells_of(line));
  }
  return rows;
}

/// The option is known and takes its value: the recording that is not there is what is wrong. What needs another model
/// than the built-in English one is asked of that one in English.
void expect_accepted(Words words, const std::string& row) {
  const TempDir directory;
  for (std::string& word : words) {
    if (word == "base.en" || word.ends_with(".bin")) word = "mini.en";
    if (word == "translate") word = "transcribe";
    if (word == "de") word = "en";
    if (word == "." || word == "out" || word == "DIR") word = directory / "out";
  }
  words.insert(words.begin(), "transcribe");
  words.push_back(directory / "nothing.wav");
  const Outcome outcome = run(words);
  EXPECT_EQ(1, outcome.exit_code) << row << ": " << outcome.err;
  EXPECT_NE(std::string::npos, outcome.err.find("nothing.wav")) << row << ": " << outcome.err;
}

TEST(Migrating, EveryOptionOfOpenAiWhisperIsAccepted) {
  const auto rows = table_of("openai-whisper");
  EXPECT_GE(rows.size(), 30U);
  for (const Words& row : rows) expect_accepted(words_of(row[0]), row[0]);
}

/// Every row of a table has what is ours, which `accepted` sees, or a reason.
void expect_ours(const std::string& heading, size_t least, void (*accepted)(Words, const std::string&)) {
  const auto rows = table_of(heading);
  EXPECT_GE(rows.size(), least);
  for (const Words& row : rows) {
    ASSERT_GE(row.size(), 3U) << row[0];
    if (row[1].empty()) {
      EXPECT_GT(row[2].size(), 5U) << row[0] << " has no reason";
    } else if (row[1].starts_with("`-")) {
      accepted(words_of(row[1]), row[0]);
    }
  }
}

TEST(Migrating, OursOfWhisperCpp) {
  expect_ours("whisper.cpp", 30, expect_accepted);
}

/// It is the model that is not there.
void expect_listens(Words words, const std::string& row) {
  for (std::string& word : words) {
    if (word == "translate") word = "transcribe";
  }
  words.insert(words.begin(), "listen");
  words.insert(words.end(), {"--model", "./no-such-model"});
  const Outcome outcome = run(words);
  if (std::ranges::find(words, "--microphone") != words.end() && outcome.exit_code != 3) {
    EXPECT_NE(std::string::npos, outcome.err.find("--microphone: ")) << row << ": " << outcome.err;
    return;
  }
  EXPECT_EQ(3, outcome.exit_code) << row << ": " << outcome.err;
  EXPECT_NE(std::string::npos, outcome.err.find("no-such-model")) << row << ": " << outcome.err;
}

TEST(Migrating, OursOfStreams) {
  expect_ours("whisper.cpp's stream, whisper_streaming", 15, expect_listens);
}

}  // namespace
}  // namespace skald::e2e
