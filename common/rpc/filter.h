#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/pg/list_query.h"

namespace clientele::rpc {

// Parses an AIP-160 filter over `fields` (which must outlive the answer): comparisons = != < <= > >= and : ; AND, OR
// (which binds tighter), NOT, -, parentheses, "quoted strings"; a trailing * is a prefix where the field has one.
// Times are RFC 3339. INVALID_ARGUMENT/INVALID_FILTER says at which character and what is allowed there.
// At most 32 comparisons, nested at most 8 deep.
absl::StatusOr<pg::Predicate> ParseFilter(absl::string_view filter, const pg::ListFields& fields);

// Parses an AIP-132 order_by of one field ("company_name desc"); `desc` turns all columns of the order round. Empty is
// `default_order`, such as "create_time desc".
// INVALID_ARGUMENT/INVALID_FIELD names what is allowed.
absl::StatusOr<std::vector<pg::SortColumn>> ParseOrderBy(absl::string_view order_by, const pg::ListOrders& orders,
                                                         absl::string_view default_order);

}  // namespace clientele::rpc
