#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/core/call_context.h"
#include "services/customer/domain/agreement.h"
#include "services/customer/storage/changes.h"

namespace clientele::customer {

// Changes of single accounts. Thread-safe.
class CustomerStore {
 public:
  using Decide = std::function<absl::StatusOr<Revision<Customer>>(const Customer&)>;

  explicit CustomerStore(Encode<Customer> encode);

  // A partner's own change. `etag` may be empty. `external_id` is the one the account is to have where it changes.
  // NOT_FOUND/CUSTOMER_NOT_FOUND, ABORTED/ETAG_MISMATCH, ALREADY_EXISTS/EXTERNAL_ID_TAKEN, and what `decide` refuses.
  absl::StatusOr<Customer> Change(pg::Session& session, CallContext& call, const AccountName& name,
                                  const std::string& etag, const std::string& external_id, const Decide& decide) const;

  // The account of a customer whose relationship stands: `fresh` where the partner has none, else the one it has.
  // NOT_FOUND/ORGANIZATION_NOT_FOUND.
  absl::StatusOr<Customer> Upsert(pg::Session& session, CallContext& call, const Customer& fresh,
                                  const Relationship& relationship, const std::optional<Agreement>& agreement) const;

  // Ends the account. NOT_FOUND/CUSTOMER_NOT_FOUND.
  absl::StatusOr<Customer> End(pg::Session& session, CallContext& call, const AccountName& name,
                               const RelationshipSummary& relationship, absl::Time end_time) const;

 private:
  const Encode<Customer> encode_;
};

// Takes the newest state of a relationship over into the account's summary; an older one changes nothing.
absl::Status FollowRelationship(pg::Session& session, const AccountName& name, const RelationshipSummary& relationship);

}  // namespace clientele::customer
