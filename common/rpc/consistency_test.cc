#include "common/rpc/consistency.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/rpc/trace_context.h"

namespace clientele::rpc {
namespace {

constexpr char kEpoch[] = "0190f0a0-0000-7000-8000-000000000001";
constexpr char kOther[] = "0190f0a0-0000-7000-8000-000000000002";

TEST(Consistency, SurvivesTheWire) {
  const Consistency consistency{{"customer", {kEpoch, 18446744073709551615U, 7}}, {"relationship", {kOther, 1, 2}}};
  const std::string text = FormatConsistency(consistency);
  EXPECT_EQ(text, absl::StrCat("customer=", kEpoch, ":18446744073709551615:7;relationship=", kOther, ":1:2"));
  EXPECT_EQ(*ParseConsistency(text), consistency);
  EXPECT_TRUE(ParseConsistency("")->empty());
}

TEST(Consistency, RefusesWhatNoAnswerCarried) {
  const std::string good = absl::StrCat("customer=", kEpoch, ":1:2");
  std::string nine;
  for (const char service : std::string("abcdefghi")) {
    absl::StrAppend(&nine, nine.empty() ? "" : ";", std::string(1, service), "=", kEpoch, ":1:2");
  }
  for (const std::string& bad :
       {std::string("x"), std::string("customer="), absl::StrCat("=", kEpoch, ":1:2"), absl::StrCat(good, ";"),
        absl::StrCat(good, ":3"), absl::StrCat("customer=", kEpoch, ":-1:2"), absl::StrCat("customer=", kEpoch, ":1:"),
        absl::StrCat("customer=", kEpoch, ":18446744073709551616:2"), absl::StrCat("Customer=", kEpoch, ":1:2"),
        std::string("customer=epoch:1:2"), absl::StrCat("customer=", kEpoch, ": 1:2"), nine, std::string(2000, 'a')}) {
    EXPECT_EQ(ReasonOf(ParseConsistency(bad).status()), "INVALID_CONSISTENCY") << bad;
  }
}

TEST(Consistency, MergeKeepsTheLaterAndTheNewEpoch) {
  Consistency into{{"customer", {kEpoch, 5, 5}}, {"relationship", {kEpoch, 9, 9}}};
  Merge({{"customer", {kEpoch, 5, 6}}, {"relationship", {kOther, 1, 1}}, {"invitation", {kEpoch, 1, 1}}}, into);
  Merge({{"customer", {kEpoch, 4, 9}}}, into);
  EXPECT_EQ(into, (Consistency{
                      {"customer", {kEpoch, 5, 6}}, {"relationship", {kOther, 1, 1}}, {"invitation", {kEpoch, 1, 1}}}));
}

TEST(TraceContext, GoesOnWithTheCallersTrace) {
  const TraceContext trace = ContinueTrace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  EXPECT_EQ(trace.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(trace.traceparent.substr(0, 36), "00-4bf92f3577b34da6a3ce929d0e0e4736-");
  EXPECT_NE(trace.traceparent.substr(36, 16), "00f067aa0ba902b7") << "a span of its own";
  EXPECT_EQ(trace.traceparent.substr(52), "-01");
  EXPECT_EQ(ContinueTrace("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more").trace_id, trace.trace_id);
}

TEST(TraceContext, BeginsOneOtherwise) {
  for (const char* none : {"", "00", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"}) {
    const TraceContext trace = ContinueTrace(none);
    EXPECT_EQ(trace.trace_id.size(), 32u);
    EXPECT_EQ(trace.traceparent.size(), 55u);
    EXPECT_NE(trace.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736") << none;
    EXPECT_NE(trace.trace_id, ContinueTrace(none).trace_id);
  }
}

}  // namespace
}  // namespace clientele::rpc
