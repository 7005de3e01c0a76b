#include "services/invitation/domain/invitation.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/core/error.h"

namespace clientele::invitation {

std::string PartnerName(absl::string_view partner) { return absl::StrCat("partners/", partner); }

std::string InvitationName(absl::string_view partner, absl::string_view invitation) {
  return absl::StrCat("partners/", partner, "/invitations/", invitation);
}

std::string NameOf(const Invitation& invitation) { return InvitationName(invitation.partner, invitation.id); }

std::string EtagOf(const Invitation& invitation) { return clientele::EtagOf(invitation.etag_revision); }

NameIds IdsOf(absl::string_view name) {
  const std::vector<std::string> segments = absl::StrSplit(name, '/');
  return {segments.size() > 1 ? segments[1] : "", segments.size() > 3 ? segments[3] : ""};
}

absl::Status InvitationNotFound(absl::string_view name) {
  if (!name.empty()) return NotFound("INVITATION", name);
  return MakeError(absl::StatusCode::kNotFound, "INVITATION_NOT_FOUND", "the link is not one of an invitation");
}

std::string Recipient(const Invitation& invitation) {
  if (!invitation.recipient_email.empty()) return invitation.recipient_email;
  return invitation.target.kind == TargetKind::kEmail ? invitation.target.email : "";
}

InvitationState StateAt(const Invitation& invitation, absl::Time now) {
  const bool over = invitation.expire_time.has_value() && now >= *invitation.expire_time;
  return invitation.state == InvitationState::kOpen && over ? InvitationState::kExpired : invitation.state;
}

Invitation ShownAt(Invitation invitation, absl::Time now) {
  invitation.state = StateAt(invitation, now);
  return invitation;
}

Revision<Invitation> NextRevision(const Invitation& current, const std::string& type, absl::Time now) {
  Revision<Invitation> next{current, type, {}};
  next.after.revision = current.revision + 1;
  next.after.etag_revision = next.after.revision;
  next.after.update_time = now;
  return next;
}

}  // namespace clientele::invitation
