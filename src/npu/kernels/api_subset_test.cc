// Kernel sources use only what api_subset.md lists, so that the device compiler takes them.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

fs::path folder() {
  return fs::path(SKALD_SOURCE_DIR) / "src" / "npu" / "kernels";
}

std::string read(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The text without comments and string literals.
std::string code_of(const std::string& text) {
  static const std::regex kNoise(R"(//[^\n]*|/\*[\s\S]*?\*/|"(\\.|[^"\\])*")");
  return std::regex_replace(text, kNoise, " ");
}

std::set<std::string> listed() {
  std::set<std::string> names;
  std::istringstream lines(read(folder() / "api_subset.md"));
  static const std::regex kRow(R"(^\| ([\w:]+) \| (\w[\w -]*) \|$)");
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, kRow) && match[1] != "identifier") {
      names.insert(match[1]);
    }
  }
  return names;
}

/// Kernel sources, and the headers that they share.
std::vector<fs::path> sources() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder())) {
    const std::string text = read(entry.path());
    const bool kernel = text.find("SKALD_KERNELS_BEGIN") != std::string::npos ||
                        text.find("#include \"kernel.h\"") != std::string::npos;
    const std::string name = entry.path().filename().string();
    if (kernel && name != "kernel.h" && name != "kernels.h" && name != "bindings.cc" && !name.ends_with("_test.cc")) {
      found.push_back(entry.path());
    }
  }
  return found;
}

/// Names of the API in `code`: qualified by aie or std, members, and its bare types.
std::set<std::string> used(const std::string& code) {
  std::set<std::string> names;
  const auto gather = [&](const char* pattern, int group) {
    const std::regex expression(pattern);
    for (std::sregex_iterator at(code.begin(), code.end(), expression), end; at != end; ++at) {
      names.insert((*at)[static_cast<std::size_t>(group)]);
    }
  };
  gather(R"(\b((?:aie|std|chess)(?:::\w+)+))", 1);
  gather(R"(\.\s*(?:template\s+)?([A-Za-z_]\w*)\s*[<(])", 1);
  gather(R"(\bMmul\w*::(\w+))", 1);
  gather(R"(\b(acc32|acc48|acc64|acc80|accfloat|cacc\w+|bfloat16|u?int(?:4|8|16|32|64)|float16)\b)", 1);
  return names;
}

TEST(ApiSubset, IdentifiersAreListed) {
  const std::set<std::string> names = listed();
  ASSERT_GT(names.size(), 20U);
  ASSERT_GE(sources().size(), 8U);
  for (const fs::path& path : sources()) {
    for (const std::string& name : used(code_of(read(path)))) {
      EXPECT_TRUE(names.contains(name)) << path.filename() << " uses " << name << ", which api_subset.md does not list";
    }
  }
}

TEST(ApiSubset, EveryListedIdentifierIsUsed) {
  std::set<std::string> all;
  for (const fs::path& path : sources()) {
    all.merge(used(code_of(read(path))));
  }
  for (const std::string& name : listed()) {
    EXPECT_TRUE(all.contains(name)) << "nothing uses " << name;
  }
}

TEST(ApiSubset, IncludesAreTheDevices) {
  static const std::regex kInclude(R"(#include\s*([<"][^>"]+[>"]))");
  const std::set<std::string> allowed = {"\"columns.h\"", "\"functions.h\"",      "\"gelu.h\"",
                                         "\"kernel.h\"",  "\"matmul.h\"",         "\"mel_sizes.h\"",
                                         "\"modes.h\"",   "\"rowwise_shapes.h\"", "\"shapes.h\""};
  for (const fs::path& path : sources()) {
    const std::string text = read(path);
    for (std::sregex_iterator at(text.begin(), text.end(), kInclude), end; at != end; ++at) {
      EXPECT_TRUE(allowed.contains((*at)[1])) << path.filename() << " includes " << (*at)[1];
    }
  }
}

TEST(ApiSubset, NothingThatTheDeviceLacks) {
  static const std::regex kBanned(
      R"(\b(new|delete|throw|try|virtual|double|printf|malloc|thread_local|dynamic_cast)\b)");
  for (const fs::path& path : sources()) {
    std::smatch match;
    const std::string code = code_of(read(path));
    EXPECT_FALSE(std::regex_search(code, match, kBanned)) << path.filename() << " uses " << match.str();
  }
}

TEST(ApiSubset, NoticesWhatIsNotListed) {
  EXPECT_TRUE(used("x = aie::exp2(y);").contains("aie::exp2"));
  EXPECT_TRUE(used("sum.template to_float<8>()").contains("to_float"));
  EXPECT_TRUE(used("Mmul::size_D").contains("size_D"));
  EXPECT_TRUE(used("acc80 x;").contains("acc80"));
}

}  // namespace
