#include "tools/import_customers/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/core/id.h"

namespace clientele::import_customers {
namespace {

using Result = RowOutcome::Result;

// How the first line begins, and the most bytes that it has.
constexpr char kHeaderBegin[] = R"({"attempt":")";
constexpr size_t kMaxHeaderBytes = 200;

// A text member of a JSON object; "" if it has none of that name.
std::string TextOf(const nlohmann::json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

struct Header {
  std::string attempt, import;
};

// False for a line that begins no journal.
bool ReadHeader(const std::string& line, Header* header) {
  const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return false;
  *header = {TextOf(json, "attempt"), TextOf(json, "import")};
  return !header->attempt.empty() && !header->import.empty();
}

// Whether a kill may have left this of a first line.
bool IsTornHeader(const std::string& text) {
  return text.size() < kMaxHeaderBytes &&
         (absl::StartsWith(text, kHeaderBegin) || absl::StartsWith(kHeaderBegin, text));
}

const char* NameOf(Result result) {
  switch (result) {
    case Result::kCreated:
      return "created";
    case Result::kAlreadyPresent:
      return "already_present";
    case Result::kRefused:
      return "refused";
  }
  return "";
}

bool ReadOutcome(const nlohmann::json& json, RowOutcome* outcome) {
  if (!json.is_object()) return false;
  const std::string name = TextOf(json, "result");
  for (const Result result : {Result::kCreated, Result::kAlreadyPresent, Result::kRefused}) {
    if (name != NameOf(result)) continue;
    *outcome = {result, TextOf(json, "reason"), TextOf(json, "detail")};
    return true;
  }
  return false;
}

// False for a line that is not whole.
bool ReadBatch(const std::string& line, int* batch, std::vector<RowOutcome>* outcomes) {
  const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("batch") || !json["batch"].is_number_integer()) return false;
  *batch = json["batch"].get<int>();
  for (const auto& outcome : json.value("outcomes", nlohmann::json::array())) {
    if (!ReadOutcome(outcome, &outcomes->emplace_back())) return false;
  }
  return true;
}

absl::Status IoError(const std::string& what, const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat(what, " ", path, ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<Journal> Journal::Open(const std::string& path, const std::string& key) {
  Journal journal;
  journal.path_ = path;
  if (absl::Status loaded = journal.Load(key); !loaded.ok()) return loaded;
  return journal;
}

absl::Status Journal::Load(const std::string& key) {
  const int descriptor = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return IoError("cannot write", path_);
  file_.reset(::fdopen(descriptor, "r+"));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(absl::StrCat("another import is running with ", path_));
  }
  std::ifstream existing(path_);
  std::string line;
  off_t whole = 0;  // bytes of whole lines
  Header header;
  const bool has_line = std::getline(existing, line) && !existing.eof();
  if (has_line ? !ReadHeader(line, &header) : !IsTornHeader(line)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path_, " is no state file of an import: name another one by --state"));
  }
  if (has_line) {
    whole = static_cast<off_t>(line.size()) + 1;
    while (std::getline(existing, line) && !existing.eof()) {
      int batch = 0;
      std::vector<RowOutcome> outcomes;
      if (!ReadBatch(line, &batch, &outcomes)) break;
      whole += static_cast<off_t>(line.size()) + 1;
      batches_[batch] = std::move(outcomes);
    }
    if (header.import != key && !batches_.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat(path_, " is of another list, partner or set of options: remove it to begin anew"));
    }
    // Of an import that was never answered, nothing is to be kept.
    if (header.import != key) whole = 0;
  }
  // Without a torn last line, so that what follows begins on a line of its own.
  if (::ftruncate(descriptor, whole) != 0) return IoError("cannot write", path_);
  std::fseek(file_.get(), 0, SEEK_END);
  attempt_ = whole == 0 ? Uuid::NewV4().ToString() : header.attempt;
  return whole == 0 ? Append(nlohmann::json({{"attempt", attempt_}, {"import", key}}).dump()) : absl::OkStatus();
}

absl::Status Journal::Append(const std::string& line) {
  if (std::fprintf(file_.get(), "%s\n", line.c_str()) < 0 || std::fflush(file_.get()) != 0 ||
      ::fdatasync(::fileno(file_.get())) != 0) {
    return IoError("cannot write", path_);
  }
  return absl::OkStatus();
}

absl::Status Journal::Record(int batch, std::vector<RowOutcome> outcomes) {
  nlohmann::json rows = nlohmann::json::array();
  for (const RowOutcome& outcome : outcomes) {
    nlohmann::json row = {{"result", NameOf(outcome.result)}};
    if (!outcome.reason.empty()) row["reason"] = outcome.reason;
    if (!outcome.detail.empty()) row["detail"] = outcome.detail;
    rows.push_back(std::move(row));
  }
  const nlohmann::json line = {{"batch", batch}, {"outcomes", std::move(rows)}};
  batches_[batch] = std::move(outcomes);
  // What a server says is text, but an invalid byte must not end the import.
  return Append(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void Journal::Remove() {
  file_.reset();
  ::unlink(path_.c_str());
}

}  // namespace clientele::import_customers
