#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/core/call_context.h"
#include "common/pg/list_query.h"
#include "common/pg/point_reads.h"
#include "common/pg/session.h"
#include "services/relationship/domain/partner.h"

namespace clientele::relationship {

// How a list of partners can be asked for.
const pg::Listing& PartnerListing();

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

  // One for each id, in their order; see PartnerReads.
  static absl::StatusOr<std::vector<std::optional<Partner>>> Fetch(pg::Session& session,
                                                                   const std::vector<std::string>& ids);
  // PARTNER_NOT_FOUND.
  static absl::StatusOr<Partner> Read(pg::Session& session, const std::string& id);

  static absl::StatusOr<pg::Page<Partner>> List(pg::Session& session, const pg::PageRequest& page);

 private:
  const Encode<Partner> encode_;
};

using PartnerReads = pg::PointReads<std::string, std::optional<Partner>>;

}  // namespace clientele::relationship
