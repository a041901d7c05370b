#pragma once
// What every refusal of the program has in common; what its output holds.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "program.h"

namespace skald::e2e {

/// The documented code, no signal, and one line on standard error that begins with "skald: " and holds `says`.
inline void expect_refusal(const Outcome& outcome, int exit_code, const std::vector<std::string>& says) {
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_EQ(0, outcome.signal);
  EXPECT_EQ(exit_code, outcome.exit_code);
  const std::string& err = outcome.err;
  EXPECT_TRUE(err.starts_with("skald: ")) << err;
  ASSERT_FALSE(err.empty());
  EXPECT_EQ(err.size() - 1, err.find('\n')) << "not one line: " << err;
  for (const std::string& text : says) EXPECT_NE(std::string::npos, err.find(text)) << "'" << text << "' in: " << err;
}

/// `out` holds all of `texts`.
inline void expect_texts(const std::string& out, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) EXPECT_NE(std::string::npos, out.find(text)) << "'" << text << "' in:\n" << out;
}

}  // namespace skald::e2e
