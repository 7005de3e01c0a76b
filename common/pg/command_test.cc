#include <gmock/gmock.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "common/pg/command_fixture_test.h"

namespace clientele::pg {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(CommandTest, OneStatementWritesEverything) {
  CallContext call = CallOf(NewId());
  call.on_behalf_of = "boss";
  const std::string id = NewId();
  WritePlan plan = InsertPlan(id, "everything");
  const std::string saga = NewId();
  plan.saga = SagaStart{saga, "thing.create", "things/" + id, std::string("st\0ate", 6), "replica-1"};
  const absl::StatusOr<Written> written = Write(*session_, call, plan);
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_THAT(written->entity_ids, ElementsAre(id));

  const absl::StatusOr<Rows> event = session_->ReadDynamic(
      "SELECT o.xid, o.seq, e.epoch, o.type, o.subject, o.partner, o.revision, o.after, o.changed_fields, "
      "o.request_id, "
      "o.trace_id, o.actor, o.create_time, a.operation, a.on_behalf_of, a.method, a.changed_fields, a.resource "
      "FROM outbox o JOIN audit_record a USING (id), feed_epoch e WHERE o.subject = $1",
      Params().Text("things/" + id));
  ASSERT_TRUE(event.ok());
  ASSERT_EQ(event->size(), 1);
  RowReader row(*event, 0);
  EXPECT_EQ(row.Int(), static_cast<int64_t>(written->position.txid));
  EXPECT_EQ(row.Int(), static_cast<int64_t>(written->position.sequence));
  EXPECT_EQ(row.Text(), written->position.epoch);
  EXPECT_EQ(row.Text(), "thing.created");
  EXPECT_EQ(row.Text(), "things/" + id);
  EXPECT_EQ(row.Text(), "partners/1");
  EXPECT_EQ(row.Int(), 1);
  EXPECT_EQ(row.Bytes(), "after");
  EXPECT_THAT(row.TextArray(), ElementsAre("name", "size"));
  EXPECT_EQ(row.Text(), call.request_id);
  EXPECT_EQ(row.Text(), call.trace_id);
  EXPECT_EQ(row.Text(), call.principal);
  EXPECT_EQ(row.Time(), call.now);
  EXPECT_EQ(row.Text(), "thing.created");
  EXPECT_EQ(row.Text(), "boss");
  EXPECT_EQ(row.Text(), call.method);
  EXPECT_THAT(row.TextArray(), ElementsAre("name", "size"));
  EXPECT_EQ(row.Text(), "things/" + id);

  const absl::StatusOr<Rows> started = session_->ReadDynamic(
      "SELECT kind, subject, state, owner, done, step, lease_until > clock_timestamp() + interval '10 s', principal "
      "FROM saga WHERE id = $1::uuid",
      Params().Text(saga));
  ASSERT_EQ(started->size(), 1);
  RowReader saga_row(*started, 0);
  EXPECT_EQ(saga_row.Text(), "thing.create");
  EXPECT_EQ(saga_row.Text(), "things/" + id);
  EXPECT_EQ(saga_row.Bytes(), std::string("st\0ate", 6));
  EXPECT_EQ(saga_row.Text(), "replica-1");
  EXPECT_FALSE(saga_row.Bool());
  EXPECT_EQ(saga_row.Int(), 0);
  EXPECT_TRUE(saga_row.Bool());
  EXPECT_EQ(saga_row.Text(), call.principal);

  const absl::StatusOr<Loaded> loaded = Load(*session_, call, kByName, Params().Text("everything"));
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->count, 1);
  EXPECT_EQ(loaded->rows.Text(0, Loaded::kFirstColumn), id);
  ASSERT_TRUE(loaded->replayed.has_value());
  EXPECT_EQ(loaded->replayed->request_hash, "body");
  EXPECT_EQ(loaded->replayed->resource, "things/" + id);
  EXPECT_EQ(loaded->replayed->revision, 1);
  EXPECT_EQ(loaded->replayed->saga, saga);
  EXPECT_EQ(loaded->replayed->position, written->position);
}

TEST_F(CommandTest, AReplayTellsItsOwnSagaFromAnothers) {
  const Recorded replayed{"body", "things/1", 1, "saga 1", {}};
  const Begun own = BegunBefore(replayed, "saga 1");
  EXPECT_EQ(own.saga, "saga 1");
  EXPECT_EQ(own.resource, "things/1");
  EXPECT_TRUE(own.mine);
  EXPECT_FALSE(BegunBefore(replayed, "saga 2").mine);
  EXPECT_FALSE(BegunBefore({"body", "things/1", 1, "", {}}, "").mine) << "no saga is nobody's";
}

TEST_F(CommandTest, WhatDidNotChangeLeavesNoTrace) {
  CallContext first = CallOf("");
  ASSERT_TRUE(Create(*session_, first, "no trace").ok());
  const int64_t events = Count("outbox"), audits = Count("audit_record"), requests = Count("idempotency");
  const int64_t sagas = Count("saga");
  WritePlan plan = InsertPlan(NewId(), "no trace");
  plan.saga = SagaStart{NewId(), "thing.create", "things/x", "state", "replica-1"};
  const absl::StatusOr<Written> written = Write(*session_, CallOf(NewId()), plan);
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_THAT(written->entity_ids, IsEmpty());
  EXPECT_EQ(Count("outbox"), events);
  EXPECT_EQ(Count("audit_record"), audits);
  EXPECT_EQ(Count("idempotency"), requests);
  EXPECT_EQ(Count("saga"), sagas);
}

TEST_F(CommandTest, WithoutAKeyNothingIsRecordedOrLookedUp) {
  const int64_t requests = Count("idempotency");
  CallContext call = CallOf("");
  ASSERT_TRUE(Create(*session_, call, "keyless").ok());
  EXPECT_EQ(Count("idempotency"), requests);
  EXPECT_EQ(ReasonOf(Create(*session_, call, "keyless").status()), "NAME_TAKEN");
}

TEST_F(CommandTest, ALoadTellsNothingFoundFromARowOfNulls) {
  const LoadStatement nulls{
      "thing_nulls", {{"id", "uuid"}}, "SELECT NULL::text, NULL::text FROM thing WHERE id = given.id"};
  CallContext call = CallOf("");
  const std::string id = *Create(*session_, call, "nulls");
  EXPECT_EQ(Load(*session_, call, nulls, Params().Text(id))->count, 1);
  const absl::StatusOr<Loaded> nothing = Load(*session_, call, nulls, Params().Text(NewId()));
  ASSERT_TRUE(nothing.ok());
  EXPECT_EQ(nothing->count, 0);
  EXPECT_FALSE(nothing->replayed.has_value());
}

TEST_F(CommandTest, ALoadKeepsOrderAndRepeatedNames) {
  const LoadStatement many{"thing_many",
                           {{"size", "integer"}},
                           "SELECT n AS id, n * 2 AS id FROM generate_series(1, given.size) n ORDER BY n DESC"};
  CallContext call = CallOf(NewId());
  const absl::StatusOr<Loaded> loaded = Load(*session_, call, many, Params().Int(3));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_EQ(loaded->count, 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(loaded->rows.Int(i, Loaded::kFirstColumn), 3 - i);
    EXPECT_EQ(loaded->rows.Int(i, Loaded::kFirstColumn + 1), 6 - 2 * i);
  }
}

TEST_F(CommandTest, ALoadPlannedWithoutRecordsLooksUpItsOwn) {
  ASSERT_TRUE(session_->Execute("TRUNCATE idempotency").ok());
  ASSERT_TRUE(session_->Execute("VACUUM idempotency").ok());
  CallContext call = CallOf(NewId());
  ASSERT_TRUE(Load(*session_, call, kById, Params().Text(NewId())).ok());
  ASSERT_TRUE(session_->Execute("SET plan_cache_mode = force_generic_plan").ok());
  const absl::StatusOr<Rows> plan = session_->ReadDynamic("EXPLAIN EXECUTE thing_by_id('{}', '{}', '{}', '{}')", {});
  ASSERT_TRUE(plan.ok()) << plan.status();
  std::string text;
  for (int i = 0; i < plan->size(); ++i) absl::StrAppend(&text, plan->Text(i, 0), "\n");
  EXPECT_THAT(text, ::testing::HasSubstr("Index Cond: ((principal = "));
}

TEST_F(CommandTest, ABatchOf500TellsWhichRowsWereMade) {
  std::vector<std::string> ids, names;
  std::vector<Change> changes;
  for (int i = 0; i < 500; ++i) {
    ids.push_back(NewId());
    names.push_back(absl::StrCat("batch \"", i, "\", {", i, "}"));
    changes.push_back(ChangeOf(ids.back(), "thing.created", 1));
  }
  CallContext single = CallOf("");
  for (int i = 0; i < 500; i += 50) ASSERT_TRUE(Create(*session_, single, names[i]).ok());

  CallContext call = CallOf(NewId());
  Written written;
  const WritePlan plan{&kInsert, Params().TextArray(ids).TextArray(names), changes, "imports/1", 0, std::nullopt};
  const absl::StatusOr<int> answer = RunCommand(
      *session_, call,
      [&]() -> absl::StatusOr<Step<int>> {
        return Step<int>{500, plan};
      },
      &written);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, 500);
  const std::set<std::string> made(written.entity_ids.begin(), written.entity_ids.end());
  EXPECT_THAT(made, SizeIs(490));
  for (int i = 0; i < 500; ++i) EXPECT_EQ(made.count(ids[i]), i % 50 == 0 ? 0U : 1U);
  EXPECT_EQ(written.position, call.consistency.at("thing"));
  // Events stand in the order of the batch, each with the subject that changed.
  const absl::StatusOr<Rows> events = session_->ReadDynamic(
      "SELECT subject, seq FROM outbox WHERE request_id = $1 ORDER BY seq", Params().Text(call.request_id));
  ASSERT_EQ(events->size(), 490);
  int next = 0;
  for (int i = 0; i < 500; ++i) {
    if (i % 50 == 0) continue;
    EXPECT_EQ(events->Text(next++, 0), "things/" + ids[i]);
  }
  EXPECT_EQ(events->Unsigned(489, 1), written.position.sequence);
  EXPECT_EQ(Count(absl::StrCat("audit_record WHERE request_id = '", call.request_id, "'")), 490);
  EXPECT_EQ(Count(absl::StrCat("idempotency WHERE request_id = '", call.request_id, "'")), 1);
}

}  // namespace
}  // namespace clientele::pg
