#include "tools/import_customers/report.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/core/error.h"
#include "tools/import_customers/csv_reader.h"

namespace clientele::import_customers {
namespace {

using Result = RowOutcome::Result;

constexpr int kBarWidth = 30;
constexpr size_t kMaxInvitationsNamed = 10;
constexpr char kBrokenLine[] = "MALFORMED_LINE";
constexpr char kInvitationRequired[] = "INVITATION_REQUIRED";

constexpr int kOwnComments = 4;

// The comments of an earlier file of refused rows are not carried on.
bool IsOwnComment(const std::string& title) {
  return title == "#line" || title == "#reason" || title == "#detail" || title == "#raw";
}

void AppendKept(const CustomerList& list, const std::vector<std::string>& from, std::vector<std::string>* to) {
  for (size_t i = 0; i < list.header.size(); ++i) {
    if (!IsOwnComment(list.header[i])) to->push_back(i < from.size() ? from[i] : "");
  }
}

std::string Tally(const ImportResult& result, const CustomerList& list, bool validate_only) {
  size_t created = 0, present = 0;
  std::map<std::string, size_t> refused;
  for (const RowOutcome& outcome : result.outcomes) {
    if (outcome.result == Result::kCreated) ++created;
    if (outcome.result == Result::kAlreadyPresent) ++present;
    if (outcome.result == Result::kRefused) ++refused[outcome.reason];
  }
  if (!list.broken.empty()) refused[kBrokenLine] += list.broken.size();
  std::string text =
      absl::StrFormat("%8d %s\n%8d already there\n", created, validate_only ? "would be created" : "created", present);
  for (const auto& [reason, count] : refused) absl::StrAppendFormat(&text, "%8d refused: %s\n", count, reason);
  const size_t unsent = list.rows.size() - result.outcomes.size();
  if (unsent > 0) absl::StrAppendFormat(&text, "%8d not answered yet\n", unsent);
  return text;
}

std::string HowToInvite(const ImportOptions& options, const CustomerList& list, const ImportResult& result) {
  std::vector<std::string> domains;
  for (size_t i = 0; i < result.outcomes.size(); ++i) {
    if (result.outcomes[i].reason == kInvitationRequired) domains.push_back(list.rows[i].import.primary_domain());
  }
  if (domains.empty()) return "";
  std::string text = absl::StrCat("\nINVITATION_REQUIRED: ", domains.size(),
                                  domains.size() == 1 ? " organisation has" : " organisations have",
                                  " to agree first. Invite each with\n"
                                  "clientele.invitation.v1.InvitationService/CreateInvitation, then SendInvitation:\n");
  for (size_t i = 0; i < std::min(domains.size(), kMaxInvitationsNamed); ++i) {
    absl::StrAppend(&text, R"(  {"parent":")", options.partner,
                    R"(","invitation":{"kind":"INVITATION_KIND_RESELLER","target":{"domain":")", domains[i],
                    "\"},\"recipient_email\":\"ADMINISTRATOR@", domains[i], "\"}}\n");
  }
  if (domains.size() > kMaxInvitationsNamed) {
    absl::StrAppend(&text, "  and ", domains.size() - kMaxInvitationsNamed, " more, in the file of refused rows\n");
  }
  return text;
}

}  // namespace

std::string ProgressLine(size_t done, size_t total, size_t refused, absl::Duration elapsed,
                         const absl::Status& waiting) {
  const int filled = total == 0 ? kBarWidth : static_cast<int>(done * kBarWidth / total);
  std::string line =
      absl::StrFormat("[%s%s] %d/%d rows, %d refused, %d s", std::string(filled, '#'),
                      std::string(kBarWidth - filled, '.'), done, total, refused, absl::ToInt64Seconds(elapsed));
  if (!waiting.ok()) absl::StrAppend(&line, ", trying again after ", absl::StatusCodeToString(waiting.code()));
  return line;
}

bool IsRejectsCsv(const std::string& text) {
  CsvReader reader(text);
  CsvRecord header;
  if (!reader.Next(&header)) return true;
  return std::count_if(header.fields.begin(), header.fields.end(), IsOwnComment) == kOwnComments;
}

std::string RejectsCsv(const CustomerList& list, const ImportResult& result) {
  std::map<int64_t, std::string> lines;  // in the file's order
  for (const BrokenLine& broken : list.broken) {
    std::vector<std::string> fields = {absl::StrCat(broken.line), kBrokenLine, broken.error, broken.raw};
    AppendKept(list, {}, &fields);
    lines[broken.line] = CsvLine(fields, list.delimiter);
  }
  for (size_t i = 0; i < result.outcomes.size(); ++i) {
    const RowOutcome& outcome = result.outcomes[i];
    if (outcome.result != Result::kRefused) continue;
    std::vector<std::string> fields = {absl::StrCat(list.rows[i].line), outcome.reason, outcome.detail, ""};
    AppendKept(list, list.rows[i].fields, &fields);
    lines[list.rows[i].line] = CsvLine(fields, list.delimiter);
  }
  if (lines.empty()) return "";
  std::vector<std::string> header = {"#line", "#reason", "#detail", "#raw"};
  AppendKept(list, list.header, &header);
  std::string csv = absl::StrCat("\xef\xbb\xbf", CsvLine(header, list.delimiter));
  for (const auto& [number, line] : lines) csv += line;
  return csv;
}

std::string Summary(const std::string& file, const ImportOptions& options, const CustomerList& list,
                    const ImportResult& result) {
  std::string text =
      absl::StrFormat("%d rows of %s for %s\n", list.rows.size() + list.broken.size(), file, options.partner);
  absl::StrAppend(&text, Tally(result, list, options.validate_only), HowToInvite(options, list, result));
  if (!result.stopped.ok()) {
    const std::string reason = ReasonOf(result.stopped);
    absl::StrAppend(&text, "\nStopped: ", absl::StatusCodeToString(result.stopped.code()),
                    reason.empty() ? "" : absl::StrCat("/", reason), ": ", std::string(result.stopped.message()),
                    RepeatingHelps(result.stopped)
                        ? "\nRun the same command again: it goes on with the rows that were not answered.\n"
                        : "\nRepeating it as it is would not help. Mend this first; the same command then goes on with "
                          "the rows that were not answered.\n");
  }
  return text;
}

}  // namespace clientele::import_customers
