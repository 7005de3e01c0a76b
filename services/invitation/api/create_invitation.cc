#include "services/invitation/api/create_invitation.h"

#include <memory>
#include <utility>

#include "common/core/id.h"
#include "common/rpc/consistency.h"
#include "common/rpc/lane.h"
#include "services/invitation/api/invitation_proto.h"
#include "services/invitation/domain/drafting.h"

namespace clientele::invitation {
namespace {

// `linked` is looked at only where the request is new: a repeat is answered although its target is linked meanwhile.
absl::StatusOr<v1::Invitation> Make(pg::Session& session, rpc::Call& call, const std::string& partner,
                                    const Invitation& checked, const absl::StatusOr<std::string>& linked,
                                    const InvitationStore& invitations) {
  const absl::StatusOr<Invitation> made = invitations.Create(
      session, call.context, partner, checked, [&](const DraftingFacts& known) -> absl::StatusOr<Revision<Invitation>> {
        if (!linked.ok()) return linked.status();
        DraftingFacts facts = known;
        facts.linked_customer = *linked;
        return MakeDraft(checked, Uuid::NewV7(call.now()).ToString(), partner, facts, call.now());
      });
  if (!made.ok()) return made.status();
  Invitation shown = ShownAt(*made, call.now());
  // Nothing has the id that a trial run chose.
  if (call.context.validate_only) shown.id.clear();
  return ToProto(shown);
}

}  // namespace

absl::Status CheckCreateInvitation(const rpc::Call&, const v1::CreateInvitationRequest& request,
                                   const market::Cloud& cloud) {
  return CheckDraft(FromProto(request.invitation()), cloud).status();
}

void CreateInvitation(const std::shared_ptr<rpc::Call>& call,
                      const std::shared_ptr<const v1::CreateInvitationRequest>& request,
                      const rpc::Reply<v1::Invitation>& reply, const InvitationStore& invitations,
                      const market::Cloud& cloud, pg::Executor& executor, const FindLinkedCustomer& find_linked) {
  const absl::StatusOr<Invitation> checked = CheckDraft(FromProto(request->invitation()), cloud);
  if (!checked.ok()) return reply(checked.status());
  const std::string partner = IdsOf(request->parent()).partner;
  const auto make = [&invitations, &executor, call, reply, partner, draft = *checked](
                        const absl::StatusOr<std::string>& linked, const Consistency& seen) {
    // Its answer may come when the executor is gone.
    if (call->abandoned()) return;
    rpc::Merge(seen, call->context.consistency);
    rpc::OnLane(executor, pg::Lane::kWrite, *call, reply,
                [&invitations, call, reply, partner, draft, linked](pg::Session& session) {
                  reply(Make(session, *call, partner, draft, linked, invitations));
                });
  };
  // Whose customer an address is, nobody can say before its holder accepts.
  if (checked->target.kind == TargetKind::kEmail) return make(std::string(), {});
  find_linked(call->context, partner, checked->target, make);
}

}  // namespace clientele::invitation
