#pragma once

#include <string>

#include "common/pg/command.h"
#include "common/pg/statement.h"
#include "services/relationship/domain/customer_relationship.h"

namespace clientele::relationship {

// Columns of `customer_relationship AS r` and of the saga that ends it, in the order that ReadRelationship takes them.
inline constexpr char kRelationshipColumns[] =
    "r.partner, r.customer, r.kind, r.state, r.generation, r.region, r.origin, r.established_by, r.establish_request, "
    "r.hold_count, r.hold_revision, r.terminated_by, r.termination_reason, r.termination_request_time, "
    "r.termination_end_time, r.termination_saga, r.revision, r.create_time, r.update_time, r.establish_time, "
    "s.attempt_count, CASE WHEN s.next_attempt > clock_timestamp() THEN s.next_attempt END, s.last_error";
// Joins the saga; only a relationship that is TERMINATING has one that runs.
inline constexpr char kRelationshipSagaJoin[] =
    " LEFT JOIN saga s ON s.id = r.termination_saga AND r.state = 2 AND NOT s.done ";

CustomerRelationship ReadRelationship(pg::RowReader& row);

// Identity of a row in the statements that write it.
std::string RelationshipRowId(const CustomerRelationship& relationship);
// The same in SQL, of `customer_relationship AS r`.
inline constexpr char kRelationshipRowId[] = "r.partner::text || '/' || r.customer::text AS id";

// How feed and audit tell a change.
pg::Change ChangeOf(const Revision<CustomerRelationship>& revision, const Encode<CustomerRelationship>& encode);

}  // namespace clientele::relationship
