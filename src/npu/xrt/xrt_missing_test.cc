#include <gtest/gtest.h>

#include "npu/xrt/xrt_device.h"

namespace skald::npu {
namespace {

TEST(XrtMissing, SaysWhyAndWhatToDo) {
  EXPECT_FALSE(xrt_facts().built);
  EXPECT_EQ("no headers here", xrt_facts().reason);
  const auto device = open_xrt_device();
  ASSERT_FALSE(device);
  EXPECT_EQ(ErrorCode::kUnsupported, device.error().code);
  EXPECT_NE(std::string::npos, device.error().message.find("no headers here"));
  EXPECT_NE(std::string::npos, device.error().remedy.find("skald npu info"));
}

}  // namespace
}  // namespace skald::npu
