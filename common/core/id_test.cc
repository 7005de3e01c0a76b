#include "common/core/id.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace clientele {
namespace {

TEST(Uuid, ParsesItsOwnText) {
  const Uuid id = Uuid::NewV4();
  const auto parsed = Uuid::Parse(id.ToString());
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(*parsed, id);
}

TEST(Uuid, RefusesOtherSpellings) {
  EXPECT_FALSE(Uuid::Parse(""));
  EXPECT_FALSE(Uuid::Parse("0192F0C1-0000-7000-8000-000000000000"));
  EXPECT_FALSE(Uuid::Parse("{0192f0c1-0000-7000-8000-00000000000}"));
  EXPECT_FALSE(Uuid::Parse("0192f0c100000-7000-8000-000000000000"));
  EXPECT_TRUE(Uuid::Parse("0192f0c1-0000-7000-8000-000000000000"));
}

TEST(Uuid, Version7SortsByTime) {
  const absl::Time t = absl::FromUnixMillis(1700000000000);
  const std::string early = Uuid::NewV7(t).ToString();
  const std::string late = Uuid::NewV7(t + absl::Milliseconds(1)).ToString();
  EXPECT_LT(early, late);
  EXPECT_EQ(early[14], '7');
}

TEST(Uuid, Version5IsTheKnownOne) {
  // RFC 9562, appendix A.4: www.example.com in the DNS namespace.
  const Uuid dns = *Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  EXPECT_EQ(Uuid::V5(dns, "www.example.com").ToString(), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

TEST(TraceId, HasItsDigitsAndNoTwin) {
  const std::string trace = NewTraceId();
  const std::string span = NewSpanId();
  EXPECT_EQ(trace.size(), 32);
  EXPECT_EQ(span.size(), 16);
  EXPECT_EQ(absl::StrCat(trace, span).find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(NewTraceId(), trace);
  EXPECT_NE(NewSpanId(), span);
}

}  // namespace
}  // namespace clientele
