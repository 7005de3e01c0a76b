#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/obs/log.h"
#include "common/obs/metrics.h"

namespace clientele::obs {
namespace {

using ::testing::HasSubstr;

TEST(Log, EscapesWhatCallersSend) {
  EXPECT_EQ(FormatLogLine(Level::kInfo, "a \"b\"\n", {{"key", "\x01\xff"}, {"n", 7}}),
            ",\"level\":\"info\",\"message\":\"a \\\"b\\\"\\n\",\"key\":\"\\u0001\xef\xbf\xbd\",\"n\":\"7\"");
}

TEST(Log, TakesTextsNumbersAndTruths) {
  EXPECT_EQ(
      FormatLogLine(Level::kError, "m",
                    {{"text", std::string(100, 'x')}, {"none", absl::string_view()}, {"yes", true}, {"ms", 0.25}}),
      absl::StrCat(",\"level\":\"error\",\"message\":\"m\",\"text\":\"", std::string(100, 'x'),
                   "\",\"none\":\"\",\"yes\":\"true\",\"ms\":\"0.25\""));
}

TEST(Log, EachLineTellsWhenItWasWritten) {
  std::set<std::string> seconds;
  while (seconds.size() < 2) {
    const absl::Time before = absl::Now() - absl::Microseconds(1);
    ::testing::internal::CaptureStderr();
    Log(Level::kError, "now");
    const std::string line = ::testing::internal::GetCapturedStderr();
    const std::string written = nlohmann::json::parse(line)["time"];
    absl::Time time;
    std::string error;
    ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, written, &time, &error)) << error;
    ASSERT_GE(time, before);
    ASSERT_LE(time, absl::Now());
    seconds.insert(written.substr(0, written.find('.')));
  }
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
