// A closed loop: a fixed number of calls in flight, each replaced as it ends, for a fixed time. Prints one JSON object.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/time/clock.h"
#include "common/core/mutex.h"
#include "nlohmann/json.hpp"
#include "tools/loadgen/calls.h"

ABSL_FLAG(std::string, target, "127.0.0.1:7411", "customer-service.");
ABSL_FLAG(std::string, ca_file, ".local/authority/ca.crt", "Authority of its certificate.");
ABSL_FLAG(std::string, accounts_file, "", "Lines of a partner and the token of its administrator.");
ABSL_FLAG(std::string, rpc, "GetCustomer", "GetCustomer, ListCustomers, UpdateCustomer or CreateCustomer.");
ABSL_FLAG(int, in_flight, 64, "Calls in flight.");
ABSL_FLAG(int, channels, 4, "Connections they are spread over.");
ABSL_FLAG(absl::Duration, duration, absl::Seconds(5), "How long to measure, after a fifth of it to warm up.");

namespace clientele::loadgen {
namespace {

// The measured loop. Results of calls that began before `measure_from` or ended after `end` do not count.
class ClosedLoop {
 public:
  ClosedLoop(Call call, std::vector<std::unique_ptr<customer::v1::CustomerService::Stub>>& stubs,
             absl::Time measure_from, absl::Time end)
      : call_(std::move(call)), stubs_(stubs), measure_from_(measure_from), end_(end) {}

  void Run(int in_flight) {
    open_ = in_flight;
    for (int slot = 0; slot < in_flight; ++slot) Next(slot);
    MutexLock lock(&mutex_);
    while (open_ > 0) all_done_.Wait(&mutex_);
  }

  nlohmann::json Result() {
    MutexLock lock(&mutex_);
    std::sort(micros_.begin(), micros_.end());
    const auto at = [&](double part) {
      return micros_.empty() ? 0 : micros_[static_cast<size_t>(part * static_cast<double>(micros_.size() - 1))];
    };
    const double seconds = absl::ToDoubleSeconds(end_ - measure_from_);
    return {{"requests", micros_.size()}, {"rps", static_cast<double>(micros_.size()) / seconds},
            {"p50_us", at(0.5)},          {"p99_us", at(0.99)},
            {"errors", errors_},          {"first_error", first_error_}};
  }

 private:
  void Next(int slot) {
    const absl::Time begun = absl::Now();
    if (begun >= end_) {
      MutexLock lock(&mutex_);
      if (--open_ == 0) all_done_.NotifyAll();
      return;
    }
    const uint64_t n = next_.fetch_add(1);
    call_(*stubs_[static_cast<size_t>(slot) % stubs_.size()], n, [this, slot, begun](const grpc::Status& status) {
      Count(begun, absl::Now(), status);
      Next(slot);
    });
  }

  void Count(absl::Time begun, absl::Time ended, const grpc::Status& status) {
    if (begun < measure_from_ || ended > end_) return;
    MutexLock lock(&mutex_);
    if (status.ok()) {
      micros_.push_back(absl::ToInt64Microseconds(ended - begun));
    } else if (errors_++ == 0) {
      first_error_ = status.error_message();
    }
  }

  const Call call_;
  std::vector<std::unique_ptr<customer::v1::CustomerService::Stub>>& stubs_;
  const absl::Time measure_from_;
  const absl::Time end_;
  // Another run must not repeat this one's requests.
  std::atomic<uint64_t> next_{static_cast<uint64_t>(absl::ToUnixMicros(absl::Now()))};
  Mutex mutex_;
  CondVar all_done_;
  int open_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<int64_t> micros_ ABSL_GUARDED_BY(mutex_);
  int errors_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string first_error_ ABSL_GUARDED_BY(mutex_);
};

std::vector<std::unique_ptr<customer::v1::CustomerService::Stub>> Connect() {
  std::ifstream file(absl::GetFlag(FLAGS_ca_file));
  std::stringstream authority;
  authority << file.rdbuf();
  std::vector<std::unique_ptr<customer::v1::CustomerService::Stub>> stubs;
  for (int i = 0; i < absl::GetFlag(FLAGS_channels); ++i) {
    grpc::ChannelArguments arguments;
    // Channels of one target would share one connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stubs.push_back(customer::v1::CustomerService::NewStub(grpc::CreateCustomChannel(
        absl::GetFlag(FLAGS_target), grpc::SslCredentials({authority.str(), "", ""}), arguments)));
  }
  return stubs;
}

int Main() {
  auto accounts = ReadAccounts(absl::GetFlag(FLAGS_accounts_file));
  if (!accounts.ok()) {
    std::cerr << accounts.status().message() << "\n";
    return 1;
  }
  auto stubs = Connect();
  auto call = CallOf(absl::GetFlag(FLAGS_rpc), *accounts);
  absl::Status ready = call.ok() ? ListNames(*stubs[0], *accounts) : call.status();
  if (!ready.ok()) {
    std::cerr << ready.message() << "\n";
    return 1;
  }
  const absl::Duration duration = absl::GetFlag(FLAGS_duration);
  // Whoever measures the servers' CPU reads it at these two lines.
  const absl::Time measure_from = absl::Now() + duration / 5;
  std::cout << nlohmann::json({{"measure_from", absl::ToDoubleSeconds(measure_from - absl::UnixEpoch())}}) << std::endl;
  ClosedLoop loop(*call, stubs, measure_from, measure_from + duration);
  loop.Run(absl::GetFlag(FLAGS_in_flight));
  std::cout << loop.Result() << std::endl;
  return 0;
}

}  // namespace
}  // namespace clientele::loadgen

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  return clientele::loadgen::Main();
}
