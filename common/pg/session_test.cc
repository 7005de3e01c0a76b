#include "common/pg/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <csignal>
#include <limits>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/pg/things_test.h"

namespace clientele::pg {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class SessionTest : public ThingsTest {
 protected:
  // Ends the connection of `session` from outside.
  void Terminate(Session& session) {
    const int64_t pid = Number(session, "SELECT pg_backend_pid()");
    const Statement end{"terminate", "SELECT pg_terminate_backend($1::int, 5000)"};
    ASSERT_TRUE(other_->Read(end, Params().Int(pid)).ok());
  }

  std::unique_ptr<Connection> session_ = Connected(options());
  std::unique_ptr<Connection> other_ = Connected(options());
};

TEST_F(SessionTest, EveryTypeComesBackAsItWent) {
  const Statement echo{
      "echo",
      "SELECT $1::text, $2::bigint, $3::boolean, $4::timestamptz, $5::timestamptz, $6::bytea, $7::text, "
      "$8::text[], $9::text[], $10::bigint[], $11::text[], $12::timestamptz"};
  const absl::Time time = absl::FromUnixMicros(1767225600123456);
  const std::string bytes("\0\x01\xff'\\", 5);
  const std::vector<std::string> texts = {"", "a,b", "\"q\" \\ {x}", "NULL", "Ünïcödé", " "};
  Params params;
  params.Text("O'Neil \"x\"; --").Int(std::numeric_limits<int64_t>::min()).Bool(true).Time(time);
  params.TimeOrNull(absl::InfiniteFuture()).Bytes(bytes).TextOrNull("").TextArray(texts);
  params.NullableTextArray({"a", ""}).IntArray({-1, 2});
  params.TextArray({}).Time(absl::InfiniteFuture());
  const absl::StatusOr<Rows> rows = session_->Read(echo, params);
  ASSERT_TRUE(rows.ok()) << rows.status();
  RowReader row(*rows, 0);
  EXPECT_EQ(row.Text(), "O'Neil \"x\"; --");
  EXPECT_EQ(row.Int(), std::numeric_limits<int64_t>::min());
  EXPECT_TRUE(row.Bool());
  EXPECT_EQ(row.Time(), time);
  EXPECT_TRUE(row.IsNull());
  EXPECT_EQ(row.OptionalTime(), std::nullopt);
  EXPECT_EQ(row.Bytes(), bytes);
  EXPECT_TRUE(row.IsNull());
  EXPECT_EQ(row.Text(), "");
  EXPECT_EQ(row.TextArray(), texts);
  EXPECT_THAT(row.TextArray(), ElementsAre("a", ""));
  EXPECT_THAT(row.TextArray(), ElementsAre("-1", "2"));
  EXPECT_THAT(row.TextArray(), ElementsAre());
  EXPECT_EQ(row.Time(), absl::InfiniteFuture());
}

TEST_F(SessionTest, TimesAreExactToTheMicrosecond) {
  const Statement echo{"times", "SELECT $1::timestamptz"};
  for (const int64_t micros : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{1767225600100000},
                               int64_t{253402300799999999}, int64_t{-62135596800000000}}) {
    const absl::StatusOr<Rows> rows = session_->Read(echo, Params().Time(absl::FromUnixMicros(micros)));
    ASSERT_TRUE(rows.ok());
    EXPECT_EQ(absl::ToUnixMicros(rows->Time(0, 0)), micros);
  }
}

TEST_F(SessionTest, TimesAreReadInEachForm) {
  const auto rows = session_->ReadDynamic(
      "SELECT timestamp '1970-01-01 00:00:00.5', timestamptz '0001-12-31 23:59:59+00 BC', date '1970-01-02', "
      "timestamptz '-infinity', timestamptz 'infinity'",
      {});
  ASSERT_TRUE(rows.ok());
  RowReader row(*rows, 0);
  EXPECT_EQ(row.Time(), absl::FromUnixMillis(500));
  EXPECT_EQ(row.Time(), absl::FromUnixSeconds(-62135596801));
  EXPECT_EQ(row.Time(), absl::FromUnixSeconds(86400));
  EXPECT_EQ(row.Time(), absl::InfinitePast());
  EXPECT_EQ(row.OptionalTime(), absl::InfiniteFuture());
}

TEST_F(SessionTest, WhatIsEmptyIsNotNull) {
  const auto rows = session_->ReadDynamic("SELECT ''::text, NULL::text, '{}'::text[], NULL::text[]", {});
  ASSERT_TRUE(rows.ok());
  EXPECT_FALSE(rows->IsNull(0, 0));
  EXPECT_TRUE(rows->IsNull(0, 1));
  EXPECT_FALSE(rows->IsNull(0, 2));
  EXPECT_TRUE(rows->IsNull(0, 3));
  EXPECT_EQ(rows->Text(0, 0), rows->Text(0, 1));
  EXPECT_EQ(rows->TextArray(0, 2), rows->TextArray(0, 3));
}

TEST_F(SessionTest, RowsOutliveTheSession) {
  Rows kept;
  {
    const auto session = Connected(options());
    kept = *session->ReadDynamic("SELECT 'still here'", {});
  }
  EXPECT_EQ(kept.Text(0, 0), "still here");
  EXPECT_EQ(Rows().size(), 0);
}

TEST_F(SessionTest, SetsWhatTheOptionsSay) {
  SessionOptions options = SessionTest::options();
  options.statement_timeout = absl::Microseconds(10);
  options.lock_timeout = absl::Seconds(7);
  options.application_name = "it's \\ quoted";
  const auto session = Connected(options);
  const auto setting = [&](Session& of, const std::string& name) {
    return std::string(of.ReadDynamic(absl::StrCat("SELECT current_setting('", name, "')"), {})->Text(0, 0));
  };
  // Rounded up: 0 would be without a limit.
  EXPECT_EQ(FailureOf(session->ReadDynamic("SELECT pg_sleep(1)", {}).status()), Failure::kCancelled);
  EXPECT_EQ(setting(*session_, "search_path"), "thing, extensions");
  EXPECT_EQ(setting(*session_, "idle_in_transaction_session_timeout"), "10s");
  EXPECT_EQ(setting(*session_, "jit"), "off");
  options.statement_timeout = absl::Seconds(5);
  const auto named = Connected(options);
  EXPECT_EQ(setting(*named, "application_name"), "it's \\ quoted");
  EXPECT_EQ(setting(*named, "lock_timeout"), "7s");
}

TEST_F(SessionTest, RefusesATextWithNul) {
  const absl::StatusOr<Rows> rows =
      session_->ReadDynamic("SELECT $1::text", Params().Text(absl::string_view("a\0b", 3)));
  EXPECT_EQ(rows.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(SessionTest, NeverTellsACallerOfSql) {
  const absl::Status status = session_->ReadDynamic("SELECT secret_column FROM thing", {}).status();
  EXPECT_EQ(FailureOf(status), Failure::kOther);
  for (const absl::Status& told : {status, ForCaller(status)}) {
    EXPECT_EQ(told.code(), absl::StatusCode::kInternal);
    EXPECT_THAT(told.ToString(), Not(HasSubstr("secret")));
    EXPECT_THAT(told.ToString(), Not(HasSubstr("SELECT")));
  }
  EXPECT_EQ(FailureOf(ForCaller(status)), Failure::kNone);
  EXPECT_EQ(Number(*session_, "SELECT 1"), 1);
}

TEST_F(SessionTest, LogsNoValues) {
  ::testing::internal::CaptureStderr();
  EXPECT_FALSE(session_->ReadDynamic("SELECT $1::text::uuid", Params().Text("anna@contoso.com")).ok());
  ASSERT_TRUE(session_->Execute("INSERT INTO thing (id, name) VALUES (gen_random_uuid(), 'Anna Secret')").ok());
  EXPECT_FALSE(session_->Execute("INSERT INTO thing (id, name) VALUES (gen_random_uuid(), 'Anna Secret')").ok());
  EXPECT_FALSE(session_->Execute("INSERT INTO thing (id, name) VALUES (NULL, 'Anna Secret')").ok());
  EXPECT_FALSE(session_->Execute("DO $$BEGIN RAISE WARNING 'Anna'; RAISE 'Anna'; END$$").ok());
  EXPECT_FALSE(session_->Execute("CREATE TABLE extensions.anna (id int)").ok());
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, Not(HasSubstr("nna")));
  EXPECT_THAT(log, HasSubstr("22P02"));
  EXPECT_THAT(log, HasSubstr("23502"));
  EXPECT_THAT(log, HasSubstr("42501"));
}

TEST_F(SessionTest, ClassifiesFailures) {
  const std::string insert = "INSERT INTO thing (id, name) VALUES (gen_random_uuid(), 'one of a kind')";
  ASSERT_TRUE(session_->Execute(insert).ok());
  EXPECT_EQ(FailureOf(session_->Execute(insert)), Failure::kUnique);
  EXPECT_EQ(ReasonOf(ForCaller(session_->Execute(insert))), "WRITE_CONFLICT");

  ASSERT_TRUE(session_->Execute("SET lock_timeout = 1").ok());
  const absl::Status waited = other_->Transaction([&] {
    absl::Status locked = other_->Execute("LOCK TABLE thing");
    EXPECT_EQ(FailureOf(session_->ReadDynamic("SELECT count(*) FROM thing", {}).status()), Failure::kSerialization);
    return locked;
  });
  EXPECT_TRUE(waited.ok());

  ASSERT_TRUE(session_->Execute("SET statement_timeout = 1").ok());
  const absl::Status slow = session_->ReadDynamic("SELECT pg_sleep(1)", {}).status();
  EXPECT_EQ(FailureOf(slow), Failure::kCancelled);
  EXPECT_EQ(ForCaller(slow).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(FailureOf(absl::NotFoundError("x")), Failure::kNone);
  EXPECT_EQ(ForCaller(absl::NotFoundError("x")), absl::NotFoundError("x"));
}

TEST_F(SessionTest, ASerializationFailureIsOne) {
  const Statement read{"serial_read", "SELECT count(*) FROM thing"};
  const absl::Status status = session_->Transaction([&] {
    EXPECT_TRUE(session_->Execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").ok());
    EXPECT_TRUE(session_->Execute("UPDATE thing SET size = 0 WHERE false").ok());
    EXPECT_TRUE(session_->Read(read, {}).ok());
    EXPECT_TRUE(other_
                    ->Execute("INSERT INTO thing (id, name) VALUES (gen_random_uuid(), 'moved') "
                              "ON CONFLICT (name) DO UPDATE SET size = thing.size + 1")
                    .ok());
    EXPECT_TRUE(other_->Execute("UPDATE feed_heartbeat SET beat_time = now()").ok());
    return session_->Execute("UPDATE feed_heartbeat SET beat_time = now()");
  });
  EXPECT_EQ(FailureOf(status), Failure::kSerialization);
}

TEST_F(SessionTest, AReadConnectsAgainOnceAndKeepsItsSettings) {
  Terminate(*session_);
  const absl::StatusOr<Rows> rows = session_->ReadDynamic("SELECT current_setting('search_path')", {});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->Text(0, 0), "thing, extensions");
}

TEST_F(SessionTest, ANeverConnectedSessionSaysSo) {
  Connection session(options());
  EXPECT_EQ(FailureOf(session.ReadDynamic("SELECT 1", {}).status()), Failure::kConnection);
  EXPECT_FALSE(session.Alive());
  SessionOptions nowhere = options();
  nowhere.conninfo = "host=/tmp/no-such-folder dbname=x user=y";
  EXPECT_EQ(ReasonOf(Connection(nowhere).Connect()), "DATABASE_UNAVAILABLE");
}

TEST_F(SessionTest, NoticesADeadConnectionWithoutAsking) {
  EXPECT_TRUE(session_->Alive());
  Terminate(*session_);
  EXPECT_FALSE(session_->Alive());
  EXPECT_FALSE(session_->connected());
}

TEST_F(SessionTest, AWriteThatWasSentIsInDoubt) {
  const int64_t pid = Number(*session_, "SELECT pg_backend_pid()");
  std::thread killer([&] {
    const std::string waits =
        absl::StrCat("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid = ", pid);
    while (Number(*other_, waits) == 0) continue;
    EXPECT_EQ(Number(*other_, absl::StrCat("SELECT count(pg_terminate_backend(", pid, "))")), 1);
  });
  const Statement slow{"slow_write", "UPDATE feed_heartbeat SET beat_time = now() WHERE pg_sleep(30) IS NOT NULL"};
  const absl::Status status = session_->Write(slow, {}).status();
  killer.join();
  EXPECT_EQ(FailureOf(status), Failure::kInDoubt);
  EXPECT_EQ(ForCaller(status).code(), absl::StatusCode::kUnknown);
  EXPECT_EQ(ReasonOf(ForCaller(status)), "COMMIT_UNKNOWN");
  EXPECT_FALSE(session_->connected());
}

// Another process of PostgreSQL is killed: it ends all sessions, with a notice. Then a statement cannot be written,
// what is read is the notice, and libpq reports an error of its own on a connection that it takes for a good one.
TEST_F(SessionTest, ACrashOfPostgresIsABrokenConnection) {
  const Statement write{"crash_write", "UPDATE feed_heartbeat SET beat_time = now()"};
  ASSERT_TRUE(session_->Write(write, {}).ok());
  const auto pid = static_cast<pid_t>(Number(*session_, "SELECT pg_backend_pid()"));
  ASSERT_EQ(kill(static_cast<pid_t>(Number(*other_, "SELECT pg_backend_pid()")), SIGKILL), 0);
  Await([&] { return kill(pid, 0) != 0; });
  EXPECT_EQ(FailureOf(session_->Write(write, {}).status()), Failure::kInDoubt);
  EXPECT_FALSE(session_->connected());
  Await([&] { return session_->Connect().ok(); });
  EXPECT_TRUE(session_->Write(write, {}).ok());
}

TEST_F(SessionTest, AWriteThatWasNeverSentIsNot) {
  Connection session(options());
  const Statement write{"unsent_write", "UPDATE feed_heartbeat SET beat_time = now()"};
  EXPECT_EQ(FailureOf(session.Write(write, {}).status()), Failure::kConnection);
}

TEST_F(SessionTest, ATransactionIsWholeOrNothing) {
  const std::string count = "SELECT count(*) FROM thing WHERE name = 'in transaction'";
  const std::string insert = "INSERT INTO thing (id, name) VALUES (gen_random_uuid(), 'in transaction')";
  const absl::Status refused = session_->Transaction([&] {
    EXPECT_TRUE(session_->Execute(insert).ok());
    return absl::FailedPreconditionError("changed my mind");
  });
  EXPECT_EQ(refused.message(), "changed my mind");
  EXPECT_EQ(Number(*session_, count), 0);

  // A failure that the work overlooks must not become a commit that was none.
  const absl::Status overlooked = session_->Transaction([&] {
    EXPECT_TRUE(session_->Execute(insert).ok());
    EXPECT_FALSE(session_->Execute(insert).ok());
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(overlooked), Failure::kUnique);
  EXPECT_EQ(Number(*session_, count), 0);

  EXPECT_TRUE(session_->Transaction([&] { return session_->Execute(insert); }).ok());
  EXPECT_EQ(Number(*session_, count), 1);
}

TEST_F(SessionTest, ABreakInATransactionIsNoCommitInDoubt) {
  const Statement write{"transaction_write", "UPDATE feed_heartbeat SET beat_time = now()"};
  const absl::Status status = session_->Transaction([&] {
    Terminate(*session_);
    return session_->Write(write, {}).status();
  });
  EXPECT_EQ(FailureOf(status), Failure::kConnection);
  ASSERT_TRUE(session_->Connect().ok());
  EXPECT_TRUE(session_->Transaction([&] { return session_->Write(write, {}).status(); }).ok());
}

TEST_F(SessionTest, ACommitThatBreaksIsInDoubt) {
  const absl::Status status = session_->Transaction([&] {
    EXPECT_TRUE(session_->Execute("UPDATE feed_heartbeat SET beat_time = now()").ok());
    Terminate(*session_);
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), Failure::kInDoubt);
}

TEST_F(SessionTest, ATransactionBeginsOnANewConnectionWhereTheOldOneIsGone) {
  Terminate(*session_);
  EXPECT_TRUE(session_->Transaction([&] { return session_->Execute("SELECT 1"); }).ok());
}

TEST_F(SessionTest, PreparesAtMost200Texts) {
  for (int i = 0; i < 450; ++i) {
    EXPECT_EQ(Number(*session_, absl::StrCat("SELECT ", i % 220)), i % 220);
  }
  EXPECT_LE(Number(*session_, "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'dynamic%'"), 200);
}

TEST_F(SessionTest, PlansOutliveAMigration) {
  ASSERT_TRUE(other_->Execute("CREATE TABLE wide (a int)").ok());
  const Statement all{"wide_all", "SELECT * FROM wide"};
  ASSERT_TRUE(session_->Read(all, {}).ok());
  ASSERT_TRUE(other_->Execute("ALTER TABLE wide ADD COLUMN b int").ok());
  EXPECT_TRUE(session_->Read(all, {}).ok());
}

}  // namespace
}  // namespace clientele::pg
