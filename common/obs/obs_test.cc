#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/obs/log.h"
#include "common/obs/metrics.h"

namespace clientele::obs {
namespace {

using ::testing::HasSubstr;

TEST(Log, EscapesWhatCallersSend) {
  EXPECT_EQ(FormatLogLine(Level::kInfo, "a \"b\"\n", {{"key", "\x01\xff"}, {"n", 7}}),
            ",\"level\":\"info\",\"message\":\"a \\\"b\\\"\\n\",\"key\":\"\\u0001\xef\xbf\xbd\",\"n\":\"7\"");
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
  const int taken = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(taken, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(taken, 1), 0);
  ASSERT_EQ(getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string listen_at = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
  EXPECT_FALSE(MetricsEndpoint::Start(listen_at).ok());
  close(taken);
  EXPECT_TRUE(MetricsEndpoint::Start(listen_at).ok());
}

}  // namespace
}  // namespace clientele::obs
