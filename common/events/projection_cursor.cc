#include "common/events/projection_cursor.h"

#include "absl/strings/str_cat.h"

namespace clientele::events {
namespace {

const pg::Statement kLoad{"projection_load", "SELECT epoch, xid, seq FROM projection_cursor WHERE source = $1"};
const pg::Statement kCreate{"projection_create",
                            "INSERT INTO projection_cursor (source, epoch, xid, seq) VALUES ($1, '', '0', 0) "
                            "ON CONFLICT DO NOTHING"};
const pg::Statement kLock{"projection_lock",
                          "SELECT epoch, xid, seq FROM projection_cursor WHERE source = $1 FOR UPDATE"};
const pg::Statement kMove{"projection_move",
                          "UPDATE projection_cursor SET epoch = $5, xid = $6::xid8, seq = $7::bigint "
                          "WHERE source = $1 AND epoch = $2 AND xid = $3::xid8 AND seq = $4::bigint"};

FeedPosition Decode(const pg::Rows& rows) {
  return {std::string(rows.Text(0, 0)), rows.Unsigned(0, 1), rows.Unsigned(0, 2)};
}

void Append(const FeedPosition& position, pg::Params& params) {
  params.Text(position.epoch).Text(absl::StrCat(position.txid)).Int(static_cast<int64_t>(position.sequence));
}

absl::StatusOr<bool> Move(pg::Session& session, const std::string& source, const FeedPosition& from,
                          const FeedPosition& to) {
  pg::Params params;
  params.Text(source);
  Append(from, params);
  Append(to, params);
  absl::StatusOr<pg::Rows> rows = session.Write(kMove, params);
  if (!rows.ok()) return rows.status();
  return rows->affected() == 1;
}

}  // namespace

absl::StatusOr<FeedPosition> LoadCursor(pg::Session& session, const std::string& source) {
  absl::StatusOr<pg::Rows> rows = session.Read(kLoad, pg::Params().Text(source));
  if (!rows.ok()) return rows.status();
  if (!rows->empty()) return Decode(*rows);
  if (auto created = session.Write(kCreate, pg::Params().Text(source)); !created.ok()) return created.status();
  rows = session.Read(kLoad, pg::Params().Text(source));
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return absl::InternalError("the projection's cursor is missing");
  return Decode(*rows);
}

absl::StatusOr<FeedPosition> MoveCursor(pg::Session& session, const std::string& source, const FeedPosition& from,
                                        const FeedPosition& to) {
  absl::StatusOr<bool> moved = Move(session, source, from, to);
  if (!moved.ok()) return moved.status();
  if (*moved) return to;
  return LoadCursor(session, source);
}

BatchOutcome ApplyBatch(pg::Session& session, const std::string& source, const FeedPosition& from, const Batch& batch,
                        const ApplyEvent& apply) {
  BatchOutcome outcome;
  outcome.cursor = from;
  outcome.status = session.Transaction([&]() -> absl::Status {
    absl::StatusOr<pg::Rows> rows = session.Read(kLock, pg::Params().Text(source));
    if (!rows.ok()) return rows.status();
    if (rows->empty()) return absl::InternalError("the projection's cursor is missing");
    const FeedPosition stands = Decode(*rows);
    if (!(stands == from)) {
      outcome.stale = true;
      outcome.cursor = stands;
      return absl::OkStatus();
    }
    for (int i = 0; i < batch.count; ++i) {
      if (absl::Status status = apply(session, batch.events->Get(i)); !status.ok()) {
        outcome.failed_event = i;
        return status;
      }
    }
    return Move(session, source, from, batch.to).status();
  });
  if (outcome.status.ok() && !outcome.stale) outcome.cursor = batch.to;
  return outcome;
}

}  // namespace clientele::events
