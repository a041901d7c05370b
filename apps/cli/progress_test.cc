#include "progress.h"

#include <gtest/gtest.h>

namespace skald::cli {
namespace {

TEST(ProgressLine, PercentBarSpeedAndTimeLeft) {
  EXPECT_EQ(" 50%|#####     | 01:00/02:00 [6.0x, 00:10 left]", progress_line(60, 120, 10, 47));
  EXPECT_EQ("100%|##########| 1:00:00/1:00:00 [60.0x, 00:00 left]", progress_line(3600, 3600, 60, 52));
}

TEST(ProgressLine, NothingDoneYet) {
  EXPECT_EQ("  0%|          | 00:00/02:00", progress_line(0, 120, 5, 28));
}

TEST(ProgressLine, NeverWiderThanTheTerminal) {
  for (int width = 0; width < 100; ++width) {
    EXPECT_LE(progress_line(60, 120, 10, width).size(), static_cast<size_t>(width));
  }
}

TEST(ProgressLine, EmptyRecordingIsDone) {
  EXPECT_EQ("100%|#####| 00:00/00:00", progress_line(0, 0, 0, 23));
}

}  // namespace
}  // namespace skald::cli
