#include "common/service/binary.h"

#include <grpc/support/log.h>

#include <atomic>
#include <cstdio>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/auth/keys.h"
#include "common/core/id.h"
#include "common/obs/log.h"
#include "common/obs/metrics.h"
#include "common/pg/command.h"
#include "common/rpc/channel.h"
#include "common/rpc/dispatcher.h"
#include "common/service/clock.h"
#include "common/service/flags.h"
#include "common/service/server.h"
#include "common/service/signals.h"

namespace clientele::service {
namespace {

constexpr absl::Duration kHousekeeping = absl::Milliseconds(200);
constexpr int kGrpcLinesPerSecond = 10;
// For what runs without a call when the calls have ended: long enough for a step of a saga, too short to be killed
// over.
constexpr absl::Duration kLastStatements = absl::Seconds(2);

// gRPC's own lines, as ours, and not more of them than a reader can use.
void LogForGrpc(gpr_log_func_args* args) {
  static std::atomic<int64_t> second{0};
  static std::atomic<int> lines{0};
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  if (second.exchange(now) != now) lines = 0;
  if (++lines > kGrpcLinesPerSecond) return;
  const obs::Level level = args->severity == GPR_LOG_SEVERITY_ERROR ? obs::Level::kWarning : obs::Level::kDebug;
  obs::Log(level, args->message, {{"source", "grpc"}});
}

obs::Level LevelFromFlag() {
  const std::string level = absl::GetFlag(FLAGS_log_level);
  if (level == "debug") return obs::Level::kDebug;
  if (level == "warning") return obs::Level::kWarning;
  if (level == "error") return obs::Level::kError;
  return obs::Level::kInfo;
}

pg::SessionOptions SessionFor(const Binary& binary) {
  pg::SessionOptions options;
  options.conninfo = absl::GetFlag(FLAGS_database);
  options.schema = binary.name;
  options.application_name = absl::StrCat(binary.name, "-service");
  return options;
}

std::vector<pg::Migration> AllMigrations(const Binary& binary) {
  std::vector<pg::Migration> all = pg::FoundationMigrations();
  all.insert(all.end(), binary.migrations.begin(), binary.migrations.end());
  return all;
}

int Fail(const absl::Status& status) {
  obs::Log(obs::Level::kError, "cannot start", {{"reason", status.message()}});
  return 1;
}

// Migrations may build indexes: they are not cut off by the ceilings of a call.
absl::Status RunSchemaMode(const Binary& binary, const std::string& mode) {
  pg::SessionOptions options = SessionFor(binary);
  options.statement_timeout = absl::Hours(1);
  pg::Connection session(options);
  const absl::Time deadline = absl::Now() + absl::GetFlag(FLAGS_schema_wait);
  if (mode == "wait-schema") return pg::WaitForSchema(session, AllMigrations(binary), deadline);
  if (absl::Status status = session.Connect(); !status.ok()) return status;
  if (mode == "migrate") return pg::Migrate(session, AllMigrations(binary));
  return pg::NewEpoch(session);
}

// Everything a serving process holds, in the order it is made; destroyed the other way round.
struct Process {
  std::unique_ptr<Clock> clock;
  market::Markets markets;
  market::Cloud cloud;
  std::unique_ptr<auth::TokenVerifier> tokens;
  std::unique_ptr<rpc::PageTokens> page_tokens;
  std::unique_ptr<pg::Executor> executor;
  std::unique_ptr<Environment> environment;
  std::unique_ptr<obs::MetricsEndpoint> metrics;
  std::unique_ptr<Assembly> assembly;
  Server server;
};

absl::Status LoadFacts(Process& process) {
  auto markets = market::Markets::Load(absl::GetFlag(FLAGS_markets_file));
  if (!markets.ok()) return markets.status();
  process.markets = *std::move(markets);
  auto cloud = market::Cloud::Load(absl::GetFlag(FLAGS_cloud_file), absl::GetFlag(FLAGS_cell));
  if (!cloud.ok()) return cloud.status();
  process.cloud = *std::move(cloud);

  auth::TokenOptions options;
  options.issuer = absl::GetFlag(FLAGS_token_issuer);
  options.audience = absl::StrCat("clientele/", absl::GetFlag(FLAGS_cell));
  options.keys_file = absl::GetFlag(FLAGS_token_keys_file);
  auto tokens = auth::TokenVerifier::Create(options);
  if (!tokens.ok()) return tokens.status();
  process.tokens = *std::move(tokens);

  auto keys = auth::SigningKeys::Load(absl::GetFlag(FLAGS_page_token_keys_file));
  if (!keys.ok()) return keys.status();
  process.page_tokens = std::make_unique<rpc::PageTokens>(*std::move(keys), absl::GetFlag(FLAGS_cell));
  return absl::OkStatus();
}

pg::ExecutorOptions ExecutorOptionsFor(const Binary& binary) {
  pg::ExecutorOptions options;
  options.session = SessionFor(binary);
  options.read.workers = absl::GetFlag(FLAGS_read_workers);
  options.list.workers = absl::GetFlag(FLAGS_list_workers);
  options.write.workers = absl::GetFlag(FLAGS_write_workers);
  options.bulk.workers = absl::GetFlag(FLAGS_bulk_workers);
  return options;
}

absl::Status Assemble(const Binary& binary, Process& process) {
  process.clock = MakeClock();
  if (absl::Status status = LoadFacts(process); !status.ok()) return status;
  process.executor = std::make_unique<pg::Executor>(ExecutorOptionsFor(binary));
  const std::string tls_directory = absl::GetFlag(FLAGS_tls_directory);
  process.environment = std::make_unique<Environment>(
      Environment{*process.clock, *process.executor, *process.tokens, *process.page_tokens, process.markets,
                  process.cloud, binary.name, absl::GetFlag(FLAGS_cell), absl::GetFlag(FLAGS_trust_domain),
                  absl::StrCat(binary.name, "-service/", Uuid::NewV4().ToString()),
                  [&process, tls_directory](const std::string& target) {
                    return rpc::PeerChannel{rpc::MakeChannel({target, tls_directory}), &process.server.loop()};
                  }});
  auto metrics = obs::MetricsEndpoint::Start(absl::GetFlag(FLAGS_metrics_listen));
  if (!metrics.ok()) return metrics.status();
  process.metrics = *std::move(metrics);
  auto assembly = binary.assemble(*process.environment);
  if (!assembly.ok()) return assembly.status();
  process.assembly = *std::move(assembly);
  return process.server.Start(
      {absl::GetFlag(FLAGS_listen), absl::GetFlag(FLAGS_admin_listen), tls_directory, absl::GetFlag(FLAGS_reflection)},
      process.assembly->services());
}

void ReportLanes(const pg::Executor& executor) {
  static constexpr const char* kNames[] = {"read", "write", "bulk", "list"};
  for (int i = 0; i < pg::kLaneCount; ++i) {
    const pg::LaneStatistics statistics = executor.Statistics(static_cast<pg::Lane>(i));
    const obs::Labels lane{{"lane", kNames[i]}};
    obs::GaugeFor("clientele_lane_queued", "Jobs that wait for a worker.", lane).Set(statistics.queued);
    obs::GaugeFor("clientele_lane_busy", "Workers at work: of the write lane, which share its connections.", lane)
        .Set(statistics.busy);
  }
}

void ServeUntilStopped(Process& process, StopSignals& signals) {
  do {
    process.server.SetReady(process.executor->Ready());
    process.tokens->ReloadIfChanged();
    ReportLanes(*process.executor);
  } while (!signals.WaitFor(kHousekeeping));
}

// Not serving → time for balancers to see it → new calls refused, open ones finish → servers → what runs without a
// call → connections. A second signal makes each wait end at once.
void Stop(Process& process, StopSignals& signals) {
  obs::Log(obs::Level::kInfo, "stopping");
  process.server.SetReady(false);
  bool hurry = signals.WaitFor(absl::GetFlag(FLAGS_drain_delay));
  process.assembly->dispatcher().Drain(absl::Now() + absl::GetFlag(FLAGS_shutdown_grace), [&] {
    hurry = hurry || signals.WaitFor(absl::ZeroDuration());
    return hurry;
  });
  process.executor->CutOffAfter(kLastStatements);
  process.server.Shutdown(absl::Now() + kHousekeeping);
  process.assembly->Stop();
  process.executor->Stop();
  process.server.loop().Stop();
  obs::Log(obs::Level::kInfo, "stopped");
}

int Serve(const Binary& binary) {
  StopSignals signals;
  {
    // Old code on a new schema is fine, new code on an old one is not.
    pg::Connection session(SessionFor(binary));
    bool stopped = false;
    const absl::Status schema =
        pg::WaitForSchema(session, AllMigrations(binary), absl::Now() + absl::GetFlag(FLAGS_schema_wait),
                          [&] { return stopped = signals.WaitFor(absl::ZeroDuration()); });
    if (stopped) return 0;
    if (!schema.ok()) return Fail(schema);
  }
  Process process;
  if (absl::Status status = Assemble(binary, process); !status.ok()) return Fail(status);
  process.assembly->Start();
  obs::Log(obs::Level::kInfo, "serving", {{"address", absl::GetFlag(FLAGS_listen)}});
  ServeUntilStopped(process, signals);
  Stop(process, signals);
  return 0;
}

}  // namespace

int Main(int argc, char** argv, const Binary& binary) {
  absl::SetProgramUsageMessage(absl::StrCat(binary.name, "-service of Clientele"));
  absl::ParseCommandLine(argc, argv);
#ifdef NDEBUG
  // Debian's Abseil is built as for debugging: each lock, gRPC's own too, is entered into a graph of their order.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  obs::StartLog(absl::StrCat(binary.name, "-service"), LevelFromFlag());
  gpr_set_log_function(LogForGrpc);
  pg::SetServiceName(binary.name);

  const std::string mode = absl::GetFlag(FLAGS_mode);
  if (mode == "serve") return Serve(binary);
  if (mode != "migrate" && mode != "wait-schema" && mode != "new-epoch") {
    return Fail(absl::InvalidArgumentError(
        absl::StrCat("--mode=", mode, ": expected serve, migrate, wait-schema or new-epoch")));
  }
  const absl::Status status = RunSchemaMode(binary, mode);
  return status.ok() ? 0 : Fail(status);
}

}  // namespace clientele::service
