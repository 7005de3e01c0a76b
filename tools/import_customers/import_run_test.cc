#include "tools/import_customers/import_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/core/id.h"

namespace clientele::import_customers {
namespace {

using customer::v1::BatchImportCustomersRequest;
using customer::v1::BatchImportCustomersResponse;
using ::testing::ElementsAre;
using Result = RowOutcome::Result;

constexpr char kPartner[] = "partners/0190b3a0-0000-7000-8000-000000000001";

std::string ListText(int rows) {
  std::string text = "tenant_id,company_name,primary_domain,relationship\n";
  for (int i = 0; i < rows; ++i) absl::StrAppend(&text, i, ",Company ", i, ",c", i, ".example,Reseller\n");
  return text;
}

class ImportRunTest : public ::testing::Test {
 protected:
  ImportRunTest() : state_(::testing::TempDir() + "import_state_" + std::to_string(::getpid())) {
    ::unlink(state_.c_str());
    options_.partner = kPartner;
    options_.source = "importSources/office365";
    options_.batch_size = 2;
    ports_.call = [this](const BatchImportCustomersRequest& request) { return Answer(request); };
    ports_.now = [this] { return now_; };
    ports_.sleep = [this](absl::Duration delay) {
      slept_.push_back(delay);
      now_ += delay;
    };
    ports_.progress = [this](size_t done, size_t, const absl::Status&) { progress_.push_back(done); };
  }
  ~ImportRunTest() override { ::unlink(state_.c_str()); }

  // Creates every row, after the errors that stand in `errors_`.
  absl::StatusOr<BatchImportCustomersResponse> Answer(const BatchImportCustomersRequest& request) {
    requests_.push_back(request);
    if (!errors_.empty()) {
      const absl::Status error = errors_.front();
      errors_.erase(errors_.begin());
      if (!error.ok()) return error;
    }
    BatchImportCustomersResponse response;
    for (int i = 0; i < request.rows_size(); ++i) {
      auto* outcome = response.add_outcomes();
      outcome->set_result(customer::v1::IMPORT_RESULT_CREATED);
      if (refused_.count(request.rows(i).tenant_id()) == 0) continue;
      outcome->set_result(customer::v1::IMPORT_RESULT_REFUSED);
      outcome->mutable_error()->ParseFromString(
          SerializeStatus(MakeError(absl::StatusCode::kFailedPrecondition, "INVITATION_REQUIRED", "invite it")));
    }
    return response;
  }

  ImportResult Run(const std::string& text) {
    const CustomerList list = *ReadCustomerList(text);
    const std::string key = ImportKey(text, options_);
    auto journal = Journal::Open(state_, key);
    EXPECT_TRUE(journal.ok()) << journal.status();
    ImportResult result = RunImport(options_, list, ports_, &*journal);
    code_ = ExitCodeOf(list, result);
    if (result.stopped.ok()) journal->Remove();
    return result;
  }

  const std::string state_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  ImportOptions options_;
  ImportPorts ports_;
  std::vector<absl::Status> errors_;
  std::set<std::string> refused_;
  std::vector<BatchImportCustomersRequest> requests_;
  std::vector<absl::Duration> slept_;
  std::vector<size_t> progress_;
  ExitCode code_ = kAllIn;
};

TEST_F(ImportRunTest, SendsTheListInBatches) {
  const ImportResult result = Run(ListText(5));
  EXPECT_EQ(code_, kAllIn);
  EXPECT_EQ(result.outcomes.size(), 5u);
  ASSERT_EQ(requests_.size(), 3u);
  EXPECT_EQ(requests_[0].parent(), kPartner);
  EXPECT_EQ(requests_[0].source(), "importSources/office365");
  EXPECT_EQ(requests_[2].rows_size(), 1);
  EXPECT_EQ(requests_[2].rows(0).primary_domain(), "c4.example");
  EXPECT_FALSE(requests_[0].validate_only());
  EXPECT_FALSE(requests_[0].has_list_time());
  EXPECT_THAT(progress_, ElementsAre(2, 4, 5));
}

TEST_F(ImportRunTest, TheSameAttemptMakesTheSameRequests) {
  const CustomerList list = *ReadCustomerList(ListText(4));
  const auto first = MakeRequest(options_, "attempt", list, 0);
  EXPECT_TRUE(Uuid::Parse(first.request_id()).has_value());
  EXPECT_EQ(first.SerializeAsString(), MakeRequest(options_, "attempt", list, 0).SerializeAsString());
  EXPECT_NE(first.request_id(), MakeRequest(options_, "attempt", list, 1).request_id());
  EXPECT_NE(first.request_id(), MakeRequest(options_, "another", list, 0).request_id());
}

// What was refused may be right by now: yesterday's answers are not to be had again.
TEST_F(ImportRunTest, AWholeImportThatIsRunAgainIsAskedAnew) {
  refused_ = {"0"};
  Run(ListText(2));
  EXPECT_EQ(code_, kSomeRefused);
  refused_.clear();
  Run(ListText(2));
  EXPECT_EQ(code_, kAllIn);
  ASSERT_EQ(requests_.size(), 2u);
  EXPECT_NE(requests_[0].request_id(), requests_[1].request_id());
}

TEST_F(ImportRunTest, TheKeyIsOfTheListAndEveryOption) {
  const std::string text = ListText(4);
  const std::string key = ImportKey(text, options_);
  EXPECT_EQ(key, ImportKey(text, options_));
  std::set<std::string> keys = {key, ImportKey(ListText(3), options_)};
  for (const auto& change : std::vector<std::function<void(ImportOptions*)>>{
           [](ImportOptions* o) { o->partner += "2"; }, [](ImportOptions* o) { o->source = ""; },
           [](ImportOptions* o) { o->validate_only = true; }, [](ImportOptions* o) { o->batch_size = 3; },
           [](ImportOptions* o) { o->list_time = absl::UnixEpoch(); }}) {
    ImportOptions other = options_;
    change(&other);
    keys.insert(ImportKey(text, other));
  }
  EXPECT_EQ(keys.size(), 7u);
}

TEST_F(ImportRunTest, SaysWhenTheListWasMadeAndThatItOnlyValidates) {
  options_.list_time = absl::FromUnixSeconds(1'700'000'000) + absl::Milliseconds(5);
  options_.validate_only = true;
  Run(ListText(1));
  EXPECT_EQ(requests_[0].list_time().seconds(), 1'700'000'000);
  EXPECT_EQ(requests_[0].list_time().nanos(), 5'000'000);
  EXPECT_TRUE(requests_[0].validate_only());
}

TEST_F(ImportRunTest, RefusedRowsAndBrokenLinesAreToldByTheExitCode) {
  refused_ = {"1"};
  const ImportResult result = Run(ListText(3));
  EXPECT_EQ(code_, kSomeRefused);
  EXPECT_EQ(result.outcomes[1].result, Result::kRefused);
  EXPECT_EQ(result.outcomes[1].reason, "INVITATION_REQUIRED");
  EXPECT_EQ(result.outcomes[1].detail, "invite it");
  refused_.clear();
  Run(ListText(3) + "broken\n");
  EXPECT_EQ(code_, kSomeRefused);
}

TEST_F(ImportRunTest, TriesAgainWhatPasses) {
  errors_ = {absl::UnavailableError("away"), absl::DeadlineExceededError("slow"),
             WithRetry(MakeError(absl::StatusCode::kResourceExhausted, "OVERLOADED", "full"), absl::Seconds(7)),
             WithRetry(MakeError(absl::StatusCode::kAborted, "WRITE_CONFLICT", "race"), absl::Seconds(1))};
  const ImportResult result = Run(ListText(2));
  EXPECT_EQ(code_, kAllIn);
  EXPECT_EQ(result.outcomes.size(), 2u);
  ASSERT_EQ(requests_.size(), 5u);
  for (const auto& request : requests_) EXPECT_EQ(request.request_id(), requests_[0].request_id());
  ASSERT_EQ(slept_.size(), 4u);
  EXPECT_GE(slept_[1], slept_[0] / 2);
  EXPECT_EQ(slept_[2], absl::Seconds(7));
  EXPECT_GE(slept_[3], absl::Seconds(1));
}

TEST_F(ImportRunTest, LosesPatienceInTheEnd) {
  errors_.assign(100, absl::UnavailableError("away"));
  options_.patience = absl::Minutes(1);
  const ImportResult result = Run(ListText(2));
  EXPECT_EQ(code_, kStopped);
  EXPECT_EQ(result.stopped.code(), absl::StatusCode::kUnavailable);
  absl::Duration slept;
  for (const absl::Duration delay : slept_) slept += delay;
  EXPECT_LE(slept, absl::Minutes(1));
  EXPECT_GE(slept, absl::Seconds(55));
  for (const absl::Duration delay : slept_) EXPECT_LE(delay, absl::Seconds(5));
}

TEST_F(ImportRunTest, ItsPatienceCountsWhatTheCallsTake) {
  ports_.call = [this](const BatchImportCustomersRequest&) -> absl::StatusOr<BatchImportCustomersResponse> {
    now_ += absl::Seconds(20);
    return absl::DeadlineExceededError("slow");
  };
  options_.patience = absl::Minutes(1);
  const absl::Time begin = now_;
  Run(ListText(2));
  EXPECT_EQ(code_, kStopped);
  // The first failure, a minute, and a last call that begins within it.
  EXPECT_LE(now_ - begin, absl::Seconds(100));
}

TEST_F(ImportRunTest, WhatARepeatDoesNotMendHasAnExitCodeOfItsOwn) {
  for (const absl::Status& error :
       {absl::UnauthenticatedError("who"), absl::PermissionDeniedError("no"), absl::UnimplementedError("what"),
        MakeError(absl::StatusCode::kFailedPrecondition, "IMPORT_SOURCE_UNKNOWN", "unknown")}) {
    errors_ = {error};
    Run(ListText(2));
    EXPECT_EQ(code_, kMendFirst) << error;
  }
  for (const absl::Status& error : {absl::InternalError("bug"), absl::UnknownError("?"), absl::AbortedError("race")}) {
    errors_ = {error};
    Run(ListText(2));
    EXPECT_EQ(code_, kStopped) << error;
  }
}

TEST_F(ImportRunTest, GoesOnWhereItWasStopped) {
  errors_ = {absl::OkStatus(), absl::PermissionDeniedError("no")};
  refused_ = {"0"};
  ImportResult result = Run(ListText(6));
  EXPECT_EQ(code_, kMendFirst);
  EXPECT_EQ(result.outcomes.size(), 2u);
  EXPECT_EQ(requests_.size(), 2u);
  const std::string unanswered = requests_[1].request_id();

  requests_.clear();
  result = Run(ListText(6));
  EXPECT_EQ(code_, kSomeRefused);
  EXPECT_EQ(result.outcomes.size(), 6u);
  EXPECT_EQ(result.outcomes[0].reason, "INVITATION_REQUIRED");
  ASSERT_EQ(requests_.size(), 2u);
  EXPECT_EQ(requests_[0].request_id(), unanswered);
}

TEST_F(ImportRunTest, AnAnswerThatDoesNotFitStopsIt) {
  ports_.call = [](const BatchImportCustomersRequest&) { return BatchImportCustomersResponse(); };
  EXPECT_EQ(Run(ListText(2)).stopped.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(code_, kStopped);
}

TEST_F(ImportRunTest, AListWithoutRowsSendsNothing) {
  Run(ListText(0));
  EXPECT_EQ(code_, kAllIn);
  EXPECT_TRUE(requests_.empty());
}

TEST_F(ImportRunTest, ATwinIsNamedByItsLineInTheList) {
  ports_.call = [](const BatchImportCustomersRequest& request) -> absl::StatusOr<BatchImportCustomersResponse> {
    BatchImportCustomersResponse response;
    response.add_outcomes()->set_result(customer::v1::IMPORT_RESULT_CREATED);
    for (int i = 1; i < request.rows_size(); ++i) {
      auto* outcome = response.add_outcomes();
      outcome->set_result(customer::v1::IMPORT_RESULT_REFUSED);
      outcome->mutable_error()->ParseFromString(SerializeStatus(
          MakeError(absl::StatusCode::kAlreadyExists, "DUPLICATE_ROW", "row 0 of the request", {{"row", "0"}})));
    }
    return response;
  };
  const ImportResult result = Run(ListText(4));
  EXPECT_EQ(result.outcomes[1].detail, "line 2 of the list names the same customer");
  EXPECT_EQ(result.outcomes[3].detail, "line 4 of the list names the same customer");
}

TEST_F(ImportRunTest, ARefusalNamesEveryField) {
  ports_.call = [](const BatchImportCustomersRequest&) -> absl::StatusOr<BatchImportCustomersResponse> {
    BatchImportCustomersResponse response;
    auto* outcome = response.add_outcomes();
    outcome->set_result(customer::v1::IMPORT_RESULT_REFUSED);
    outcome->mutable_error()->ParseFromString(
        SerializeStatus(InvalidFields({{"tenant_id", "must be a UUID", "UUID", ""}, {"city", "is required", "", ""}})));
    return response;
  };
  const ImportResult result = Run(ListText(1));
  EXPECT_EQ(result.outcomes[0].reason, "INVALID_FIELD");
  EXPECT_EQ(result.outcomes[0].detail, "tenant_id: must be a UUID; city: is required");
}

}  // namespace
}  // namespace clientele::import_customers
