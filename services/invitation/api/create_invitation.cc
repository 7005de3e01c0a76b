#include "services/invitation/api/create_invitation.h"

#include <memory>
#include <utility>

#include "common/core/id.h"
#include "common/rpc/consistency.h"
#include "services/invitation/api/invitation_proto.h"
#include "services/invitation/api/on_executor.h"
#include "services/invitation/domain/drafting.h"

namespace clientele::invitation {
namespace {

// `linked` is looked at only where the request is new: a repeat is answered although its target is linked meanwhile.
absl::StatusOr<pb::Invitation> Make(pg::Session& session, rpc::Call& call, const std::string& partner,
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

rpc::Handler<v1::CreateInvitationRequest, v1::Invitation> CreateInvitationHandler(const InvitationStore& invitations,
                                                                                  const market::Cloud& cloud,
                                                                                  pg::Executor& executor,
                                                                                  FindLinkedCustomer find_linked) {
  using Handler = rpc::Handler<pb::CreateInvitationRequest, pb::Invitation>;
  return Handler::Async([&invitations, &cloud, &executor, find_linked = std::move(find_linked)](
                            std::shared_ptr<rpc::Call> call, std::shared_ptr<const pb::CreateInvitationRequest> request,
                            const rpc::Reply<pb::Invitation>& reply) {
           const absl::StatusOr<Invitation> checked = CheckDraft(FromProto(request->invitation()), cloud);
           if (!checked.ok()) return reply(checked.status());
           const std::string partner = IdsOf(request->parent()).partner;
           const auto make = [&invitations, &executor, call, reply, partner, draft = *checked](
                                 const absl::StatusOr<std::string>& linked, const Consistency& seen) {
             rpc::Merge(seen, call->context.consistency);
             RunOnExecutor<pb::Invitation>(
                 executor, pg::Lane::kWrite, call, reply,
                 [&invitations, partner, draft, linked](pg::Session& session, rpc::Call& worked) {
                   return Make(session, worked, partner, draft, linked, invitations);
                 });
           };
           // Whose customer an address is, nobody can say before its holder accepts.
           if (checked->target.kind == TargetKind::kEmail) return make(std::string(), {});
           find_linked(call->context, partner, checked->target, make);
         })
      .Checking([&cloud](const rpc::Call&, const pb::CreateInvitationRequest& request) {
        return CheckDraft(FromProto(request.invitation()), cloud).status();
      });
}

}  // namespace clientele::invitation
