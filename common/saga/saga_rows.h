#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/core/call_context.h"
#include "common/pg/session.h"
#include "common/saga/saga.h"

// The table of sagas. Leases and tries are measured by the database's clock, which all replicas share.
namespace clientele::saga {

// A running saga as its row tells it.
struct Row {
  std::string id;
  std::string kind;
  std::string subject;
  int step = 0;
  std::string state;
  int attempt_count = 0;  // failures of this step
  std::string principal;
  std::string on_behalf_of;
  std::string trace_id;
  std::string request_id;  // of the call that started it
  Consistency consistency;
};

// Who may write a saga's row, and until when it then may.
struct Lease {
  std::string owner;
  absl::Duration duration;
};

struct Found {
  Row row;
  bool mine = false;          // it runs, under a lease of the owner that asked
  absl::Duration lease_left;  // where it is mine
};
// NOT_FOUND/SAGA_NOT_FOUND where there is no such row.
absl::StatusOr<Found> ReadRow(pg::Session& session, const std::string& id, const std::string& owner);

// Leases due sagas whose lease has run out, at most `limit`, those that have waited longest first.
absl::StatusOr<std::vector<Row>> ClaimDue(pg::Session& session, const Lease& lease,
                                          const std::vector<std::string>& kinds, int limit);

// Prolongs the leases that still hold; answers whose.
absl::StatusOr<std::set<std::string>> RenewLeases(pg::Session& session, const Lease& lease,
                                                  const std::vector<std::string>& ids);

// Ends every lease of `owner`, so that another replica takes over at once.
absl::Status ReleaseLeases(pg::Session& session, const std::string& owner);

// Each of these writes what became of `row`'s step, and prolongs the lease; false where the row is no longer at that
// step under this owner's lease: then nothing is written.
absl::StatusOr<bool> StoreNext(pg::Session& session, const Lease& lease, const Row& row, const Row& next);
struct Retry {
  absl::Duration delay;
  std::string reason;
  bool let_go = false;  // the lease ends: any replica tries again when it is due
};
absl::StatusOr<bool> StoreRetry(pg::Session& session, const Lease& lease, const Row& row, const Retry& retry,
                                const Consistency& seen);
// `forget`: the record of the request that started it goes too.
absl::StatusOr<bool> StoreDone(pg::Session& session, const Lease& lease, const Row& row, const Outcome& outcome,
                               bool forget, absl::Time now);

// Those of `ids` that have ended; those that do not exist with NOT_FOUND/SAGA_NOT_FOUND.
absl::StatusOr<std::map<std::string, Outcome>> ReadOutcomes(pg::Session& session, const std::set<std::string>& ids);

}  // namespace clientele::saga
