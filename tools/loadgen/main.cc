// Sends prepared requests to one method and prints, a JSON object a line: when the measuring begins, that it has ended,
// and what was measured. Whoever measures the CPU of servers reads it at the first two.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "tools/loadgen/load.h"

ABSL_FLAG(std::string, target, "127.0.0.1:7411", "The server.");
ABSL_FLAG(std::string, ca_file, "", "Authority of its certificate.");
ABSL_FLAG(std::string, method, "", "/package.Service/Method.");
ABSL_FLAG(std::string, tokens_file, "", "Bearer tokens, one a line.");
ABSL_FLAG(std::string, requests_file, "", "Requests as tools/loadgen/requests.h describes them.");
ABSL_FLAG(bool, repeat, false, "Begin with the first request again when all were sent, instead of ending.");
ABSL_FLAG(int, in_flight, 64, "Closed loop: calls in flight.");
ABSL_FLAG(double, rate, 0, "Open loop: calls that begin each second. Latencies count from when a call was due.");
ABSL_FLAG(int, channels, 4, "Connections that calls are spread over.");
ABSL_FLAG(absl::Duration, deadline, absl::Seconds(10), "Of each call.");
ABSL_FLAG(absl::Duration, warm_up, absl::Seconds(1), "Sent before the measuring begins.");
ABSL_FLAG(absl::Duration, duration, absl::Seconds(5), "How long to measure.");

namespace clientele::loadgen {
namespace {

std::vector<std::shared_ptr<grpc::Channel>> Connect() {
  std::ifstream file(absl::GetFlag(FLAGS_ca_file));
  std::stringstream authority;
  authority << file.rdbuf();
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < absl::GetFlag(FLAGS_channels); ++i) {
    grpc::ChannelArguments arguments;
    // Channels of one target would share one connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channels.push_back(grpc::CreateCustomChannel(absl::GetFlag(FLAGS_target),
                                                 grpc::SslCredentials({authority.str(), "", ""}), arguments));
  }
  return channels;
}

nlohmann::json ToJson(const LoadResult& result) {
  const auto count = static_cast<double>(result.latencies.count());
  const double seconds = absl::ToDoubleSeconds(result.measured);
  return {{"requests", result.latencies.count()},
          {"seconds", seconds},
          {"rps", seconds > 0 ? count / seconds : 0},
          {"p50_us", result.latencies.Percentile(0.5)},
          {"p90_us", result.latencies.Percentile(0.9)},
          {"p99_us", result.latencies.Percentile(0.99)},
          {"p999_us", result.latencies.Percentile(0.999)},
          {"max_us", result.latencies.Percentile(1)},
          {"exhausted", result.exhausted},
          {"errors", result.errors},
          {"first_error", result.first_error}};
}

int Main() {
  const auto requests = ReadRequests(absl::GetFlag(FLAGS_tokens_file), absl::GetFlag(FLAGS_requests_file));
  if (!requests.ok()) {
    std::cerr << requests.status().message() << "\n";
    return 1;
  }
  LoadOptions options;
  options.method = absl::GetFlag(FLAGS_method);
  options.in_flight = absl::GetFlag(FLAGS_in_flight);
  options.rate = absl::GetFlag(FLAGS_rate);
  options.repeat = absl::GetFlag(FLAGS_repeat);
  options.deadline = absl::GetFlag(FLAGS_deadline);
  const auto channels = Connect();
  options.measure_from = absl::Now() + absl::GetFlag(FLAGS_warm_up);
  options.end = options.measure_from + absl::GetFlag(FLAGS_duration);
  std::cout << nlohmann::json({{"measure_from", absl::ToDoubleSeconds(options.measure_from - absl::UnixEpoch())}})
            << std::endl;
  Load load(options, *requests, channels);
  load.Send();
  std::cout << nlohmann::json({{"ended", true}}) << std::endl;
  std::cout << ToJson(load.Finish()) << std::endl;
  return 0;
}

}  // namespace
}  // namespace clientele::loadgen

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  // As released services do.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return clientele::loadgen::Main();
}
