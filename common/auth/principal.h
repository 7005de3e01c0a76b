#pragma once

#include <set>
#include <string>
#include <vector>

namespace clientele::auth {

enum class PrincipalKind {
  kPeer,     // another service of the suite, by its certificate
  kService,  // another team's service, by its certificate
  kPartnerUser,
  kPartnerApplication,
  kApplication,  // a portal's application, such as an import source's principal
  kCustomer,     // a customer's administrator
  kOperator,
  kReviewer,
  kSupportReader,
};

// Who calls, as far as certificate or token prove it.
struct Principal {
  PrincipalKind kind = PrincipalKind::kPartnerUser;
  std::string name;     // user:anna@partners/…, service:billing, operator:…; never personal beyond the subject
  std::string partner;  // UUID; partner kinds only
  std::set<std::string> roles;
  std::string on_behalf_of;  // partner applications
  // Customers only.
  std::string tenant_issuer;
  std::string tenant_id;
  std::string email;  // verified by the issuer, lower case; empty where it is not
  std::vector<std::string> domains;

  // Services, operators, reviewers and support readers serve every partner.
  bool ServesAllPartners() const;
};

// Which client certificates are services, and which of those belong to the suite.
struct ServiceTrust {
  std::string domain;           // trust domain of the SPIFFE ids
  std::set<std::string> peers;  // such as customer-service: they may call internal RPCs, and act for their callers
};

// The word of a token's claim `kind`; `peer` or `service` for certificates. For logs.
const char* NameOf(PrincipalKind kind);

}  // namespace clientele::auth
