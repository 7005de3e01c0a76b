#pragma once

#include <string>

#include "absl/strings/string_view.h"

// Resource names. What comes from a caller has passed the field rules: it has the shape that is parsed here.
namespace clientele::customer {

// The ids in partners/{partner}/customers/{customer}.
struct AccountName {
  std::string partner;
  std::string customer;

  friend bool operator==(const AccountName& a, const AccountName& b) {
    return a.partner == b.partner && a.customer == b.customer;
  }
};

std::string PartnerName(absl::string_view partner);
std::string CustomerName(const AccountName& name);
std::string RelationshipName(const AccountName& name);
std::string ImportSourceName(absl::string_view source);

// Of partners/{partner}/customers/{customer} or partners/{partner}/customerRelationships/{customer}; empty ids where
// the name has another shape.
AccountName ParseAccountName(absl::string_view name);
// The last segment: the id of partners/{partner} or importSources/{source}.
std::string LastSegment(absl::string_view name);

}  // namespace clientele::customer
