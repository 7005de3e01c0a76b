#pragma once

#include <string>
#include <vector>

#include "common/pg/statement.h"
#include "services/customer/domain/customer.h"

// The columns of an account, written and read in one order. Every statement over `customer c JOIN organization o` uses
// these, so that a new column is one line here.
namespace clientele::customer {

// What the basic view of an account shows, and all that is kept of it. Both end without a comma.
std::string BasicColumns();
std::string FullColumns();
// Reads the columns of one row, the reader standing at the first of them.
Customer ReadBasic(pg::RowReader& row);
Customer ReadFull(pg::RowReader& row);
inline constexpr char kAccountTables[] = " FROM customer c JOIN organization o ON o.id = c.id ";

// What a partner says of a customer: the columns that UpdateCustomer may change, joined by commas, each behind
// `prefix`.
std::string ProfileColumns(const std::string& prefix);
// `columns`, and those of a profile: of a row that BindProfile ends.
std::vector<pg::GivenColumn> WithProfile(std::vector<pg::GivenColumn> columns);
void BindProfile(const Customer& customer, pg::Params& params);
// `columns`, and arrays of those of profiles with their accounts' ids: of a row that BindProfiles ends. In SQL the
// profiles of `given` are the rows k(id, <profile columns>).
std::vector<pg::GivenColumn> WithProfiles(std::vector<pg::GivenColumn> columns);
void BindProfiles(const std::vector<const Customer*>& customers, pg::Params& params);
std::string ProfileRows(const std::string& given);

// SET list of an UPDATE of `customer c` that takes the relationship's summary over where it is newer than the row's;
// the arguments are SQL expressions.
std::string NewerRelationship(const std::string& kind, const std::string& state, const std::string& generation,
                              const std::string& revision);

}  // namespace clientele::customer
