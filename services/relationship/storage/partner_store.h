#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/core/call_context.h"
#include "common/pg/list_query.h"
#include "common/pg/session.h"
#include "services/relationship/domain/partner.h"

namespace clientele::relationship {

// What a list of partners can be filtered and ordered by.
const pg::ListFields& PartnerFields();
const std::map<std::string, std::vector<pg::SortColumn>>& PartnerOrders();

struct PartnerPage {
  std::vector<Partner> partners;
  std::vector<std::string> next;  // cursor of the next page; empty on the last
};

// The partners of the cell. Thread-safe; the session is the worker's.
class PartnerStore {
 public:
  explicit PartnerStore(Encode<Partner> encode) : encode_(std::move(encode)) {}

  // Writes `first`, or answers what a repeat of the request made. PARTNER_EXISTS where mpn_id or tenant is taken.
  absl::StatusOr<Partner> Create(pg::Session& session, CallContext& call, const Revision<Partner>& first) const;

  // Lets `decide` make the next revision of a partner and writes it. `patch` names the keys that must be free.
  // PARTNER_NOT_FOUND, ETAG_MISMATCH (`etag` may be empty), PARTNER_EXISTS, or what `decide` answers.
  using Decide = std::function<absl::StatusOr<Revision<Partner>>(const Partner&)>;
  absl::StatusOr<Partner> Change(pg::Session& session, CallContext& call, const std::string& id,
                                 const std::string& etag, const PartnerPatch& patch, const Decide& decide) const;

  // One for each id, in their order.
  static absl::StatusOr<std::vector<std::optional<Partner>>> Fetch(pg::Session& session,
                                                                   const std::vector<std::string>& ids);
  // PARTNER_NOT_FOUND.
  static absl::StatusOr<Partner> Read(pg::Session& session, const std::string& id);

  static absl::StatusOr<PartnerPage> List(pg::Session& session, const pg::Predicate& filter,
                                          const std::vector<pg::SortColumn>& order,
                                          const std::vector<std::string>& after, int page_size);

 private:
  const Encode<Partner> encode_;
};

}  // namespace clientele::relationship
