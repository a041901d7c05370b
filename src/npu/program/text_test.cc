#include "npu/program/text.h"

#include <gtest/gtest.h>

#include "npu/program/array_for_tests.h"

namespace skald::npu {
namespace {

TEST(Text, WholeArraySurvives) {
  const Program program = array_program();
  const std::string text = print(program);
  const auto parsed = parse(text);
  ASSERT_TRUE(parsed) << to_string(parsed.error());
  EXPECT_EQ(*parsed, program);
  EXPECT_EQ(print(*parsed), text);
}

constexpr const char* kEverything =
    "program all device npu1_1col\n"
    "argument x i8[4,256] read\n"
    "argument y bf16[8] readwrite\n"
    "fifo in (0,0)*2 -> (0,1)*2 : i8[256]\n"
    "fifo down (0,1)*2 by 4x64 16x4 4x1 -> (0,2)*2, (0,3)*1 by 2x128 128x1 : i8[256] repeat 3\n"
    "link in -> down at 0\n"
    "buffer at (0,2) i32[64]\n"
    "buffer curve (0,2) u8[256] table gelu_u8\n"
    "parameters given (0,2) 16\n"
    "core (0,2) stack 1024\n"
    "  await\n"
    "  loop forever\n"
    "    loop parameter:3\n"
    "      choose counter:1\n"
    "      phase\n"
    "        acquire down 1\n"
    "        call k down[0] down[0]@64 #0 curve curve@128 #0@64 3 parameter:0 counter:0 -7\n"
    "        release down 1\n"
    "      phase\n"
    "      end\n"
    "    end\n"
    "  end\n"
    "end\n"
    "sequence\n"
    "  write given[2] -5\n"
    "  hand given\n"
    "  transfer in x at 0 by 4x0 256x1 token\n"
    "  transfer in x at 256\n"
    "  wait in\n"
    "end\n";

TEST(Text, EveryFormSurvives) {
  const auto parsed = parse(kEverything);
  ASSERT_TRUE(parsed) << to_string(parsed.error());
  EXPECT_EQ(print(*parsed), kEverything);
  EXPECT_EQ(parsed->fifos[1].repeat, 3);
  EXPECT_EQ(parsed->fifos[1].consumers[1].from_stream, (Pattern{{2, 128}, {128, 1}}));
  const Loop& forever = std::get<Loop>(parsed->cores[0].body[1].action);
  EXPECT_EQ(forever.count, (Scalar{.value = -1}));
  EXPECT_EQ(std::get<Transfer>(parsed->sequence[2]).pattern[0], (Dim{4, 0}));
}

TEST(Text, CommentsAndSpacesAreFree) {
  const auto parsed = parse("// first\n\nprogram  p device npu1 // here\r\n  sequence\n\tend\n// last");
  ASSERT_TRUE(parsed) << to_string(parsed.error());
  EXPECT_EQ(print(*parsed), "program p device npu1\nsequence\nend\n");
}

TEST(Text, WhatIsNoNameIsQuotedOrNumbered) {
  Program program{.name = "two words", .device = "\"\\\n\x01"};
  program.fifos = {{.name = "f"}, {.name = "f"}, {.name = "at"}, {.name = ""}};
  program.links = {{.inputs = {0, 1, 2, 3, 9, -1}, .outputs = {}}};
  const std::string text = print(program);
  EXPECT_NE(text.find("link f, #1, #2, #3, #9, #-1 ->\n"), std::string::npos) << text;
  const auto parsed = parse(text);
  ASSERT_TRUE(parsed) << to_string(parsed.error());
  EXPECT_EQ(*parsed, program);
}

struct Wrong {
  const char* text;
  const char* where;
  const char* message;
};

TEST(Text, ErrorsSayWhereAndWhat) {
  const Wrong wrongs[] = {
      {"", "line 0, column 1", "nothing here"},
      {"program p\n", "line 1, column 10", "'device'"},
      {"program p device npu1\n", "line 1, column 1", "sequence is missing"},
      {"program p device npu1\nfifo f (0,0)*2 -> (0;2)*2 : i8[4]\n", "line 2, column 21", "','"},
      {"program p device npu1\nfifo f (0,99999999999)*2\n", "line 2, column 11", "too large"},
      {"program p device npu1\nargument a i9[4] read\n", "line 2, column 12", "a type"},
      {"program p device npu1\nlink a -> b\n", "line 2, column 6", "no fifo is called 'a'"},
      {"program p device npu1\ncore (0,2) stack 64\nloop 3\n", "line 3, column 1", "'end' is missing"},
      {"program p device npu1\ncore (0,2) stack 64\nphase\n", "line 3, column 6", "ends with 'end'"},
      {"program p device npu1\ncore (0,2) stack 64\nchoose 0\nawait\nend\n", "line 5, column 4", "in its phases"},
      {"program p device npu1\nsequence\nend\nsequence\n", "line 4, column 1", "follow the sequence"},
      {"program p device npu1\nsequence x\n", "line 2, column 10", "nothing more"},
      {"program \"p device npu1\n", "line 1, column 23", "closing quote"},
      {"program \"\\q\" device npu1\n", "line 1, column 10", "backslash"},
  };
  for (const Wrong& wrong : wrongs) {
    const auto parsed = parse(wrong.text);
    ASSERT_FALSE(parsed) << wrong.text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(parsed.error().message.find(wrong.message), std::string::npos) << wrong.text << parsed.error().message;
    if (wrong.where[5] != '0') {
      EXPECT_EQ(parsed.error().where.substr(0, 6), std::string(wrong.where).substr(0, 6)) << wrong.text;
    }
  }
}

TEST(Text, NestingHasAnEnd) {
  std::string text = "program p device npu1\ncore (0,2) stack 64\n";
  for (int i = 0; i < 100'000; ++i) text += "loop 1\n";
  const auto parsed = parse(text);
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().message.find("deeper"), std::string::npos);
}

TEST(Text, HashIsOfTheText) {
  const Program program = array_program();
  Program other = program;
  EXPECT_EQ(hash(program), hash(other));
  other.fifos[3].depth = 3;
  EXPECT_NE(hash(program), hash(other));
  EXPECT_EQ(hash_text(program).size(), 16U);
  // FNV-1a, 64 bits, of "program p device npu1\nsequence\nend\n", by the definition's recurrence in another language.
  EXPECT_EQ(hash_text(*parse("program p device npu1\nsequence\nend\n")), "4400ce409f1a3387");
}

}  // namespace
}  // namespace skald::npu
