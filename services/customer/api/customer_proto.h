#pragma once

#include "absl/time/time.h"
#include "clientele/customer/v1/account_service.pb.h"
#include "clientele/customer/v1/customer.pb.h"
#include "clientele/customer/v1/import_source_service.pb.h"
#include "services/customer/domain/customer.h"
#include "services/customer/domain/import_source.h"
#include "services/customer/storage/customer_store.h"

// Between the contract's messages and the domain's terms. `customer` alone names the folder's namespace, so the
// contract is `v1` here.
namespace clientele::customer {

enum class View { kBasic, kFull };

v1::Customer ToProto(Customer customer, View view = View::kFull);
// Into an empty message.
void Put(Customer&& customer, View view, v1::Customer& proto);
v1::ImportSource ToProto(const ImportSource& source);

// What a caller may say of a customer: names, profile, contacts, external id and labels, domain and tenants.
Customer FromProto(const v1::Customer& customer);
Agreement FromProto(const type::v1::Agreement& agreement);
// With the account's ids apart: the relationship's name has been checked.
Relationship FromProto(const relationship::v1::CustomerRelationship& relationship);

google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp);

}  // namespace clientele::customer
