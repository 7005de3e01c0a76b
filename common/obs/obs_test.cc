#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/obs/log.h"
#include "common/obs/metrics.h"

namespace clientele::obs {
namespace {

using ::testing::HasSubstr;

TEST(Log, EscapesWhatCallersSend) {
  EXPECT_EQ(FormatLogLine(Level::kInfo, "a \"b\"\n", {{"key", "\x01\xff"}, {"n", 7}}),
            "\"level\":\"info\",\"message\":\"a \\\"b\\\"\\n\",\"key\":\"\\u0001\xef\xbf\xbd\",\"n\":\"7\"");
}

TEST(Metrics, CountsAndKeepsHandles) {
  Counter& counter = CounterFor("test_total", "Things.", {{"kind", "a"}});
  EXPECT_EQ(&counter, &CounterFor("test_total", "Things.", {{"kind", "a"}}));
  counter.Increment(2);
  GaugeFor("test_level", "Level.").Set(5);
  EXPECT_THAT(MetricsText(), HasSubstr("test_total{kind=\"a\"} 2"));
  EXPECT_THAT(MetricsText(), HasSubstr("test_level 5"));
}

TEST(Metrics, HistogramIsInTheTextBeforeItsFirstObservation) {
  Histogram& histogram = HistogramFor("test_seconds", "Time.", {{"m", "x"}});
  EXPECT_THAT(MetricsText(), HasSubstr("test_seconds_count{m=\"x\"} 0"));
  histogram.Observe(0.002);
  EXPECT_THAT(MetricsText(), HasSubstr("test_seconds_bucket{m=\"x\",le=\"0.0025\"} 1"));
}

TEST(Metrics, TakenPortIsAnErrorAndNotACrash) {
  auto first = MetricsEndpoint::Start("127.0.0.1:27421");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_FALSE(MetricsEndpoint::Start("127.0.0.1:27421").ok());
}

}  // namespace
}  // namespace clientele::obs
