#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/pg/list_query.h"
#include "common/rpc/filter_lexer.h"

namespace clientele::rpc {

// One comparison of a filter, its value checked against the field's type and brought into the column's form.
// `field` must outlive the answer.
absl::StatusOr<pg::Predicate> Compare(const std::string& name, const pg::ListField& field,
                                      const FilterToken& comparator, const FilterToken& value);

}  // namespace clientele::rpc
