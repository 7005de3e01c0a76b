#include "services/invitation/api/invitation_proto.h"

namespace clientele::invitation {
namespace {

google::protobuf::Timestamp TimestampOf(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int>((absl::ToUnixMicros(time) - seconds * 1'000'000) * 1000));
  return timestamp;
}

void PutTarget(const InvitationTarget& target, v1::InvitationTarget& message) {
  switch (target.kind) {
    case TargetKind::kEmail:
      message.set_email(target.email);
      return;
    case TargetKind::kDomain:
      message.set_domain(target.domain);
      return;
    case TargetKind::kDirectoryTenant:
      message.mutable_directory_tenant()->set_issuer(target.directory_tenant.issuer);
      message.mutable_directory_tenant()->set_tenant_id(target.directory_tenant.tenant_id);
      return;
  }
}

void PutProgress(const AcceptanceProgress& progress, v1::Invitation& message) {
  message.mutable_progress()->set_attempt_count(progress.attempt_count);
  message.mutable_progress()->set_last_error(progress.last_error);
  if (progress.next_attempt_time.has_value()) {
    *message.mutable_progress()->mutable_next_attempt_time() = TimestampOf(*progress.next_attempt_time);
  }
}

}  // namespace

void Put(const Invitation& invitation, v1::Invitation& message) {
  if (!invitation.id.empty()) message.set_name(NameOf(invitation));
  message.set_kind(static_cast<v1::InvitationKind>(invitation.kind));
  message.set_state(static_cast<v1::InvitationState>(invitation.state));
  PutTarget(invitation.target, *message.mutable_target());
  message.set_recipient_email(invitation.recipient_email);
  message.set_locale(invitation.locale);
  message.set_message(invitation.message);
  message.set_lifetime_days(invitation.lifetime_days);
  if (invitation.expire_time.has_value()) *message.mutable_expire_time() = TimestampOf(*invitation.expire_time);
  message.mutable_delivery()->set_state(static_cast<v1::DeliveryState>(invitation.delivery.state));
  message.mutable_delivery()->set_attempt_count(invitation.delivery.attempt_count);
  message.mutable_delivery()->set_last_error(invitation.delivery.last_error);
  if (invitation.delivery.send_time.has_value()) {
    *message.mutable_delivery()->mutable_send_time() = TimestampOf(*invitation.delivery.send_time);
  }
  if (invitation.state == InvitationState::kAccepting || !invitation.progress.last_error.empty()) {
    PutProgress(invitation.progress, message);
  }
  message.set_accepted_relationship(invitation.accepted_relationship);
  message.set_closing_reason(invitation.closing_reason);
  message.set_token_generation(invitation.token_generation);
  message.set_revision(invitation.revision);
  message.set_etag(EtagOf(invitation));
  *message.mutable_create_time() = TimestampOf(invitation.create_time);
  *message.mutable_update_time() = TimestampOf(invitation.update_time);
}

v1::Invitation ToProto(const Invitation& invitation, const std::string& accept_uri) {
  v1::Invitation message;
  Put(invitation, message);
  message.set_accept_uri(accept_uri);
  return message;
}

InvitationDraft FromProto(const v1::Invitation& invitation) {
  InvitationDraft draft;
  draft.kind = invitation.kind();
  InvitationTarget target;
  switch (invitation.target().target_case()) {
    case v1::InvitationTarget::kEmail:
      target.kind = TargetKind::kEmail;
      target.email = invitation.target().email();
      draft.target = target;
      break;
    case v1::InvitationTarget::kDomain:
      target.kind = TargetKind::kDomain;
      target.domain = invitation.target().domain();
      draft.target = target;
      break;
    case v1::InvitationTarget::kDirectoryTenant:
      target.kind = TargetKind::kDirectoryTenant;
      target.directory_tenant = FromProto(invitation.target().directory_tenant());
      draft.target = target;
      break;
    case v1::InvitationTarget::TARGET_NOT_SET:
      break;
  }
  draft.recipient_email = invitation.recipient_email();
  draft.locale = invitation.locale();
  draft.message = invitation.message();
  draft.lifetime_days = invitation.lifetime_days();
  return draft;
}

Acceptance FromProto(const v1::AcceptInvitationRequest& request) {
  Acceptance acceptance;
  acceptance.company_name = request.company().company_name();
  acceptance.country = request.company().country();
  if (!request.has_agreement()) return acceptance;
  const type::v1::Contact& contact = request.agreement().primary_contact();
  acceptance.agreement = Agreement{request.agreement().template_id(),
                                   contact.first_name(),
                                   contact.last_name(),
                                   contact.email(),
                                   contact.phone_number(),
                                   request.agreement().date_agreed()};
  return acceptance;
}

DirectoryTenant FromProto(const type::v1::DirectoryTenant& tenant) { return {tenant.issuer(), tenant.tenant_id()}; }

Caller CallerOf(const auth::Principal& principal) {
  Caller caller;
  caller.is_global_administrator =
      principal.kind == auth::PrincipalKind::kCustomer && principal.roles.count("global_admin") > 0;
  caller.invitee = {{principal.tenant_issuer, principal.tenant_id}, principal.email, principal.domains};
  return caller;
}

}  // namespace clientele::invitation
