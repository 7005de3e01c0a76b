#include "common/auth/principal.h"

namespace clientele::auth {

bool Principal::ServesAllPartners() const {
  switch (kind) {
    case PrincipalKind::kPeer:
    case PrincipalKind::kService:
    case PrincipalKind::kOperator:
    case PrincipalKind::kReviewer:
    case PrincipalKind::kSupportReader:
      return true;
    case PrincipalKind::kPartnerUser:
    case PrincipalKind::kPartnerApplication:
    case PrincipalKind::kApplication:
    case PrincipalKind::kCustomer:
      return false;
  }
  return false;
}

const char* NameOf(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::kPeer:
      return "peer";
    case PrincipalKind::kService:
      return "service";
    case PrincipalKind::kPartnerUser:
      return "partner_user";
    case PrincipalKind::kPartnerApplication:
      return "partner_application";
    case PrincipalKind::kApplication:
      return "application";
    case PrincipalKind::kCustomer:
      return "customer";
    case PrincipalKind::kOperator:
      return "operator";
    case PrincipalKind::kReviewer:
      return "reviewer";
    case PrincipalKind::kSupportReader:
      return "support_reader";
  }
  return "unknown";
}

}  // namespace clientele::auth
