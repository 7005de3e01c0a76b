#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/core/call_context.h"
#include "common/core/revision.h"
#include "common/pg/command.h"
#include "common/pg/list_query.h"
#include "common/pg/point_reads.h"
#include "common/pg/session.h"
#include "services/invitation/domain/drafting.h"
#include "services/invitation/domain/invitation.h"
#include "services/invitation/domain/partner_fact.h"
#include "services/invitation/storage/invitation_closing.h"

namespace clientele::invitation {

// An invitation with what decisions about it need.
struct InvitationFacts {
  Invitation invitation;
  std::optional<PartnerFact> partner;
  std::string open_twin;  // name of another one that waits for the same target
  int mails_today = 0;    // of the partner
};

// How a list of invitations can be asked for.
const pg::Listing& InvitationListing();

// The invitations. Thread-safe: it holds no state.
class InvitationStore {
 public:
  explicit InvitationStore(Encode<Invitation> encode);

  // Commands. Each loads, decides and writes with audit, event and idempotency record; a repeated request_id answers
  // the resource as it is now. With `call.validate_only` nothing is written, and the answer is what would stand.
  using DecideDraft = std::function<absl::StatusOr<Revision<Invitation>>(const DraftingFacts&)>;
  absl::StatusOr<Invitation> Create(pg::Session& session, CallContext& call, const std::string& partner,
                                    const Invitation& checked, const DecideDraft& decide) const;

  // `reference.partner` may be empty: then the id alone is looked for, as the holder of a link does.
  // NOT_FOUND/INVITATION_NOT_FOUND; ABORTED/ETAG_MISMATCH where `etag` is given and differs. A decision that queues
  // a mail for a new link also counts it: with `quota` mails a day at most.
  struct Command {
    NameIds reference;
    std::string etag;
    int quota = 0;
    std::function<absl::StatusOr<Revision<Invitation>>(const InvitationFacts&)> decide;
    // A saga to start with the change, under an id that the store gives it; may be empty.
    std::function<pg::SagaStart(const Invitation& after)> saga;
  };
  struct Changed {
    Invitation invitation;
    pg::Begun begun;
  };
  absl::StatusOr<Changed> Change(pg::Session& session, CallContext& call, const Command& command) const;

  // Reads.
  absl::StatusOr<InvitationFacts> Find(pg::Session& session, const std::string& id, absl::Time now) const;
  // One for each id, in their order; see InvitationReads.
  static absl::StatusOr<std::vector<std::optional<Invitation>>> Fetch(pg::Session& session,
                                                                      const std::vector<std::string>& ids);
  // A partner's invitations, in the states they have at `now`.
  static absl::StatusOr<pg::Page<Invitation>> List(pg::Session& session, const std::string& partner, absl::Time now,
                                                   const pg::PageRequest& page);

 private:
  struct Loaded;
  // Closes an OPEN invitation whose time has passed, where nobody else did.
  absl::Status ExpireStale(pg::Session& session, const CallContext& call, const std::string& id) const;
  absl::StatusOr<Loaded> Load(pg::Session& session, CallContext& call, const std::string& id) const;
  absl::StatusOr<pg::Step<Changed>> Attempt(pg::Session& session, CallContext& call, const Command& command,
                                            const std::string& saga) const;

  const Encode<Invitation> encode_;
};

using InvitationReads = pg::PointReads<std::string, std::optional<Invitation>>;

}  // namespace clientele::invitation
