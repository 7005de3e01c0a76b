#include "tools/import_customers/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"

namespace clientele::import_customers {
namespace {

using Result = RowOutcome::Result;

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
  const std::string name = json.value("result", "");
  for (const Result result : {Result::kCreated, Result::kAlreadyPresent, Result::kRefused}) {
    if (name != NameOf(result)) continue;
    *outcome = {result, json.value("reason", ""), json.value("detail", "")};
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
  return absl::InternalError(absl::StrCat(what, " ", path, ": ", std::strerror(errno)));
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
  if (std::getline(existing, line) && !existing.eof()) {
    const auto header = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!header.is_object() || header.value("import", "") != key) {
      return absl::FailedPreconditionError(
          absl::StrCat(path_, " is of another list, partner or set of options: remove it to begin anew"));
    }
    whole = static_cast<off_t>(line.size()) + 1;
    while (std::getline(existing, line) && !existing.eof()) {
      int batch = 0;
      std::vector<RowOutcome> outcomes;
      if (!ReadBatch(line, &batch, &outcomes)) break;
      whole += static_cast<off_t>(line.size()) + 1;
      batches_[batch] = std::move(outcomes);
    }
  }
  // Without a torn last line, so that what follows begins on a line of its own.
  if (::ftruncate(descriptor, whole) != 0) return IoError("cannot write", path_);
  std::fseek(file_.get(), 0, SEEK_END);
  return whole == 0 ? Append(nlohmann::json({{"import", key}}).dump()) : absl::OkStatus();
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
