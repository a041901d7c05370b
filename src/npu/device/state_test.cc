#include "npu/device/state.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace skald::npu {
namespace {

TEST(ErrorOfState, EveryFailedStateHasAMessageAndARemedy) {
  for (int number = 1; number <= 11; ++number) {
    const auto state = static_cast<CommandState>(number);
    const Error error = error_of_state(state, "matmul", "");
    EXPECT_EQ("matmul", error.where);
    EXPECT_FALSE(error.message.empty()) << number;
    EXPECT_FALSE(error.remedy.empty()) << number;
    EXPECT_STRNE("unknown state", to_string(state)) << number;
  }
  EXPECT_STREQ("unknown state", to_string(static_cast<CommandState>(12)));
}

TEST(ErrorOfState, SaysWhatTheRuntimeSaid) {
  const Error hang = error_of_state(CommandState::kTimeout, "matmul", "txn op 17");
  EXPECT_EQ(ErrorCode::kIo, hang.code);
  EXPECT_NE(std::string::npos, hang.message.find("hung"));
  EXPECT_NE(std::string::npos, hang.message.find("txn op 17"));
  EXPECT_NE(std::string::npos, hang.remedy.find("modprobe"));
  const Error wrong = error_of_state(CommandState::kError, "matmul", "");
  EXPECT_NE(std::string::npos, wrong.remedy.find("number of arguments"));
  EXPECT_NE(std::string::npos, error_of_state(CommandState::kAbort, "m", "").message.find("abort"));
  EXPECT_EQ(ErrorCode::kInternal, error_of_state(CommandState::kCompleted, "m", "").code);
}

struct Case {
  Doing doing;
  int number;
  ErrorCode code;
  const char* remedy;  ///< part of it
};

TEST(ErrorOfCall, TheNumberMeansWhatWasBeingDone) {
  for (const Case& c : {Case{Doing::kOpening, EACCES, ErrorCode::kPermission, "render"},
                        Case{Doing::kOpening, EPERM, ErrorCode::kPermission, "render"},
                        Case{Doing::kOpening, ENODEV, ErrorCode::kNotFound, "skald npu info"},
                        Case{Doing::kOpening, 0, ErrorCode::kNotFound, "skald npu info"},
                        Case{Doing::kOpening, EAGAIN, ErrorCode::kOutOfMemory, "ulimit -l unlimited"},
                        Case{Doing::kContext, EAGAIN, ErrorCode::kOutOfMemory, "ulimit -l unlimited"},
                        Case{Doing::kBuffer, EAGAIN, ErrorCode::kOutOfMemory, "ulimit -l unlimited"},
                        Case{Doing::kContext, EINVAL, ErrorCode::kUnsupported, "close other programs"},
                        Case{Doing::kContext, ENOENT, ErrorCode::kUnsupported, "close other programs"},
                        Case{Doing::kContext, EBUSY, ErrorCode::kUnsupported, "close other programs"},
                        Case{Doing::kContext, ENOSPC, ErrorCode::kUnsupported, "fewer columns"},
                        Case{Doing::kBuffer, ENOMEM, ErrorCode::kOutOfMemory, "smaller or fewer"},
                        Case{Doing::kBuffer, EPERM, ErrorCode::kOutOfMemory, "smaller or fewer"},
                        Case{Doing::kBuffer, ENOSPC, ErrorCode::kOutOfMemory, "smaller or fewer"},
                        Case{Doing::kLoading, EINVAL, ErrorCode::kUnsupported, "npu1"},
                        Case{Doing::kSubmitting, EIO, ErrorCode::kIo, "load the kernel again"},
                        Case{Doing::kWaiting, 0, ErrorCode::kIo, "load the kernel again"},
                        Case{Doing::kSyncing, EFAULT, ErrorCode::kIo, "skald npu info"}}) {
    const Error error = error_of_call(c.doing, c.number, "x", "its words");
    EXPECT_EQ(c.code, error.code) << static_cast<int>(c.doing) << " " << c.number;
    EXPECT_NE(std::string::npos, error.remedy.find(c.remedy)) << error.remedy;
    EXPECT_NE(std::string::npos, error.message.find("its words")) << error.message;
    EXPECT_EQ("x", error.where);
  }
}

}  // namespace
}  // namespace skald::npu
