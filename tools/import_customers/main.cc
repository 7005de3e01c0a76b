#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/core/id.h"
#include "tools/import_customers/files.h"
#include "tools/import_customers/import_run.h"
#include "tools/import_customers/report.h"
#include "tools/import_customers/transport.h"

ABSL_FLAG(std::string, partner, "", "whose list it is: partners/ID or the ID (a UUID)");
ABSL_FLAG(std::string, source, "",
          "importSources/NAME or NAME: the portal that vouches for the list. Empty: an operator migrates the list, or "
          "a partner uploads its own");
ABSL_FLAG(std::string, target, "localhost:7411", "customer-service, as a gRPC target");
ABSL_FLAG(std::string, ca_file, "",
          "PEM file of the authority that signed the server's certificate. Empty: the system's");
ABSL_FLAG(std::string, cert_file, "", "PEM file of a client certificate (mTLS); needs --key_file");
ABSL_FLAG(std::string, key_file, "", "PEM file of the client certificate's key");
ABSL_FLAG(std::string, token_file, "", "file with a bearer token; read anew for each batch");
ABSL_FLAG(bool, validate_only, false, "check everything, change nothing");
ABSL_FLAG(
    std::string, list_time, "",
    "when the portal made the list, as 2026-01-31T12:00:00Z: brings back customers whose relationship the partner "
    "ended before. Empty: none is brought back");
ABSL_FLAG(std::string, rejects, "", "where the refused rows go. Empty: FILE.rejected.csv");
ABSL_FLAG(std::string, state, "", "what makes a stopped import resumable. Empty: FILE.import-state");
ABSL_FLAG(int, batch_size, 500, "rows in a call, 1 to 500");
ABSL_FLAG(std::string, progress, "auto", "progress bar on stderr: auto (if it is a terminal), always, never");
ABSL_FLAG(absl::Duration, patience, absl::Minutes(5),
          "how long after its first failure a batch is tried again, before the import stops");

namespace clientele::import_customers {
namespace {

constexpr char kUsage[] = R"(brings a partner's list of customers into Clientele.

  import-customers --partner=ID [--source=NAME] [--target=HOST:PORT] --ca_file=FILE --token_file=FILE LIST.csv

LIST.csv is the export of Partner Center's customer list (Microsoft ID, Company name, Primary domain name,
Relationship) or a full list (tools/samples/README.md names its columns). A broken line or a refused row never stops
the others: it goes, with line and reason, to the file of refused rows, which can be corrected and imported as it is.
It is safe to run it again: a customer that is there is left as it is, and an import that was stopped or killed goes on
with the batches that were not answered.

Exit codes:
  0  every row is in (or, with --validate_only, would be)
  1  it did not start: wrong usage, a file that cannot be read or is no such list; also after --help
  2  every row was answered, some were refused: see the file of refused rows
  3  stopped by the server or the network: run the same command again to go on
  4  stopped by what a repeat does not mend (a token, a permission, an import source, a file that cannot be written):
     mend what it says, then run the same command again to go on)";

struct Arguments {
  ImportOptions options;
  TransportOptions transport;
  std::string list, rejects, state;
  bool progress = false;
};

std::string Prefixed(const std::string& prefix, const std::string& name) {
  return name.empty() || absl::StartsWith(name, prefix) ? name : absl::StrCat(prefix, name);
}

absl::Status ReadListTime(ImportOptions* options) {
  const std::string text = absl::GetFlag(FLAGS_list_time);
  if (text.empty()) return absl::OkStatus();
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return absl::InvalidArgumentError(absl::StrCat("--list_time: ", error));
  }
  options->list_time = time;
  return absl::OkStatus();
}

// The refused rows of an earlier run are replaced; anything else stays as it is.
absl::Status CheckPlaceOfRejects(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return absl::OkStatus();
  if (std::filesystem::is_regular_file(path, ignored)) {
    const auto text = ReadTextFile(path);
    if (text.ok() && IsRejectsCsv(*text)) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path, " is there and is no file of refused rows: name another one by --rejects"));
}

absl::StatusOr<Arguments> ReadArguments(const std::vector<char*>& positional) {
  Arguments arguments;
  if (positional.size() != 2) return absl::InvalidArgumentError("give one list: import-customers [flags] LIST.csv");
  arguments.list = positional[1];
  ImportOptions& options = arguments.options;
  options.partner = Prefixed("partners/", absl::GetFlag(FLAGS_partner));
  options.source = Prefixed("importSources/", absl::GetFlag(FLAGS_source));
  options.validate_only = absl::GetFlag(FLAGS_validate_only);
  options.batch_size = absl::GetFlag(FLAGS_batch_size);
  options.patience = absl::GetFlag(FLAGS_patience);
  if (!Uuid::Parse(options.partner.substr(std::min(options.partner.size(), sizeof("partners/") - 1))).has_value()) {
    return absl::InvalidArgumentError("--partner must be the partner's id, a lower-case UUID");
  }
  if (options.batch_size < 1 || options.batch_size > 500) {
    return absl::InvalidArgumentError("--batch_size must lie between 1 and 500");
  }
  if (absl::Status read = ReadListTime(&options); !read.ok()) return read;
  TransportOptions& transport = arguments.transport;
  transport.target = absl::GetFlag(FLAGS_target);
  transport.ca_file = absl::GetFlag(FLAGS_ca_file);
  transport.cert_file = absl::GetFlag(FLAGS_cert_file);
  transport.key_file = absl::GetFlag(FLAGS_key_file);
  transport.token_file = absl::GetFlag(FLAGS_token_file);
  if (transport.cert_file.empty() != transport.key_file.empty()) {
    return absl::InvalidArgumentError("--cert_file and --key_file belong together");
  }
  arguments.rejects = absl::GetFlag(FLAGS_rejects);
  if (arguments.rejects.empty()) arguments.rejects = arguments.list + ".rejected.csv";
  arguments.state = absl::GetFlag(FLAGS_state);
  if (arguments.state.empty()) arguments.state = arguments.list + ".import-state";
  if (SameFile(arguments.rejects, arguments.list) || SameFile(arguments.state, arguments.list) ||
      SameFile(arguments.rejects, arguments.state)) {
    return absl::InvalidArgumentError("the list, --rejects and --state must be three files");
  }
  if (absl::Status free = CheckPlaceOfRejects(arguments.rejects); !free.ok()) return free;
  const std::string progress = absl::GetFlag(FLAGS_progress);
  if (progress != "auto" && progress != "always" && progress != "never") {
    return absl::InvalidArgumentError("--progress must be auto, always or never");
  }
  arguments.progress = progress == "always" || (progress == "auto" && ::isatty(STDERR_FILENO) == 1);
  return arguments;
}

ImportPorts MakePorts(const Arguments& arguments, ImportCall call, size_t total) {
  ImportPorts ports;
  ports.call = std::move(call);
  ports.now = [] { return absl::Now(); };
  ports.sleep = [](absl::Duration delay) { absl::SleepFor(delay); };
  ports.progress = [show = arguments.progress, total, begin = absl::Now()](size_t done, size_t refused,
                                                                           const absl::Status& waiting) {
    if (!show) return;
    // \033[K clears what a longer line left behind.
    std::cerr << "\r" << ProgressLine(done, total, refused, absl::Now() - begin, waiting) << "\033[K" << std::flush;
  };
  return ports;
}

// The refused rows in their file, and no file where none was refused: one of an earlier run would be taken for this
// one's.
absl::Status WriteRejects(const Arguments& arguments, const CustomerList& list, const ImportResult& result) {
  const std::string rejects = RejectsCsv(list, result);
  if (!rejects.empty()) {
    if (absl::Status written = WriteTextFile(arguments.rejects, rejects); !written.ok()) return written;
    std::cout << "\nThe refused rows and why: " << arguments.rejects << "\n";
  } else if (result.stopped.ok()) {
    ::unlink(arguments.rejects.c_str());  // ReadArguments made sure that it is ours
  }
  return absl::OkStatus();
}

// Says what a person who presses Ctrl-C wants to know; then the signal does what it always does.
void TellHowToGoOn(int signal) {
  constexpr char kText[] = "\nStopped. Run the same command again: it goes on with the rows that were not answered.\n";
  if (::write(STDERR_FILENO, kText, sizeof(kText) - 1) < 0) ::_exit(kStopped);
  ::raise(signal);
}

void HandleSignals() {
  struct sigaction action = {};
  action.sa_handler = TellHowToGoOn;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

absl::StatusOr<int> Run(const Arguments& arguments) {
  const auto text = ReadTextFile(arguments.list);
  if (!text.ok()) return text.status();
  const auto list = ReadCustomerList(*text);
  if (!list.ok())
    return absl::Status(list.status().code(), absl::StrCat(arguments.list, ": ", list.status().message()));
  auto call = Connect(arguments.transport);
  if (!call.ok()) return call.status();
  const std::string key = ImportKey(*text, arguments.options);
  auto journal = Journal::Open(arguments.state, key);
  if (!journal.ok()) return journal.status();

  HandleSignals();
  const ImportPorts ports = MakePorts(arguments, *std::move(call), list->rows.size());
  ports.progress(0, 0, absl::OkStatus());
  const ImportResult result = RunImport(arguments.options, *list, ports, &*journal);
  if (arguments.progress) std::cerr << "\n";
  std::cout << Summary(arguments.list, arguments.options, *list, result);
  if (absl::Status written = WriteRejects(arguments, *list, result); !written.ok()) {
    // The journal stays.
    std::cerr << "import-customers: " << std::string(written.message())
              << "\nMend that, or name another file by --rejects, and run the command again: nothing is sent twice.\n";
    return kMendFirst;
  }
  if (result.stopped.ok()) journal->Remove();
  return ExitCodeOf(*list, result);
}

int Main(int argc, char** argv) {
  absl::SetProgramUsageMessage(kUsage);
  absl::FlagsUsageConfig usage;
  usage.contains_help_flags = [](absl::string_view file) { return absl::EndsWith(file, "import_customers/main.cc"); };
  absl::SetFlagsUsageConfig(usage);
  const auto positional = absl::ParseCommandLine(argc, argv);
  const auto arguments = ReadArguments(positional);
  const auto code = arguments.ok() ? Run(*arguments) : absl::StatusOr<int>(arguments.status());
  if (code.ok()) return *code;
  std::cerr << "import-customers: " << std::string(code.status().message()) << "\n";
  return kCannotStart;
}

}  // namespace
}  // namespace clientele::import_customers

int main(int argc, char** argv) { return clientele::import_customers::Main(argc, argv); }
