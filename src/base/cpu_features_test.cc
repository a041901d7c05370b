#include "base/cpu_features.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace skald {
namespace {

/// Sets SKALD_CPU for one test and puts the old value back.
class ForcedIsa {
 public:
  explicit ForcedIsa(const char* value) {
    if (const char* old = std::getenv("SKALD_CPU")) old_ = old;
    ::setenv("SKALD_CPU", value, 1);
  }
  ~ForcedIsa() {
    if (old_.empty()) {
      ::unsetenv("SKALD_CPU");
    } else {
      ::setenv("SKALD_CPU", old_.c_str(), 1);
    }
  }
  ForcedIsa(const ForcedIsa&) = delete;
  ForcedIsa& operator=(const ForcedIsa&) = delete;

 private:
  std::string old_;
};

TEST(SelectIsa, ScalarIsAlwaysThere) {
  const ForcedIsa forced("scalar");
  EXPECT_EQ(Isa::kScalar, select_isa().value());
}

TEST(SelectIsa, EmptyMeansBest) {
  const ForcedIsa forced("");
  EXPECT_EQ(best_isa(), select_isa().value());
}

TEST(SelectIsa, UnknownIsAnError) {
  const ForcedIsa forced("sse9");
  const auto isa = select_isa();
  ASSERT_FALSE(isa);
  EXPECT_EQ(ErrorCode::kInvalidArgument, isa.error().code);
  EXPECT_NE(std::string::npos, isa.error().message.find("sse9"));
}

TEST(SelectIsa, UnsupportedIsAnError) {
  for (const Isa isa : kIsas) {
    const ForcedIsa forced(to_string(isa));
    if (runs(isa)) {
      EXPECT_EQ(isa, select_isa().value());
    } else {
      ASSERT_FALSE(select_isa());
      EXPECT_EQ(ErrorCode::kUnsupported, select_isa().error().code);
    }
  }
}

TEST(CpuFeatures, StrongerImpliesWeaker) {
  const CpuFeatures& f = cpu_features();
  EXPECT_TRUE(!f.avx512 || f.avx2);
  EXPECT_TRUE(!f.avx512_vnni || f.avx512);
  EXPECT_TRUE(!f.avx512_bf16 || f.avx512);
  EXPECT_TRUE(runs(best_isa()));
  EXPECT_TRUE(!f.amx_int8 || (f.avx512_vnni && f.avx512_bf16));
  EXPECT_EQ(f.avx512_vnni && f.avx512_bf16, best_isa() >= Isa::kAvx512Bf16);
  EXPECT_FALSE(cpu_name().empty());
  EXPECT_GE(available_cpus(), 1);
}

}  // namespace
}  // namespace skald
