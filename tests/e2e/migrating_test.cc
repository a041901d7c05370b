// docs/MIGRATING.md: every line that it says is accepted, is.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <span>
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

/// What needs another model than the built-in English one is asked of that one in English.
Words for_mini_en(Words words, const TempDir& directory) {
  for (std::string& word : words) {
    if (word == "base.en" || word.ends_with(".bin")) word = "mini.en";
    if (word == "translate") word = "transcribe";
    if (word == "de") word = "en";
    if (word == "." || word == "out" || word == "DIR") word = directory / "out";
  }
  return words;
}

/// The options are known and take their values: the recording that is not there is what is wrong. Empty: they are.
std::string refusal(const Words& options) {
  const TempDir directory;
  Words words = for_mini_en(options, directory);
  words.insert(words.begin(), "transcribe");
  words.push_back(directory / "nothing.wav");
  const Outcome outcome = run(words);
  return outcome.exit_code == 1 && outcome.err.find("nothing.wav") != std::string::npos ? "" : outcome.err;
}

/// Rows that name no option twice.
std::vector<std::span<const Words>> groups_of(std::span<const Words> rows) {
  std::vector<std::span<const Words>> groups;
  std::set<std::string> named;
  size_t begin = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto names = [&](const std::string& word) { return word.starts_with("-") && named.contains(word); };
    if (std::ranges::any_of(rows[i], names)) {
      groups.push_back(rows.subspan(begin, i - begin));
      begin = i;
      named.clear();
    }
    named.insert(rows[i].begin(), rows[i].end());
  }
  groups.push_back(rows.subspan(begin));
  return groups;
}

/// Rows at once, as a run takes a while, and each by itself where they do not go together.
void expect_accepted(const std::vector<Words>& rows) {
  for (const auto group : groups_of(rows)) {
    Words together;
    for (const Words& row : group) together.insert(together.end(), row.begin(), row.end());
    if (refusal(together).empty()) continue;
    for (const Words& row : group) EXPECT_EQ("", refusal(row)) << row.front();
  }
}

TEST(Migrating, EveryOptionOfOpenAiWhisperIsAccepted) {
  const auto rows = table_of("openai-whisper");
  EXPECT_GE(rows.size(), 30U);
  std::vector<Words> options;
  for (const Words& row : rows) options.push_back(words_of(row[0]));
  expect_accepted(options);
}

/// The options that are ours in a table, whose every row has some, or a reason.
std::vector<Words> ours_of(const std::string& heading, size_t least) {
  const auto rows = table_of(heading);
  EXPECT_GE(rows.size(), least);
  std::vector<Words> options;
  for (const Words& row : rows) {
    if (row.size() < 3) {
      ADD_FAILURE() << row[0] << " has no cells";
    } else if (row[1].empty()) {
      EXPECT_GT(row[2].size(), 5U) << row[0] << " has no reason";
    } else if (row[1].starts_with("`-")) {
      options.push_back(words_of(row[1]));
    }
  }
  return options;
}

TEST(Migrating, OursOfWhisperCpp) {
  expect_accepted(ours_of("whisper.cpp", 30));
}

/// It is the model that is not there.
void expect_listens(Words words) {
  const std::string row = words.front();
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
  for (const Words& options : ours_of("whisper.cpp's stream, whisper_streaming", 15)) expect_listens(options);
}

}  // namespace
}  // namespace skald::e2e
