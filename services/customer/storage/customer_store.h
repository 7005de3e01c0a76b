#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/core/call_context.h"
#include "common/pg/list_query.h"
#include "common/pg/point_reads.h"
#include "services/customer/domain/agreement.h"
#include "services/customer/storage/changes.h"

namespace clientele::customer {

// How a list of accounts can be asked for.
const pg::Listing& CustomerListing();

// The accounts that stand or stood. Thread-safe; the session is the worker's.
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

  // Ends the account; where none has come yet, the end is kept for it. ABORTED/CUSTOMER_PROVISIONING while it is being
  // made, NOT_FOUND/CUSTOMER_NOT_FOUND where there is no such organisation.
  absl::StatusOr<Customer> End(pg::Session& session, CallContext& call, const AccountName& name,
                               const RelationshipSummary& relationship, absl::Time end_time) const;

  // One for each name, in their order; none where the account is still being made. See CustomerReads.
  static absl::StatusOr<std::vector<std::optional<Customer>>> Fetch(pg::Session& session,
                                                                    const std::vector<AccountName>& names);

  // Which accounts a list holds, and how much of each.
  struct Selection {
    std::string partner;
    bool show_ended = false;
    bool full = false;  // what the full view shows and decisions need, too; the basic view's alone otherwise
  };
  static absl::StatusOr<pg::Page<Customer>> List(pg::Session& session, const Selection& selection,
                                                 const pg::PageRequest& page);

 private:
  const Encode<Customer> encode_;
};

using CustomerReads = pg::PointReads<AccountName, std::optional<Customer>>;

// Takes the newest state of a relationship over into the account's summary; an older one changes nothing.
absl::Status FollowRelationship(pg::Session& session, const AccountName& name, const RelationshipSummary& relationship);

}  // namespace clientele::customer
